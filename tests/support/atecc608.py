"""The simulated chip as a device, and a host that speaks to it by ioctl as any I2C program does; never retries by itself."""
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time

I2C_FUNCS, I2C_RDWR, I2C_SLAVE = 0x0705, 0x0707, 0x0703
I2C_M_RD = 1
DEADLINE = 60  # seconds


class Message(ctypes.Structure):
    _fields_ = [("addr", ctypes.c_uint16), ("flags", ctypes.c_uint16), ("len", ctypes.c_uint16), ("buf", ctypes.c_void_p)]


class Transfer(ctypes.Structure):
    _fields_ = [("msgs", ctypes.c_void_p), ("nmsgs", ctypes.c_uint32)]


def transfer(descriptor, messages):
    """I2C_RDWR with Message structures; how many were done, or OSError."""
    array = (Message * len(messages))(*messages)
    return fcntl.ioctl(descriptor, I2C_RDWR, Transfer(ctypes.addressof(array), len(messages)))


def checksum(data):
    value = 0
    for byte in data:
        for bit in range(8):
            value = (value << 1 & 0xFFFF) ^ (0x8005 if (byte >> bit & 1) != value >> 15 else 0)
    return value.to_bytes(2, "little")


def packet(opcode, p1=0, p2=0, data=b""):
    body = bytes([7 + len(data), opcode, p1]) + p2.to_bytes(2, "little") + data
    return body + checksum(body)


class Host:
    """One open device."""

    def __init__(self, path, address=0x60):
        self.descriptor, self.address = os.open(path, os.O_RDWR | os.O_CLOEXEC), address

    def close(self):
        with contextlib.suppress(OSError):  # the simulator may be gone
            os.close(self.descriptor)

    def functions(self):
        bits = bytearray(8)
        fcntl.ioctl(self.descriptor, I2C_FUNCS, bits)
        return int.from_bytes(bits, "little")

    def write(self, data, address=None):
        buffer = ctypes.create_string_buffer(bytes(data), max(len(data), 1))
        where = self.address if address is None else address
        return transfer(self.descriptor, [Message(where, 0, len(data), ctypes.addressof(buffer))])

    def read(self, size):
        buffer = ctypes.create_string_buffer(size)
        transfer(self.descriptor, [Message(self.address, I2C_M_RD, size, ctypes.addressof(buffer))])
        return buffer.raw

    def wake(self):
        with contextlib.suppress(OSError):
            self.write(b"\0", address=0)
        return self.polled(4)

    def polled(self, size):
        until = time.monotonic() + DEADLINE
        while True:
            try:
                return self.read(size)
            except OSError as error:
                if error.errno in (errno.ENODEV, errno.EOPNOTSUPP, errno.EFAULT) or time.monotonic() > until:
                    raise
                time.sleep(0.001)

    def sleep(self):
        self.write(b"\x01")

    def run(self, opcode, p1=0, p2=0, data=b"", answer=4):
        """The payload of the reply."""
        self.write(b"\x03" + packet(opcode, p1, p2, data))
        frame = self.polled(answer + 3)
        frame = frame[:frame[0]]
        assert checksum(frame[:-2]) == frame[-2:], frame.hex()
        return frame[1:-2]

    def window(self, commands):
        """Each command in one wake window, and the last one's payload; once more if the window was too short."""
        while True:
            if self.wake() != bytes.fromhex("04113343"):
                raise AssertionError("the chip was awake before")
            replies = [self.run(*command) for command in commands]
            self.sleep()
            if not any(reply in (b"\xee", b"\x11") for reply in replies):
                return replies[-1]

    def public_key(self, slot):
        return self.window([(0x40, 0, slot, b"", 64)])

    def signature(self, slot, message):
        return self.window([(0x16, 0x43, 0, hashlib.sha256(message).digest(), 1), (0x41, 0xA0, slot, b"", 64)])


class Simulator:
    """The program; a context. Its folder holds chip.json, bus/i2c-9 and the FIFO control, and outlives restarts."""

    def __init__(self, program, *options, preset="jwt-1-key", folder=None):
        self.own = None if folder else tempfile.TemporaryDirectory()
        self.folder = folder or self.own.name
        self.bus, self.device = self.folder + "/bus", self.folder + "/bus/i2c-9"
        self.command = [program, "--state", self.folder + "/chip.json", "--preset", preset, "--fuse", self.bus,
                        "--control", self.folder + "/control", *options]
        self.process, self.taken = None, 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own:
            self.own.cleanup()

    def start(self):
        self.taken = 0
        with open(self.folder + "/lines", "wb") as out, open(self.folder + "/errors", "wb") as errors:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        return self.expect("ready")

    def lines(self):
        with open(self.folder + "/lines", encoding="utf-8") as out:
            return [json.loads(line) for line in out if line.endswith("\n")]

    def errors(self):
        with open(self.folder + "/errors", encoding="utf-8") as out:
            return out.read()

    def expect(self, event, **wanted):
        """The next line of this kind with these values, behind those that were expected before."""
        until = time.monotonic() + DEADLINE
        while True:
            ended = self.process.poll() is not None
            for number, line in enumerate(self.lines()[self.taken:], self.taken + 1):
                if line["event"] == event and all(line.get(key) == value for key, value in wanted.items()):
                    self.taken = number
                    return line
            if ended or time.monotonic() > until:
                raise AssertionError(f"no {event} {wanted}: {self.lines()[self.taken:]} {self.errors()}")
            time.sleep(0.01)

    def order(self, **order):
        with open(self.folder + "/control", "w", encoding="utf-8") as control:
            control.write(json.dumps(order) + "\n")
        return self.expect("ordered" if "fault" in order else "cleared" if "clear" in order else "counts")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(DEADLINE)
        if os.path.ismount(self.bus):  # it was killed
            subprocess.run(["umount", "-l", self.bus], check=False)
        return self.process.returncode
