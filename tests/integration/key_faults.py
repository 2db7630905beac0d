"""What every fault of the key's chip is judged by, be it a TPM or a secure element: the session and the children go on, the
cause is said in one sentence, and the next token needs no restart. Never waits without a deadline."""

import time
import unittest

from harness import wait_for


class KeyFaults(unittest.TestCase):
    """One rig, a session, a child that waits for the cloud's receipt."""

    def start(self, rig):
        self.rig = rig
        self.addCleanup(rig.close)
        rig.start_all()
        wait_for(lambda: rig.status()["session"]["state"] == "connected", "a session")
        self.child = rig.child()
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
