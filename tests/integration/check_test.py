"""vouchgate check with the real parts: a good day, three faults at once, and a daemon that must not be disturbed."""

import contextlib
import json
import os
import socket
import stat
import subprocess
import unittest

from authority import Authority
from harness import Rig, binary, wait_for
from scripted_cloud import ScriptedCloud

IDS = ["config.valid", "config.permissions", "user.groups", "tpm.present", "tpm.answers", "i2c.bus", "i2c.functions",
       "i2c.driver", "atecc.wakes", "atecc.revision", "atecc.locks", "atecc.slot", "key.present", "key.pinned",
       "tpm.lockout", "key.signs", "atecc.timing", "clock.sane", "clock.synchronised", "dns.resolves", "endpoint.tcp", "tls.chain",
       "cloud.connect", "spool.health", "spool.autonomy", "disk.free", "unit.exposure"]


@contextlib.contextmanager
def silent_listener():
    """A port of loopback that takes no connection and refuses none, as behind a firewall: its queue is full."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def unanswered(port):
    """How many wait for this port to take them (proc(5), /proc/net/tcp; 02 is SYN_SENT)."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(row[2] == f"0100007F:{port:04X}" and row[3] == "02" for row in rows)


class Check(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(["pump-1", "pump-2"])
        self.addCleanup(self.rig.close)

    def check(self, *options, code):
        """The findings by id, in order."""
        done = self.rig.run("--json", "check", *options, check=False, deadline=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.answer = json.loads(done.stdout)
        findings = {one["id"]: one for one in self.answer["checks"]}
        self.assertEqual(list(findings), IDS)
        for one in findings.values():
            self.assertEqual(bool(one["hint"]), one["verdict"] in ("warning", "failed"), one)
        return findings

    def assert_verdicts(self, findings, verdict, *ids):
        self.assertEqual({one: findings[one]["verdict"] for one in ids}, {one: verdict for one in ids}, findings)

    def start_gateway(self):
        self.rig.start_key()
        self.rig.start_cloud()
        self.rig.write_config()

    def test_a_good_day(self):
        self.start_gateway()
        found = self.check(code=0)
        self.assertEqual((self.answer["daemon"], self.answer["failed"]), ("stopped", 0))
        # The kernel's clock and the disk belong to the machine that tests.
        of_a_chip = [one for one in IDS if one.startswith(("i2c.", "atecc."))]
        self.assert_verdicts(found, "skipped", *of_a_chip)
        self.assert_verdicts(found, "ok", *(one for one in IDS if one not in (
            *of_a_chip, "clock.synchronised", "disk.free", "spool.autonomy", "unit.exposure")))
        self.assertIn("sign+verify", found["key.signs"]["what"])
        self.assertIn("accepted a fresh token", found["cloud.connect"]["what"])
        self.assertRegex(found["tls.chain"]["what"], r"localhost: issuer .+, ends in \d+ days, TLSv1\.[23]")
        self.rig.next_event(lambda event: event["event"] == "connect")
        text = self.rig.run("check").stdout
        self.assertRegex(text, r"(?m)^ok       config\.valid          /\S+, 2 devices$")
        self.assertRegex(text, r"\d+ ok, \d+ warnings?, 0 failed, \d+ skipped\n$")

    def test_three_faults_at_once_are_three_failures(self):
        folder = self.rig.path("bench")
        os.makedirs(folder)
        authority = Authority(folder, "bench")
        cloud = ScriptedCloud(*authority.issue("broker.example"))
        self.addCleanup(cloud.close)
        # No TPM, a certificate for another host, and a second endpoint where nobody listens.
        self.rig.write_config(port=cloud.port, ca=authority.ca_file, endpoints=[
            f"mqtts://localhost:{cloud.port}", "mqtts://localhost:1"])
        found = self.check(code=1)
        failed = [one for one, finding in found.items() if finding["verdict"] == "failed"]
        self.assertEqual(failed, ["tpm.present", "tls.chain"], self.answer)
        self.assert_verdicts(found, "warning", "endpoint.tcp")
        self.assertIn("firmware", found["tpm.present"]["hint"])
        self.assertIn("refused", found["endpoint.tcp"]["what"])
        self.assertIn("for broker.example, not for host name localhost", found["tls.chain"]["what"])
        self.assertEqual(found["tpm.answers"]["what"], "because tpm.present failed")
        self.assertEqual(found["key.signs"]["what"], "because tpm.present failed")
        self.assert_verdicts(found, "skipped", "key.present", "key.pinned", "tpm.lockout", "cloud.connect")
        self.assertEqual(cloud.connects, [], "without a key and a trusted host nobody connects")

    def test_no_key_absent_broker_and_a_missing_directory(self):
        self.rig.start_tpm()
        self.rig.write_config(port=1)
        os.rmdir(self.rig.path("state"))
        found = self.check(code=1)
        self.assert_verdicts(found, "failed", "config.permissions", "key.present", "endpoint.tcp")
        self.assertIn("'vouchgate key create' makes one, and the storage root key", found["key.present"]["hint"])
        self.assertEqual(found["tls.chain"]["what"], "because endpoint.tcp failed")
        self.assertTrue(any("make directory" in one for one in found["config.permissions"]["repairs"]), found)

    def test_a_configuration_with_mistakes_fails_first(self):
        self.rig.write_config()
        with open(self.rig.config, "a", encoding="utf-8") as file:
            file.write("tokn: {}\n")
        found = self.check(code=1)
        self.assertIn("tokn: unknown key", found["config.valid"]["what"])
        self.assertEqual(found["cloud.connect"]["what"], "because config.valid failed")

    def test_a_key_that_the_registry_does_not_hold_is_named(self):
        self.start_gateway()
        self.rig.run("key", "remove", "--yes")
        self.rig.run("key", "create")
        found = self.check(code=1)
        self.assert_verdicts(found, "failed", "cloud.connect")
        self.assertIn("vouchgate key export", found["cloud.connect"]["hint"])

    def test_fix_says_what_it_will_do_and_does_it_only_when_told(self):
        self.start_gateway()
        spool = self.rig.path("state/spool")
        os.mkdir(spool)
        os.chmod(spool, 0o755)
        os.chmod(self.rig.config, 0o666)
        refused = self.rig.run("check", "--fix", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"plan:\n  set mode 0664 on {self.rig.config}", refused.stdout)
        self.assertIn("nothing was changed", refused.stderr)
        self.assertEqual(stat.S_IMODE(os.stat(spool).st_mode), 0o755)
        found = self.check("--fix", "--yes", code=0)
        self.assertEqual([one["done"] for one in self.answer["mended"]], [True, True])
        self.assert_verdicts(found, "ok", "config.permissions")
        self.assertEqual(stat.S_IMODE(os.stat(spool).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.rig.config).st_mode), 0o664)

    def test_a_running_daemon_is_asked_and_not_disturbed(self):
        self.start_gateway()
        self.rig.start_daemon()
        wait_for(lambda: self.rig.status()["session"]["state"] == "connected", "the session is up")
        before = self.rig.status()["session"]
        found = self.check(code=0)
        after = self.rig.status()["session"]
        self.assertEqual(self.answer["daemon"], "running")
        self.assertIn("the running daemon: connected for", found["cloud.connect"]["what"])
        self.assertIn("1 connect", found["cloud.connect"]["what"])
        self.assertIn("the running daemon signs with it: ES256 by tpm 0x81000100", found["key.signs"]["what"])
        self.assertIn("the ledger adds up", found["spool.health"]["what"])
        self.assert_verdicts(found, "skipped", "tpm.lockout")
        self.assertEqual((after["connects"], after["state"]), (before["connects"], "connected"))
        self.assertGreater(after["since_ms"], before["since_ms"], "the same session")
        self.rig.drain_events()
        self.assertEqual(sum(event["event"] == "connect" for event in self.rig.events), 1)

    def test_a_daemon_that_does_not_answer_is_left_alone(self):
        self.start_gateway()
        self.rig.start_daemon()
        wait_for(lambda: self.rig.status()["session"]["state"] == "connected", "the session is up")
        os.unlink(self.rig.path("control.sock"))
        found = self.check(code=1)
        self.assertEqual(self.answer["daemon"], "mute")
        self.assert_verdicts(found, "failed", "cloud.connect")
        self.assert_verdicts(found, "skipped", "tpm.answers", "key.signs")
        self.rig.drain_events()
        self.assertEqual(sum(event["event"] == "connect" for event in self.rig.events), 1)

    def test_a_daemon_that_starts_while_it_looks_keeps_its_session(self):
        self.start_gateway()
        real, looks_at = f"mqtts://localhost:{self.rig.port}", self.rig.path("slow.yaml")
        with contextlib.ExitStack() as stack:
            slow = [stack.enter_context(silent_listener()) for _ in range(3)]
            self.rig.write_config(endpoints=[f"mqtts://localhost:{port}" for port in slow] + [real])
            os.rename(self.rig.config, looks_at)
            self.rig.write_config()
            fillers = unanswered(slow[0])
            looking = subprocess.Popen([binary("vouchgate"), "--json", "--config", looks_at, "check"],
                                       stdout=subprocess.PIPE, text=True)
            wait_for(lambda: unanswered(slow[0]) > fillers, "a look at the endpoint that does not answer")
            self.rig.start_daemon()
            wait_for(lambda: self.rig.status()["session"]["state"] == "connected", "the session is up")
            found = {one["id"]: one for one in json.loads(looking.communicate(timeout=120)[0])["checks"]}
        self.assertEqual(found["endpoint.tcp"]["verdict"], "warning", found)
        self.assertEqual(found["cloud.connect"]["verdict"], "skipped", found)
        self.assertEqual(self.rig.status()["session"]["connects"], 1)

    def test_endpoints_behind_a_firewall_are_each_named_and_nothing_is_said_to_hang(self):
        self.start_gateway()
        with contextlib.ExitStack() as stack:
            ports = [stack.enter_context(silent_listener()) for _ in range(4)]
            self.rig.write_config(endpoints=[f"mqtts://localhost:{port}" for port in ports])
            found = self.check(code=1)
        for port in ports:
            self.assertIn(f"localhost:{port}: ", found["endpoint.tcp"]["what"])
        self.assertIn("timed out", found["endpoint.tcp"]["what"])

    def test_a_cloud_that_never_answers_at_any_endpoint_is_named_at_each(self):
        folder = self.rig.path("bench")
        os.makedirs(folder)
        authority = Authority(folder, "bench")
        clouds = [ScriptedCloud(*authority.issue("localhost")) for _ in range(4)]
        for cloud in clouds:
            self.addCleanup(cloud.close)
            cloud.stops_at = "tls"  # no CONNACK
        self.rig.start_tpm()
        self.rig.write_config(ca=authority.ca_file, endpoints=[f"mqtts://localhost:{cloud.port}" for cloud in clouds])
        self.rig.run("key", "create")
        found = self.check(code=1)
        self.assert_verdicts(found, "ok", "tls.chain")
        self.assert_verdicts(found, "failed", "cloud.connect")
        for cloud in clouds:
            self.assertIn(f"localhost:{cloud.port}: no answer", found["cloud.connect"]["what"])

    def test_a_name_server_or_tpm_that_hangs_ends_within_a_minute(self):
        folder = self.rig.path("bench")
        os.makedirs(folder)
        authority = Authority(folder, "bench")
        cloud = ScriptedCloud(*authority.issue("localhost"))
        self.addCleanup(cloud.close)
        cloud.stops_at = "tcp"  # takes the connection and never shakes hands
        self.rig.start_tpm()
        self.rig.write_config(port=cloud.port, ca=authority.ca_file)
        self.rig.run("key", "create")
        os.kill(self.rig.swtpm.process.pid, 19)  # SIGSTOP: connects are taken, nothing is answered
        try:
            found = self.check(code=1)
        finally:
            os.kill(self.rig.swtpm.process.pid, 18)
        self.assert_verdicts(found, "failed", "tpm.answers", "tls.chain")
        self.assert_verdicts(found, "skipped", "key.signs", "cloud.connect")


if __name__ == "__main__":
    unittest.main()
