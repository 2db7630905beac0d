"""The main job on an ATECC608, and the chip's bus failing under the running daemon: the session and the children go on,
the cause is said in one sentence, and the next token needs no restart."""

import fcntl
import os
import time
import unittest

from atecc608 import Simulator
from harness import Rig, binary, wait_for


class ChipRig(Rig):
    """A gateway's world whose key is in a simulated chip."""

    def start_tpm(self, startup=True):
        self.chip = Simulator(binary("vouchgate-emulator-atecc608"), preset="jwt-1")
        self.chip.__enter__()

    def write_config(self, **replace):
        super().write_config(**replace)
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace("  holder: tpm\n", f"  holder: atecc608\n  atecc608: {{bus: {self.chip.device}}}\n"))

    def close(self):
        super().close()
        self.chip.__exit__()


class Faults(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise AssertionError("this test mounts a file system: it needs root and /dev/fuse")
        self.rig = ChipRig(["pump-1"])
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
        before = self.rig.status()["session"]
        self.rig.run("renew")
        wait_for(lambda: sentence in self.rig.status()["session"]["problem"], f"the problem is said: {sentence}")
        after = self.rig.status()["session"]
        self.assertEqual((after["state"], after["connects"]), ("connected", before["connects"]), "the session stays")
        self.relay()

    def swap(self):
        """The next token comes by itself; how long it took after the fault ended."""
        since = time.monotonic()
        wait_for(lambda: self.rig.status()["session"]["swaps"] > 0, "the token is swapped")
        took = time.monotonic() - since
        self.assertIsNone(self.rig.daemon.process.poll(), "the daemon was not restarted")
        self.relay()
        print(f"{self.id().rsplit('.', 1)[1]}: new token {took:.1f} s after the fault ended (backoff cap 2 s)")

    def test_an_adapter_that_is_unplugged_needs_only_its_return(self):
        self.rig.chip.kill()
        self.fail_to_renew("no I2C adapter is behind it any more")
        self.rig.chip.start()
        self.swap()

    def test_a_chip_whose_supply_collapses_is_named_and_comes_back(self):
        self.rig.chip.order(fault="brown_out", count=1000)
        self.fail_to_renew("its supply collapsed, or the command did not reach it")
        self.rig.chip.order(clear=True)
        self.swap()

    def test_a_program_that_keeps_the_bus_is_waited_for_and_named(self):
        with open(self.rig.chip.device, "r+b", buffering=0) as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            self.fail_to_renew("another program keeps the bus locked")
        self.swap()

    def test_the_command_shares_the_chip_with_the_daemon(self):
        self.rig.run("renew")
        for _ in range(5):
            self.rig.run("key", "test")
        self.swap()
        self.assertEqual(self.rig.status()["session"]["problem"], "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
