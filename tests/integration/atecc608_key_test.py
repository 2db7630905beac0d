"""The key verbs and the checks on a simulated ATECC608 in a process of its own, judged by a library that is not ours."""

import json
import os
import re
import subprocess
import unittest

from atecc608 import Simulator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

BINARIES = os.environ.get("VOUCHGATE_BINARY_DIR", ".")
CONFIG = """
key: {{holder: atecc608, atecc608: {{bus: {bus}, address: {address}, slot: {slot}}}}}
cloud:
  endpoints: ["mqtts://localhost:1"]
  iot_core: {{project: p-1, region: r-1, registry: reg-1, gateway: gw-1}}
control: {{path: {folder}/control.sock}}
ingress: {{unix: {{path: {folder}/children.sock}}}}
spool: {{path: {folder}/spool}}
"""
OF_THE_CHIP = ["i2c.bus", "i2c.functions", "i2c.driver", "atecc.wakes", "atecc.revision", "atecc.locks", "atecc.slot",
               "key.present", "key.signs", "atecc.timing"]


class Atecc608Key(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise AssertionError("this test mounts a file system: it needs root and /dev/fuse")

    def chip(self, preset, *options):
        simulator = Simulator(os.path.join(BINARIES, "vouchgate-emulator-atecc608"), *options, preset=preset)
        self.addCleanup(simulator.__exit__)
        return simulator.__enter__()

    def run_on(self, chip, *verb, bus=None, address="0x60", slot=0):
        config = chip.folder + "/vouchgate.yaml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(bus=bus or chip.device, address=address, slot=slot, folder=chip.folder))
        program = os.path.join(BINARIES, "vouchgate")
        return subprocess.run([program, "--config", config, *verb], capture_output=True, text=True, timeout=120, check=False)

    def findings(self, chip, **place):
        found = json.loads(self.run_on(chip, "--json", "check", **place).stdout)["checks"]
        return {one["id"]: one for one in found}

    def test_a_key_is_made_shown_exported_and_used(self):
        chip = self.chip("jwt-1")
        missing = self.run_on(chip, "key", "show")
        self.assertIn("no key yet\n  hint: 'vouchgate key create' makes one", missing.stderr)
        made = self.run_on(chip, "key", "create")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("ES256 key made in ATECC608B", made.stdout)
        step = re.search(r"'vouchgate --config \S+ (atecc lock-slot 0 --commit)'; until then", made.stdout)
        self.assertTrue(step, made.stdout)
        again = self.run_on(chip, "key", "create")
        self.assertEqual(again.returncode, 1)
        self.assertIn("the slot holds a key already", again.stderr)
        key = load_pem_public_key(self.run_on(chip, "key", "export", "--format", "pem").stdout.encode())
        self.assertIsInstance(key.curve, ec.SECP256R1)
        self.assertIn("state       ours", self.run_on(chip, "key", "show").stdout)
        serial = re.search(r"ATECC608B (\w+)", made.stdout)[1]
        locked = self.run_on(chip, *step[1].split(), "--serial", serial)  # instead of typing it
        self.assertEqual(locked.returncode, 0, locked.stderr)
        self.assertIn("slot-locked", self.run_on(chip, "key", "show").stdout)
        self.assertEqual(self.run_on(chip, "key", "test").returncode, 0)
        self.assertIn("cannot be taken out", self.run_on(chip, "key", "remove", "--yes").stderr)

    def test_every_check_of_a_good_chip_is_ok_and_those_of_a_tpm_are_skipped(self):
        found = self.findings(self.chip("jwt-1-key"))
        self.assertEqual({one: found[one]["verdict"] for one in OF_THE_CHIP}, {one: "ok" for one in OF_THE_CHIP}, found)
        for one in ("tpm.present", "tpm.answers", "tpm.lockout", "key.pinned"):
            self.assertEqual(found[one]["what"], "because key.holder is atecc608")

    def test_the_first_cause_is_named_and_what_rests_on_it_is_skipped(self):
        blank = self.findings(self.chip("blank"))
        self.assertEqual(blank["atecc.locks"]["verdict"], "failed")
        self.assertIn("a blank chip", blank["atecc.locks"]["what"])
        self.assertEqual(blank["key.signs"]["what"], "because atecc.locks failed")
        self.assertEqual(blank["atecc.locks"]["hint"], "'vouchgate atecc info' names the next step")
        self.assertIn("next: ", self.run_on(self.chip("blank"), "atecc", "info").stdout)
        data = self.findings(self.chip("jwt-1-key"), slot=8)
        self.assertEqual(data["atecc.slot"]["verdict"], "failed")
        elsewhere = self.findings(self.chip("trust-and-go"))
        self.assertEqual(elsewhere["atecc.wakes"]["verdict"], "failed")
        self.assertEqual(elsewhere["atecc.wakes"]["hint"], "a chip answers at 0x35: key.atecc608.address")
        smbus = self.findings(self.chip("jwt-1-key", "--smbus-only"))
        self.assertIn("speaks SMBus only", smbus["i2c.functions"]["what"])
        nowhere = self.findings(self.chip("jwt-1-key"), bus="/dev/i2c-4711")
        self.assertIn("/dev/i2c-4711: there is no such I2C bus", nowhere["i2c.bus"]["what"])
        self.assertEqual(nowhere["atecc.timing"]["what"], "because i2c.bus failed")

    def test_each_way_an_adapter_says_nack_is_understood(self):
        for name in ("EREMOTEIO", "EIO", "ETIMEDOUT", "EAGAIN"):
            with self.subTest(name):
                done = self.run_on(self.chip("jwt-1-key", "--nack-errno", name), "key", "test")
                self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
