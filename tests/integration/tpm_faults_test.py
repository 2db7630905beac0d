"""The TPM fails under the running daemon: the session and the children go on, the cause is said in one sentence, and the
next token needs no restart. Never waits without a deadline."""

import signal
import time
import unittest

from harness import Rig, wait_for
from key_faults import KeyFaults


class Faults(KeyFaults):
    def setUp(self):
        self.start(Rig(["pump-1"]))

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
