"""The TPM fails under the running daemon: the session and the children go on, the cause is said in one sentence, and the
next token needs no restart. Never waits without a deadline."""

import signal
import time
import unittest

from harness import Rig, wait_for


class Faults(unittest.TestCase):
    """One rig, a session, a child that waits for the cloud's receipt."""

    def setUp(self):
        self.rig = Rig(["pump-1"])
        self.addCleanup(self.rig.close)
        self.rig.start_all()
        wait_for(lambda: self.rig.status()["session"]["state"] == "connected", "a session")
        self.child = self.rig.child()
        self.child.hello("pump-1", ack="delivered")
        self.sent = 0
        self.relay()

    def relay(self):
        self.sent += 1
        self.child.send(op="event", id=str(self.sent), data=str(self.sent))
        self.assertEqual(self.child.expect("delivered")["id"], str(self.sent))

    def fail_to_renew(self, sentence):
        """A swap is ordered; the daemon says why it cannot, and everything else goes on."""
        before = self.rig.status()["session"]
        self.rig.run("renew")
        wait_for(lambda: sentence in self.rig.status()["session"]["problem"], f"the problem is said: {sentence}")
        after = self.rig.status()["session"]
        self.assertEqual((after["state"], after["connects"]), ("connected", before["connects"]), "the session stays")
        said = [line for line in self.rig.daemon.log().splitlines() if "token: " in line and sentence in line]
        self.assertTrue(said, self.rig.daemon.log())
        self.assertIn("next try in", said[0])
        self.relay()

    def swap(self, since=None):
        """The next token comes by itself; how long it took after the fault ended."""
        since = since or time.monotonic()
        wait_for(lambda: self.rig.status()["session"]["swaps"] > 0, "the token is swapped")
        took = time.monotonic() - since
        self.assertIsNone(self.rig.daemon.process.poll(), "the daemon was not restarted")
        self.relay()
        print(f"{self.id().rsplit('.', 1)[1]}: new token {took:.1f} s after the fault ended (backoff cap 2 s)")

    def test_a_killed_tpm_leaves_the_session_and_the_next_token_needs_only_its_return(self):
        self.rig.swtpm.kill()
        self.fail_to_renew(f"tpm: swtpm:path={self.rig.tpm_socket}: the TPM does not answer")
        since = time.monotonic()
        self.rig.start_tpm()
        self.swap(since)

    def test_a_hanging_tpm_is_given_up_and_the_next_token_needs_only_its_return(self):
        self.rig.swtpm.process.send_signal(signal.SIGSTOP)
        self.fail_to_renew("the TPM did not answer in time")
        since = time.monotonic()
        self.rig.swtpm.process.send_signal(signal.SIGCONT)
        self.swap(since)

    def test_a_reset_tpm_that_nobody_started_is_started(self):
        self.rig.swtpm.kill()
        self.rig.start_tpm(startup=False)
        self.rig.run("renew")
        self.swap()
        self.assertIn("had been reset and was not started; started it", self.rig.daemon.log())

    def test_the_daemon_stops_in_time_while_the_tpm_hangs(self):
        self.rig.swtpm.process.send_signal(signal.SIGSTOP)
        self.rig.run("renew")
        self.assertEqual(self.rig.daemon.stop(deadline=30), 0, "within TimeoutStopSec= of the unit")


if __name__ == "__main__":
    unittest.main(verbosity=2)
