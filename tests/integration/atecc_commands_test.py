"""An ATECC608 from blank to a token: the verbs of the real command on the simulated chip, which is a file that speaks
i2c-dev's ioctl. python3-jwt judges the token, cryptography the keys. Needs root and /dev/fuse."""

import contextlib
import json
import os
import queue
import re
import subprocess
import unittest
from random import Random

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from harness import DEADLINE, Program, Rig, binary

JWT_1 = os.path.join(os.environ["VOUCHGATE_SOURCE_DIR"], "config/examples/atecc608-jwt-1.yaml")
CONFIG = """key:
  holder: atecc608
  atecc608: {{bus: {bus}, address: 0x60, slot: 0}}
cloud:
  endpoints: [mqtts://localhost:8883]
  iot_core: {{project: demo, registry: boxes, gateway: gw-1}}
"""


class AteccCommands(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise AssertionError("this test mounts a file system: it needs root and /dev/fuse")
        self.rig = Rig([])
        self.addCleanup(self.rig.close)
        self.emulator = None

    def start_chip(self, *options):
        directory = self.rig.path("bus")
        os.makedirs(directory, exist_ok=True)
        self.emulator = Program("chip", [binary("vouchgate-emulator-atecc608"), "--state", self.rig.path("chip.json"),
                                         "--fuse", directory, *options], self.rig.directory)
        self.addCleanup(self.emulator.stop)
        ready = self.until("ready")
        self.bus = ready["device"]
        with open(self.rig.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(bus=self.bus))

    def until(self, event, name=None):
        """The next line of the chip's that tells of `event`."""
        while True:
            line = self.emulator.lines.get(timeout=DEADLINE)
            self.assertIsNotNone(line, self.emulator.log())
            told = json.loads(line)
            if told["event"] == event and name in (None, told.get("name")):
                return told

    def atecc(self, *args, code=0):
        """stdout of the verb, or stderr where it has to fail."""
        done = self.rig.run("atecc", *args, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr if code else done.stdout

    def told(self, *args):
        return json.loads(self.atecc(*args, "--json"))

    def steps(self):
        return [each["step"] for each in self.told("info")["remaining"]]

    def file(self, name, change):
        with open(JWT_1, encoding="utf-8") as file:
            text = file.read()
        path = self.rig.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(change(text))
        return path

    def write_and_cut(self, writes):
        """The process is killed after so many words."""
        process = subprocess.Popen([binary("vouchgate"), "--config", self.rig.config, "atecc", "write", JWT_1, "--commit"],
                                   stdout=subprocess.DEVNULL)
        for _ in range(writes):
            self.until("command", "Write")
        process.kill()
        process.wait()

    def token(self):
        """A token, and that the chip's key signed it."""
        token = self.rig.run("token", "mint").stdout.strip()
        pem = self.rig.run("key", "export", "--format", "pem").stdout
        jwt.decode(token, load_pem_public_key(pem.encode()), algorithms=["ES256"], audience="demo")
        return pem

    def test_a_blank_chip_becomes_a_gateways_key(self):
        self.start_chip()
        self.assertRegex(self.atecc("scan"), r"^0x60  ATECC608B  [0-9a-f]{18}  configuration open, data and OTP open\n$")
        serial = self.told("info")["serial"]
        self.assertEqual(self.steps(), ["write", "lock-config", "lock-data", "key-create", "lock-slot"])
        self.assertIn("hint", self.rig.run("token", "mint", check=False).stderr, "an open chip signs nothing")

        plan = self.told("plan", JWT_1)
        self.assertTrue(plan["plan"]["possible"])
        self.assertEqual([each["step"] for each in plan["remaining"]],
                         ["write", "lock-config", "lock-data", "key-create", "lock-slot"])
        self.assertIn("dry run: nothing was changed", self.atecc("write", JWT_1))
        words = plan["plan"]["words"]
        self.assertEqual(self.told("plan", JWT_1)["plan"]["words"], words, "a dry run writes nothing")

        self.write_and_cut(writes=5)
        left = self.told("plan", JWT_1)["plan"]["words"]
        self.assertTrue(0 < left <= words - 4, (words, left))
        self.assertIn("differs from the file", self.atecc("lock-config", JWT_1, "--commit", "--serial", serial, code=1))
        self.assertIn(f"{left} words written and read back", self.atecc("write", JWT_1, "--commit"))
        self.assertIn("the chip has the file's configuration", self.atecc("write", JWT_1, "--commit"))

        self.lock("lock-config", serial, JWT_1)
        self.assertIn("not locked yet", self.atecc("lock-slot", "0", "--commit", "--serial", serial, code=1))
        self.assertIn("unchecked", self.atecc("lock-data", "--keep-data"))
        self.lock("lock-data", serial)
        self.assertEqual(self.steps(), ["key-create", "lock-slot"])
        self.assertIn("holds no key", self.atecc("lock-slot", "0", "--commit", "--serial", serial, code=1))

        self.rig.run("key", "create")
        pem = self.token()
        self.assertEqual(self.steps(), ["lock-slot"])
        self.lock("lock-slot", serial, "0")
        self.assertEqual(self.steps(), [])
        self.assertIn("slot 8 is locked", told := self.atecc("lock-slot", "8", "--commit", "--serial", serial))
        self.assertNotIn("key create", told, "what remains is the gateway's slot's, not slot 8's")
        self.assertEqual(self.token(), pem, "the locked slot signs with the same key")
        self.assertNotEqual(self.rig.run("key", "create", check=False).returncode, 0)

    def lock(self, verb, serial, *args):
        """A step for ever: not without --commit, not without the serial number, and once more is no error."""
        def memory():
            with open(self.rig.path("chip.json"), encoding="utf-8") as file:
                return file.read()
        before = memory()
        self.assertIn("for ever", self.atecc(verb, *args))
        self.assertIn(f"add --serial {serial}", self.atecc(verb, *args, "--commit", code=1))
        self.assertIn("nothing was locked", self.atecc(verb, *args, "--commit", "--serial", "0123000000000000ee", code=1))
        self.assertEqual(memory(), before, "refusals and dry runs change nothing")
        self.assertRegex(self.atecc(verb, *args, "--commit", "--serial", serial.upper()), r"(is|are) locked")
        after = memory()
        self.assertNotEqual(after, before)
        self.assertRegex(self.atecc(verb, *args, "--commit"), r"(is|are) locked")
        self.assertEqual(memory(), after)

    def killed_and_repeated(self, random, kills, *verb):
        """The verb, killed behind so many lines of the chip's or after it has ended, then once more to its end."""
        for _ in range(kills):
            process = subprocess.Popen([binary("vouchgate"), "--config", self.rig.config, *verb], stdout=subprocess.DEVNULL)
            with contextlib.suppress(queue.Empty):
                for _ in range(random.randrange(1, 40)):
                    self.emulator.lines.get(timeout=1)
            process.kill()
            process.wait()
        return self.rig.run(*verb).stdout

    def test_every_step_may_be_killed_anywhere_and_repeated(self):
        self.start_chip()
        random = Random(608)
        serial = self.told("info")["serial"]
        self.killed_and_repeated(random, 6, "atecc", "write", JWT_1, "--commit")
        self.killed_and_repeated(random, 3, "atecc", "lock-config", JWT_1, "--commit", "--serial", serial)
        self.killed_and_repeated(random, 3, "atecc", "lock-data", "--commit", "--serial", serial)
        self.rig.run("key", "create")
        pem = self.token()
        self.killed_and_repeated(random, 3, "atecc", "lock-slot", "0", "--commit", "--serial", serial)
        self.assertEqual(self.steps(), [])
        self.assertEqual(self.told("plan", JWT_1)["plan"]["words"], 0)
        self.assertEqual(self.token(), pem)

    def test_the_serial_number_can_be_typed(self):
        self.start_chip("--preset", "jwt-1-key")
        near, far = os.openpty()
        self.addCleanup(os.close, near)
        command = [binary("vouchgate"), "--config", self.rig.config, "atecc", "lock-slot", "0", "--commit"]
        serial = self.told("info")["serial"]
        for typed, code in (("no\n", 1), ("\n", 1), ("\x04", 1), (f" {serial[:8].upper()} {serial[8:]} \n", 0)):
            os.write(near, typed.encode())
            done = subprocess.run(command, stdin=far, capture_output=True, text=True, timeout=DEADLINE, check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn("Type the chip's serial number", done.stderr)
        os.close(far)
        self.assertEqual(self.steps(), [])

    def test_a_file_that_makes_no_safe_key_is_refused_at_every_step(self):
        self.start_chip()
        bad = self.file("bad.yaml", lambda text: re.sub(r"(  0: .*), lockable: true", r"\1", text))
        plan = self.rig.run("atecc", "plan", bad, check=False)
        self.assertEqual(plan.returncode, 1)
        self.assertIn("refused  slots.0.lockable: whoever reaches the bus could replace the key", plan.stdout)
        self.assertNotIn("next:", plan.stdout)
        words = self.told("plan", JWT_1)["plan"]["words"]
        self.assertIn("nothing was written", self.atecc("write", bad, "--commit", code=1))
        self.assertEqual(self.told("plan", JWT_1)["plan"]["words"], words)
        damaged = self.file("damaged.hex", lambda text: "01 23 20 00")
        self.assertIn("has 8 hexadecimal digits; a configuration zone has 256", self.atecc("plan", damaged, code=1))
        self.assertIn("write 0x60: the 7-bit form", self.atecc("info", "--address", "0xc0", code=2))
        self.assertIn("write 0x35: the 7-bit form", self.atecc("info", "--address", "0x6A", code=2))

    def test_another_parts_file_is_refused(self):
        self.start_chip("--part", "508a")
        self.assertIn("the file is for an ATECC608, the chip is an ATECC508A", self.atecc("plan", JWT_1, code=1))
        shown = self.rig.path("own.yaml")
        with open(shown, "w", encoding="utf-8") as file:
            file.write(self.atecc("config", "show"))
        self.assertEqual(self.told("plan", shown)["plan"]["words"], 0, "what is shown is what the chip has")

    def test_the_other_chip_on_the_bus_is_left_alone(self):
        self.start_chip()
        self.emulator.stop()
        other = self.rig.path("other.json")
        with open(self.rig.path("chip.json"), encoding="utf-8") as file, open(other, "w", encoding="utf-8") as copy:
            state = json.load(file)
            config = state["config"]
            state["config"] = config[:4] + "0123" + config[8:32] + "6c" + config[34:]  # another serial number, at 0x36
            copy.write(json.dumps(state))
        orders = self.rig.path("orders")
        self.start_chip("--state", other, "--control", orders)
        self.assertEqual([line[:4] for line in self.atecc("scan").splitlines()], ["0x60", "0x36"])
        serial, there = self.told("info")["serial"], ("--address", "0x36")
        self.assertNotEqual(self.told(*there, "info")["serial"], serial)
        onto = self.file("onto.yaml", lambda text: text.replace("address: 0x60", "address: 0x36"))
        self.assertIn("another device answers there already", self.atecc("write", onto, "--commit", code=1))
        self.atecc("write", JWT_1, "--commit")
        self.atecc("lock-config", JWT_1, "--commit", "--serial", serial)
        self.atecc("lock-data", "--commit", "--serial", serial)
        self.rig.run("key", "create")
        self.token()
        shown = self.rig.path("shown.yaml")
        with open(shown, "w", encoding="utf-8") as file:
            file.write(self.atecc(*there, "config", "show"))
        self.assertIn("nothing was locked", self.atecc(*there, "lock-config", shown, "--commit", "--serial", serial, code=1))
        with open(other, encoding="utf-8") as file:
            self.assertEqual(json.load(file), state)
        with open(orders, "w", encoding="utf-8") as file:  # strikes the first chip
            file.write('{"fault": "self_test"}\n')
        self.until("ordered")
        self.assertRegex(self.atecc("scan"), r"0x60  .*failed its self-test.*\n0x36  ATECC608B  0123")
        broken, well = self.told("scan")
        self.assertIn("power", broken["hint"])
        self.assertEqual((broken["address"], well["address"]), ("0x60", "0x36"))

    def test_a_new_address_is_told_and_used(self):
        self.start_chip()
        moved = self.file("moved.yaml", lambda text: text.replace("address: 0x60", "address: 0x36"))
        self.assertIn("answers at 0x36 from now on", self.atecc("write", moved, "--commit"))
        self.assertTrue(self.atecc("scan").startswith("0x36  "))
        self.assertEqual(self.told("plan", moved, "--address", "0x36")["plan"]["words"], 0)
        self.assertIn(f"{self.bus} 0x60", self.atecc("info", code=1))

    def test_provisioned_parts_are_used_as_they_come(self):
        for preset, name, address in (("trust-and-go", "Trust&GO", "0x35"), ("trust-flex", "TrustFLEX", "0x36")):
            with self.subTest(preset):
                self.start_chip("--preset", preset)
                self.assertIn(f"already provisioned ({name})", self.atecc("--bus", self.bus, "scan"))
                at = ("--bus", self.bus, "--address", address)
                self.assertEqual(self.told(*at, "info")["remaining"], [])
                self.assertIn(f"already provisioned ({name})", self.atecc(*at, "write", JWT_1, "--commit", code=1))
                found = self.told(*at, "certificates", "--directory", self.rig.directory)
                self.assertEqual(len(found["device_certificate_compressed"]), 144)
                load_pem_public_key(found["signer_public_key_pem"].encode())
                self.assertEqual(os.path.getsize(self.rig.path("signer-certificate.compressed")), 72)
                self.assertIn("template", self.atecc(*at, "certificates"))
                occupied = self.rig.path(preset)
                os.makedirs(occupied + "/signer-public-key.pem")
                self.assertIn("written: Is a directory", self.atecc(*at, "certificates", "--directory", occupied, code=1))
                with open(self.rig.config, "w", encoding="utf-8") as file:
                    file.write(CONFIG.format(bus=self.bus).replace("0x60", address))
                self.token()
                self.assertRegex(self.rig.run("check", check=False).stdout, r"atecc.slot +slot 0 signs; its key stays for ever\n")
                self.emulator.stop()
                os.unlink(self.rig.path("chip.json"))

    def test_a_chip_of_ones_own_has_no_certificates(self):
        self.start_chip("--preset", "jwt-1-key")
        self.assertIn("is not a part that Microchip provisioned", self.atecc("certificates", code=1))
        self.assertEqual(self.steps(), ["lock-slot"])


if __name__ == "__main__":
    unittest.main()
