"""Children that flood, babble, never listen, or are refused by the cloud: the others notice nothing. Each test is a row of
docs/faults.md. Never waits without a deadline."""

import contextlib
import json
import os
import signal
import threading
import time
import unittest

from flow import Flow, judge, report, said
from harness import Rig, wait_for

CHILDREN = ["pump-1", "pump-2"]
QUICK = {"attach": "{ack_timeout: 3s, retry: {base: 1s, cap: 2s}}"}


class ChildFaults(unittest.TestCase):
    def rig(self, **cloud):
        rig = Rig(CHILDREN, cloud={"limits": "{messages_per_second: 0, bytes_per_second: 0B}", **cloud})
        self.addCleanup(rig.close)
        rig.start_all()
        good = Flow(rig, ["pump-1"], rate=20)
        self.addCleanup(good.close)
        good.next_delivery()
        return rig, good

    def pair(self):
        """Both children well behaved, one flow of messages."""
        rig = Rig(CHILDREN, cloud=QUICK)
        self.addCleanup(rig.close)
        rig.start_all()
        flow = Flow(rig, CHILDREN)
        self.addCleanup(flow.close)
        flow.next_delivery("pump-1")
        flow.next_delivery("pump-2")
        return rig, flow

    def judge(self, rig, flow):
        flow.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        for device in flow.devices:
            self.await_payload(rig, device, str(flow.stored[device][-1]))
        return judge(self, rig, flow, lambda device: [e["payload"] for e in rig.telemetry(device)])

    @staticmethod
    def await_payload(rig, device, payload):
        if not any(e["payload"] == payload for e in rig.telemetry(device)):
            rig.next_event(lambda e: e["event"] == "telemetry" and (e["device"], e["payload"]) == (device, payload))

    def test_a_flood_of_states_goes_out_at_the_clouds_pace(self):
        rig, good = self.rig()
        bad = Flow(rig, ["pump-2"], rate=100, op="state")
        self.addCleanup(bad.close)
        begin = time.monotonic()
        for _ in range(5):
            bad.next_delivery()
        bad.finish()
        rig.drain_events()
        self.assertEqual([e for e in rig.events if e["event"] == "error"], [], "the cloud never had to complain")
        slowest = good.slowest("pump-1", begin)
        self.assertLess(slowest, 5, "seconds from sending to delivery")
        report(self, f"{len(bad.stored['pump-2'])} states stored in {time.monotonic() - begin:.0f} s, one a second goes out; "
                     f"the other child's slowest {slowest:.2f} s", 0)
        good.finish()
        self.await_payload(rig, "pump-1", str(good.stored["pump-1"][-1]))
        status = judge(self, rig, good, lambda device: [e["payload"] for e in rig.telemetry(device)], open_books=True)
        states = [int(e["payload"]) for e in rig.events if e["event"] == "state"]
        self.assertEqual(states, bad.stored["pump-2"][:len(states)], "lost or reordered")
        waiting = next(c["ledger"] for c in status["children"] if c["device"] == "pump-2")
        self.assertGreater(waiting["pending"], 0)

    def test_a_flood_of_events_does_not_delay_the_others(self):
        rig, good = self.rig()
        bad = rig.child()
        self.addCleanup(bad.close)
        bad.hello("pump-2")
        count = 20_000
        answers = []

        def drink():
            with contextlib.suppress(OSError, EOFError):
                while len(answers) < count:
                    answer = bad.receive()
                    if answer["op"] in ("stored", "error"):
                        answers.append(answer)
        reader = threading.Thread(target=drink, daemon=True)
        reader.start()
        begin = time.monotonic()
        for number in range(count):
            bad.send(op="event", id=str(number), data=str(number))
        reader.join(120)
        seconds = time.monotonic() - begin
        slowest = good.slowest("pump-1", begin)
        stored = [int(a["id"]) for a in answers if a["op"] == "stored"]
        self.assertEqual(len(answers), count, "every message has one answer")
        self.assertLess(slowest, 10, "seconds from sending to delivery")
        report(self, f"{count} messages at once, {len(stored)} stored in {seconds:.1f} s; "
                     f"the other child's slowest {slowest:.2f} s", 0)
        status = self.judge(rig, good)
        ledger = next(c["ledger"] for c in status["children"] if c["device"] == "pump-2")
        self.assertEqual(ledger["delivered"], len(stored))
        if stored:
            self.await_payload(rig, "pump-2", str(stored[-1]))
        arrived = list(dict.fromkeys(int(e["payload"]) for e in rig.telemetry("pump-2")))
        self.assertEqual(arrived, stored, "lost or reordered")

    def test_the_cloud_detaches_a_child_in_mid_flow(self):
        rig, flow = self.pair()
        begin = time.monotonic()
        self.rebind(rig, ["pump-2"])
        line = said(rig, "child held off: pump-1")
        wait_for(lambda: any("not bound" in child["reason"] for child in rig.status()["children"]), "the status tells why")
        for _ in range(20):
            flow.next_delivery("pump-2")
        slowest = flow.slowest("pump-2", begin)
        self.rebind(rig, CHILDREN)
        report(self, f"the other child's slowest {slowest:.2f} s; {line}", flow.next_delivery("pump-1"))
        self.assertLess(slowest, 5)
        self.judge(rig, flow)

    def rebind(self, rig, bound):
        with open(rig.path("registry.json"), encoding="utf-8") as file:
            registry = json.load(file)
        registry["devices"][0]["bound"] = bound
        with open(rig.path("registry.new"), "w", encoding="utf-8") as file:
            json.dump(registry, file)
        os.rename(rig.path("registry.new"), rig.path("registry.json"))
        rig.emulator.process.send_signal(signal.SIGHUP)

    def test_a_refused_attach_does_not_delay_the_others(self):
        rig, flow = self.pair()
        rig.run("devices", "detach", "pump-1")
        self.rebind(rig, ["pump-2"])
        rig.run("devices", "attach", "pump-1")
        line = said(rig, "child held off: pump-1", "not bound")
        begin = time.monotonic()
        for _ in range(4):  # tries, all refused
            rig.next_event(lambda e: e["event"] == "error" and e["error_type"] == "GATEWAY_ATTACHMENT_ERROR")
        slowest = flow.slowest("pump-2", begin)
        self.assertLess(slowest, 5, "seconds from sending to delivery")
        self.rebind(rig, CHILDREN)
        report(self, f"the other child's slowest {slowest:.2f} s; {line}", flow.next_delivery("pump-1"))
        self.judge(rig, flow)

    def test_a_child_that_writes_garbage_and_never_reads_is_disconnected(self):
        rig, good = self.rig()
        bad = rig.child()
        self.addCleanup(bad.close)
        begin = time.monotonic()
        garbage = b"{nonsense " + json.dumps(list(range(20))).encode() + b"\n"
        with self.assertRaises(OSError):
            while time.monotonic() < begin + 60:
                bad.send_raw(garbage * 100)
        line = said(rig, "disconnected a peer of uid", "bytes unread")
        slowest = good.slowest("pump-1", begin)
        self.assertLess(slowest, 5, "seconds from sending to delivery")
        again = rig.child()
        self.addCleanup(again.close)
        begin = time.monotonic()
        again.hello("pump-2")
        report(self, f"{line}; the other child's slowest {slowest:.2f} s", time.monotonic() - begin)
        self.judge(rig, good)


if __name__ == "__main__":
    unittest.main(verbosity=2)
