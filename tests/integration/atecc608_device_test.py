"""The simulated chip as a file: i2c-dev's ioctls from other processes, faults on order, kill -9, the end. Needs root."""
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from atecc608 import I2C_M_RD, I2C_RDWR, I2C_SLAVE, Host, Message, Simulator, Transfer, packet, transfer  # noqa: E402

PROGRAM = os.path.join(os.environ.get("VOUCHGATE_BINARY_DIR", "."), "vouchgate-emulator-atecc608")
WOKEN = bytes.fromhex("04113343")
INFO_608B = bytes.fromhex("0700006003 83bb")
SIGNER = """
import fcntl, sys
from atecc608 import Host
host = Host(sys.argv[1])
for _ in range(8):
    fcntl.flock(host.descriptor, fcntl.LOCK_EX)
    assert len(host.signature(0, b"theirs")) == 64
    fcntl.flock(host.descriptor, fcntl.LOCK_UN)
"""


def verified(point, signature, message):
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
    pair = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.verify(utils.encode_dss_signature(*pair), message, ec.ECDSA(SHA256()))
    return True


class Atecc608DeviceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            raise AssertionError("this test mounts a file system: it needs root and /dev/fuse")

    def simulator(self, *options, **more):
        simulator = Simulator(PROGRAM, *options, **more)
        self.addCleanup(simulator.__exit__)
        return simulator.__enter__()

    def host(self, simulator, address=0x60):
        host = Host(simulator.device, address)
        self.addCleanup(host.close)
        return host

    def failure(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.errno, number, caught.exception)

    def test_wakes_answers_and_sleeps(self):
        simulator = self.simulator()
        host = self.host(simulator)
        self.assertEqual(host.functions(), 1)
        self.failure(errno.ENXIO, host.read, 4)
        self.failure(errno.ENXIO, host.write, b"\0", 0)  # the wake pulse: nobody acknowledges it, and it wakes
        self.assertEqual(host.polled(4), WOKEN)
        host.write(b"\x03" + packet(0x30))
        self.assertEqual(host.polled(7), INFO_608B)
        host.sleep()
        self.failure(errno.ENXIO, host.read, 4)
        line = simulator.expect("command", name="Info")
        self.assertEqual((line["opcode"], line["p1"], line["p2"], line["status"]), ("0x30", "0x00", "0x00", "0x00"))
        simulator.expect("sleep")

    def test_read_and_write_without_messages_work_too(self):
        host = self.host(self.simulator())
        fcntl.ioctl(host.descriptor, I2C_SLAVE, 0x60)
        self.assertEqual(host.wake(), WOKEN)
        self.assertEqual(os.write(host.descriptor, b"\0"), 1)
        self.assertEqual(os.read(host.descriptor, 4), WOKEN)
        self.failure(errno.EINVAL, fcntl.ioctl, host.descriptor, I2C_SLAVE, 0x80)
        self.failure(errno.ENOTTY, fcntl.ioctl, host.descriptor, 0x0720, 0)

    def test_a_signature_verifies_elsewhere(self):
        host = self.host(self.simulator())
        self.assertTrue(verified(host.public_key(0), host.signature(0, b"a message"), b"a message"))

    def test_state_survives_a_kill_and_the_dead_mount_is_replaced(self):
        simulator = self.simulator()
        host = self.host(simulator)
        made = host.window([(0x40, 4, 1, b"", 64)])
        simulator.kill()
        self.failure(errno.ENOTCONN, os.stat, simulator.device)
        with self.assertRaises(OSError):
            host.read(4)
        simulator.start()
        self.assertEqual(self.host(simulator).public_key(1), made)

    def test_two_processes_share_the_bus(self):
        simulator = self.simulator()
        host = self.host(simulator)
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
        other = subprocess.Popen([sys.executable, "-c", SIGNER, simulator.device], env={**os.environ, "PYTHONPATH": folder})
        for _ in range(8):
            fcntl.flock(host.descriptor, fcntl.LOCK_EX)
            self.assertEqual(len(host.signature(0, b"ours")), 64)
            fcntl.flock(host.descriptor, fcntl.LOCK_UN)
        self.assertEqual(other.wait(120), 0)
        signed = [line for line in simulator.lines() if line.get("name") == "Sign" and line["status"] == "0x00"]
        self.assertGreaterEqual(len(signed), 16)

    def test_sigterm_unmounts_while_a_file_is_open(self):
        simulator = self.simulator()
        host = self.host(simulator)
        simulator.process.send_signal(signal.SIGTERM)
        self.assertEqual(simulator.process.wait(60), 0)
        self.assertFalse(os.path.ismount(simulator.bus))
        self.assertFalse(os.path.exists(simulator.folder + "/control"))
        simulator.expect("ended")
        with self.assertRaises(OSError):
            host.read(4)

    def test_faults_come_on_order_and_are_counted(self):
        simulator = self.simulator()
        host = self.host(simulator)
        simulator.order(fault="nack", count=2)
        host.wake()
        simulator.expect("fault", name="nack")
        simulator.expect("fault", name="nack")
        simulator.order(fault="rng_failure")
        self.assertEqual(host.run(0x1B, 0, 0, b"", 32), b"\x08")
        self.assertEqual(simulator.order(counts=True)["injected"], 3)
        with open(simulator.folder + "/control", "w", encoding="utf-8") as control:
            control.write('{"fault":"gremlin"}\n')
        self.assertIn("gremlin", simulator.expect("refused")["reason"])

    def test_a_vanished_adapter_stays_dead_for_who_had_it_open(self):
        simulator = self.simulator()
        host = self.host(simulator)
        simulator.order(fault="vanish")
        self.failure(errno.ENODEV, host.write, b"\0", 0)
        self.failure(errno.ENODEV, host.write, b"\0", 0)
        self.assertEqual(self.host(simulator).wake(), WOKEN)

    def test_the_errno_of_a_nack_and_the_kind_of_adapter_can_be_chosen(self):
        self.failure(errno.EREMOTEIO, self.host(self.simulator("--nack-errno", "EREMOTEIO")).read, 4)
        host = self.host(self.simulator("--smbus-only"))
        self.assertEqual(host.functions() & 1, 0)
        self.failure(errno.EOPNOTSUPP, host.read, 4)

    def test_calls_that_a_kernel_refuses_are_refused(self):
        host = self.host(self.simulator())
        buffer = ctypes.create_string_buffer(16)
        good = Message(0x60, I2C_M_RD, 4, ctypes.addressof(buffer))
        self.failure(errno.EFAULT, fcntl.ioctl, host.descriptor, I2C_RDWR, Transfer(8, 1))
        self.failure(errno.EINVAL, fcntl.ioctl, host.descriptor, I2C_RDWR, Transfer(0, 0))
        self.failure(errno.EINVAL, transfer, host.descriptor, [good] * 43)
        self.failure(errno.EINVAL, transfer, host.descriptor, [Message(0x60, 0, 8193, ctypes.addressof(buffer))])
        host.wake()
        self.failure(errno.EFAULT, transfer, host.descriptor, [Message(0x60, 0, 4, 8)])
        self.failure(errno.ENXIO, transfer, host.descriptor, [good, good])
        self.failure(errno.EOPNOTSUPP, transfer, host.descriptor, [Message(0x60, 0x1000, 4, ctypes.addressof(buffer))])

    def test_a_corrupt_state_file_and_another_part_are_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            state = folder + "/chip.json"
            command = [PROGRAM, "--state", state, "--fuse", folder + "/bus"]
            with open(state, "w", encoding="utf-8") as out:
                out.write('{"format":"atecc608-state-1"')
            ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(ended.returncode, 1)
            self.assertRegex(ended.stderr, r"^chip state: .*chip\.json: .+\n  hint: .+\n$")
            os.unlink(state)
            with Simulator(PROGRAM, "--part", "508a", folder=folder):
                pass
            ended = subprocess.run([*command, "--part", "608a"], capture_output=True, text=True, timeout=60, check=False)
            self.assertIn("is a 508a", ended.stderr)

    def refused(self, reason, *options, program=PROGRAM, user=None):
        """It ends at once with one sentence and its hint."""
        ended = subprocess.run([program, *options], capture_output=True, text=True, timeout=60, check=False, user=user)
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, r"^[^\n]+\n(  hint: [^\n]+\n)?$")
        self.assertIn(reason, ended.stderr)

    def test_a_second_one_disturbs_nothing_of_the_first(self):
        simulator = self.simulator()
        at = simulator.folder
        self.refused("is there already", "--state", at + "/other.json", "--fuse", simulator.bus)
        self.refused("emulator that is running", "--state", at + "/chip.json", "--fuse", at + "/second")
        self.refused("somebody reads", "--state", at + "/other.json", "--fuse", at + "/second", "--control", at + "/control")
        self.assertEqual(self.host(simulator).wake(), WOKEN)
        self.assertGreaterEqual(simulator.order(counts=True)["injected"], 0)

    def test_nothing_of_others_is_hidden_or_deleted(self):
        with tempfile.TemporaryDirectory() as folder:
            precious = folder + "/precious"
            with open(precious, "w", encoding="utf-8") as out:
                out.write("precious")
            self.refused("not a FIFO", "--state", folder + "/chip.json", "--fuse", folder + "/bus", "--control", precious)
            # a state file below its own mount could never be written again
            self.refused("holds other files", "--state", folder + "/chip.json", "--fuse", folder)
            with open(precious, encoding="utf-8") as file:
                self.assertEqual(file.read(), "precious")

    def test_without_root_one_sentence_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            state, program = folder + "/chip.json", shutil.copy(PROGRAM, folder)  # the build may be root's alone
            self.refused("takes root", "--state", state, "--fuse", folder + "/bus", program=program, user="nobody")
            self.refused("takes root", "--state", state, "--cuse", "i2c-99", program=program, user="nobody")

    def test_when_nobody_reads_its_lines_it_ends_without_a_dead_mount(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [PROGRAM, "--state", folder + "/chip.json", "--fuse", folder + "/bus", "--control", folder + "/control"]
            for end in ("reader", signal.SIGHUP):
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                process.stdout.readline()
                if end == "reader":
                    process.stdout.close()
                    with open(folder + "/control", "w", encoding="utf-8") as control:
                        control.write('{"counts":true}\n')
                else:
                    process.send_signal(end)
                self.assertEqual(process.wait(60), 1 if end == "reader" else 0)
                process.stdout.close()
                self.assertFalse(os.path.ismount(folder + "/bus"))

    def test_a_trust_platform_part_answers_at_its_own_address(self):
        simulator = self.simulator(preset="trust-and-go")
        host = self.host(simulator, 0x35)
        self.assertTrue(verified(host.public_key(0), host.signature(0, b"x"), b"x"))
        self.assertEqual(len(host.window([(0x02, 0x82, 10 << 3, b"", 32)])), 32)

    def test_the_clock_is_the_real_one(self):
        host = self.host(self.simulator())
        begun = time.monotonic()
        host.signature(0, b"x")
        self.assertGreater(time.monotonic() - begun, 0.07)  # typical run times and the bytes on the bus


if __name__ == "__main__":
    unittest.main()
