"""A cloud that answers wrongly, late or not at all, and the daemon that says so, loses nothing and recovers by itself.
Each test is a row of docs/faults.md. Never restarts the daemon."""

import itertools
import time
import unittest

from authority import Authority
from flow import Flow, judge, report, said, state_is
from harness import Rig, wait_for
from mini_mqtt import Client
from scripted_cloud import ScriptedCloud

CHILDREN = ["pump-1", "pump-2"]
QUICK = {"ack_timeout": "3s", "connect_timeout": "3s", "attach": "{ack_timeout: 3s, retry: {base: 1s, cap: 2s}}"}


class CloudFaults(unittest.TestCase):
    def scripted(self, cloud=None):
        """A daemon in session with a scripted cloud, and a flow of messages."""
        rig = Rig(CHILDREN, cloud={**QUICK, **(cloud or {})})
        self.addCleanup(rig.close)
        authority = Authority(rig.directory, "ca")
        cloud = ScriptedCloud(*authority.issue("localhost"))
        self.addCleanup(cloud.close)
        rig.start_key()
        rig.write_config(port=cloud.port, ca=authority.ca_file)
        rig.start_daemon()
        flow = Flow(rig, CHILDREN)
        self.addCleanup(flow.close)
        flow.next_delivery()
        return rig, cloud, flow

    def judge_scripted(self, rig, cloud, flow):
        flow.finish()
        return judge(self, rig, flow, lambda device: cloud.arrived[device])

    def test_pubacks_that_never_come(self):
        rig, cloud, flow = self.scripted()
        cloud.acks_messages = False
        line = said(rig, "session lost", "no PUBACK in time")
        connects = len(cloud.connects)
        wait_for(lambda: len(cloud.connects) > connects, "it tries again")
        cloud.acks_messages = True
        report(self, line, flow.next_delivery())
        self.judge_scripted(rig, cloud, flow)

    def test_a_cloud_that_answers_nothing_but_pings(self):
        rig, cloud, flow = self.scripted()
        cloud.acks_control = cloud.acks_messages = False
        cloud.kick()
        line = said(rig, "session lost", "no PUBACK in time")
        self.assertTrue(all(not child["state"] == "subscribed" for child in rig.status()["children"]))
        cloud.acks_control = cloud.acks_messages = True
        report(self, line, flow.next_delivery())
        self.judge_scripted(rig, cloud, flow)

    def test_a_server_that_never_answers_tls(self):
        self.silent_from("tcp")

    def test_a_server_that_never_answers_connect(self):
        self.silent_from("tls")

    def silent_from(self, layer):
        rig, cloud, flow = self.scripted()
        cloud.stops_at = layer
        cloud.kick()
        line = said(rig, "connect failed", "no answer from localhost in 3000 ms")
        self.assertIn("no answer", rig.status()["session"]["problem"])
        cloud.stops_at = None
        report(self, line, flow.next_delivery())
        self.judge_scripted(rig, cloud, flow)

    def test_every_connack_code(self):
        rig, cloud, flow = self.scripted()
        for code, text in ((2, "client identifier rejected"), (3, "server unavailable"), (4, "bad user name or password"),
                           (5, "not authorized"), (99, "refused, code unknown")):
            with self.subTest(code):
                cloud.connack = code
                cloud.kick()
                line = said(rig, "connect failed", f"CONNACK {code}: {text}")
                wait_for(lambda: f"CONNACK {code}" in rig.status()["session"]["problem"], "the status tells")
                cloud.connack = 0
                report(self, line, flow.next_delivery())
        self.judge_scripted(rig, cloud, flow)

    def test_kicked_right_after_connack_never_loops_within_a_second(self):
        rig, cloud, flow = self.scripted()
        cloud.kicks_after_connack = True
        cloud.kick()
        line = said(rig, "session lost")
        first = len(cloud.connects)
        time.sleep(20)  # the fault lasts for twenty seconds
        times = cloud.connects[first:]
        # A CONNACK follows the note of its CONNECT, so a second between tries is a second between the notes. The waits are
        # drawn from 1 to 2 s: thirteen in 20 s are usual when connecting takes no time, sixteen a matter of one in thousands.
        self.assertGreater(min(b - a for a, b in itertools.pairwise(times)), 1.0)
        self.assertLessEqual(len(times), 16)
        self.assertGreaterEqual(len(times), 3, "it goes on trying")
        cloud.kicks_after_connack = False
        report(self, f"{len(times)} CONNECTs in 20 s; {line}", flow.next_delivery())
        self.judge_scripted(rig, cloud, flow)

    def test_kicked_at_every_fortieth_packet(self):
        rig, cloud, flow = self.scripted()
        cloud.kicks_at_packet = 40
        connects = len(cloud.connects)
        wait_for(lambda: len(cloud.connects) >= connects + 4, "several sessions")
        line = said(rig, "session lost")
        cloud.kicks_at_packet = 0
        report(self, line, flow.next_delivery())
        self.assertEqual(self.judge_scripted(rig, cloud, flow)["spool"]["total"]["quarantined"], 0)

    def test_an_idle_session_pings_and_lives(self):
        rig, cloud, flow = self.scripted({"keepalive": "10s"})
        flow.finish()
        sessions = len(cloud.connects)
        # Paho sends PINGREQ when a keepalive has passed without a packet; the cloud ends a session after 15 s of silence.
        wait_for(lambda: len(cloud.pings) >= 3, "three PINGREQs", 90)
        gaps = [b - a for a, b in itertools.pairwise(cloud.pings)]
        self.assertTrue(all(5 < gap < 15 for gap in gaps), gaps)
        self.assertEqual(len(cloud.connects), sessions, "one session all the time")
        report(self, "PINGREQ after " + ", ".join(f"{gap:.1f} s" for gap in gaps), 0)
        judge(self, rig, flow, lambda device: cloud.arrived[device])

    def test_a_slow_cloud_is_waited_for(self):
        rig, cloud, flow = self.scripted({"limits": "{messages_per_second: 0}"})
        sessions = len(cloud.connects)
        cloud.ack_after = 2.0
        self.assertGreater(flow.next_delivery(), 0)
        begin, before = time.monotonic(), sum(map(len, flow.delivered.values()))
        flow.await_answer(lambda: sum(map(len, flow.delivered.values())) > before + 300, "they flow beside one another")
        line = f"300 messages in {time.monotonic() - begin:.1f} s while each PUBACK takes 2 s"
        cloud.ack_after = 0.0
        report(self, line, flow.next_delivery())
        self.assertEqual(len(cloud.connects), sessions, "the session lives")
        self.judge_scripted(rig, cloud, flow)

    def test_a_twin_with_the_same_client_id(self):
        rig = Rig(CHILDREN, cloud=QUICK)
        self.addCleanup(rig.close)
        rig.start_all()
        flow = Flow(rig, CHILDREN)
        self.addCleanup(flow.close)
        client_id = "projects/demo/locations/us-central1/registries/boxes/devices/gw-1"
        token = rig.run("token", "mint").stdout.strip()
        for _ in range(2):
            wait_for(lambda: state_is(rig, "connected"), "a session")
            connects = rig.status()["session"]["connects"]
            twin = Client(rig.port, client_id, "unused", token, rig.path("cloud/ca.pem"), timeout=60)
            wait_for(lambda: rig.status()["session"]["connects"] > connects, "the daemon takes the session back")
            twin.wait_closed()
        report(self, said(rig, "session lost"), flow.next_delivery())
        flow.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        last = {(device, str(flow.stored[device][-1])) for device in CHILDREN}
        while last - {(e["device"], e["payload"]) for e in rig.events if e["event"] == "telemetry"}:
            rig.next_event(lambda e: e["event"] == "telemetry")
        judge(self, rig, flow, lambda device: [e["payload"] for e in rig.telemetry(device)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
