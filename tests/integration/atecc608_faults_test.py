"""The main job on an ATECC608, and the chip's bus failing under the running daemon: the session and the children go on,
the cause is said in one sentence, and the next token needs no restart."""

import fcntl
import json
import os
import time
import unittest

from atecc608 import Simulator
from harness import Rig, binary, wait_for
from key_faults import KeyFaults

CONTENTION = float(os.environ.get("VOUCHGATE_CONTENTION_SECONDS", "4"))

# What the daemon says of each fault of the simulator that does not end; one alone is recovered unsaid. foreign_wake never hurts.
SENTENCES = {
    "nack": "no chip answers there after a wake pulse",
    "crc_error": "the answer arrives broken each time",
    "noisy_write": "the command arrived broken, each time",
    "short_read": "the answer arrives broken each time",
    "lost_wake": "no chip answers there after a wake pulse",
    "brown_out": "its supply collapsed, or the command did not reach it",
    "lost_reply": "its supply collapsed, or the command did not reach it",
    "ecc_fault": "the chip failed at its arithmetic, twice",
    "rng_failure": "the chip's random numbers failed their test, also after a sleep",
    "watchdog": "the chip's watchdog was about to expire, each time",
    "stuck_busy": "no answer within the time that the chip needs at most",
    "vanish": "the I2C adapter was unplugged or its driver is gone",
    "foreign_wake": "",
}


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


class Faults(KeyFaults):
    def setUp(self):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise AssertionError("this test mounts a file system: it needs root and /dev/fuse")
        self.start(ChipRig(["pump-1"]))

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
        found = {one["id"]: one for one in json.loads(self.rig.run("--json", "check", check=False).stdout)["checks"]}
        for row in ("atecc.wakes", "atecc.revision", "atecc.locks", "atecc.slot", "key.present", "key.signs", "atecc.timing"):
            self.assertEqual(found[row]["verdict"], "ok", found[row])
        self.assertIn("can make its key anew", found["atecc.slot"]["what"])
        self.swap()
        self.assertEqual(self.rig.status()["session"]["problem"], "")

    def test_a_fault_that_passes_is_recovered_unsaid(self):
        for fault in SENTENCES:
            with self.subTest(fault):
                swaps = self.rig.status()["session"]["swaps"]
                self.rig.chip.order(fault=fault, count=1)
                self.rig.run("renew")
                problems = set()
                wait_for(lambda: problems.add(self.rig.status()["session"]["problem"])
                         or self.rig.status()["session"]["swaps"] > swaps, f"a new token despite {fault}")
                self.assertEqual(problems, {""})
        self.relay()

    def test_a_fault_that_lasts_is_named_and_its_end_needs_no_restart(self):
        for fault, sentence in SENTENCES.items():
            with self.subTest(fault):
                swaps = self.rig.status()["session"]["swaps"]
                self.rig.chip.order(fault=fault, count=1000)
                if sentence:
                    self.fail_to_renew(sentence)
                else:
                    self.rig.run("renew")
                self.rig.chip.order(clear=True)
                wait_for(lambda: self.rig.status()["session"]["swaps"] > swaps, f"a new token after {fault}")
                self.relay()

    def test_a_chip_in_failure_needs_its_power_cut(self):
        self.rig.chip.order(fault="self_test", count=1)
        self.fail_to_renew("the chip failed its self-test and refuses to work")
        self.rig.chip.kill()
        self.rig.chip.start()
        self.swap()

    def test_two_programs_contend_for_the_bus_without_an_error(self):
        end, looks, swaps = time.monotonic() + CONTENTION, 0, 0
        while time.monotonic() < end:
            self.rig.run("renew")
            swaps += 1
            while self.rig.status()["session"]["swaps"] < swaps:
                self.rig.run("atecc", "info")  # fails the test if its exit status is not 0
                self.assertEqual(self.rig.status()["session"]["problem"], "")
                looks += 1
        self.relay()
        print(f"{looks} runs of the command beside {swaps} swaps in {CONTENTION} s, no error in either")


if __name__ == "__main__":
    unittest.main(verbosity=2)
