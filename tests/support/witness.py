"""Both ends of the relay: what the children were told and what the cloud saw, and whether the two agree. Never asks the
daemon whether it did well."""

import json
import socket
import threading
import time


class Witness:
    """Messages are numbers that rise per child; the payload is the number. Threads feed it; every method is safe."""

    def __init__(self, devices):
        self.changed = threading.Condition()
        self.sent = dict.fromkeys(devices, 0)
        self.stored = {device: set() for device in devices}  # as the children were told
        self.delivered = {device: {} for device in devices}  # number -> when they were told (monotonic seconds), in which life
        self.refused = []
        self.seen = {device: set() for device in devices}  # by the cloud
        self.highest = dict.fromkeys(devices, 0)
        self.mistakes = []
        self.told_stored = self.told_delivered = self.arrived = 0
        self.kills = []  # monotonic seconds; the daemon's lives are numbered from 0
        self.repeats = [0]  # by life of the daemon

    def next(self, device):
        with self.changed:
            self.sent[device] += 1
            return self.sent[device]

    def killed(self, when):
        """All that the daemon said before is read: what comes from here on is another life's."""
        with self.changed:
            self.kills.append(when)
            self.repeats.append(0)

    def told(self, answer):
        """A line of the daemon to a child; the id is device/number."""
        device, _, number = answer.get("id", "").partition("/")
        with self.changed:
            if answer["op"] == "stored":
                self.stored[device].add(int(number))
                self.told_stored += 1
            elif answer["op"] == "delivered":
                self.delivered[device][int(number)] = (time.monotonic(), len(self.kills))
                self.told_delivered += 1
            elif answer["op"] == "error":
                self.refused.append(answer)
            self.changed.notify_all()

    def cloud_saw(self, device, number):
        with self.changed:
            self.arrived += 1
            if number in self.seen[device]:
                self.repeats[-1] += 1
                self._judge_repeat(device, number)
            elif not self.highest[device] < number <= self.sent[device]:
                self.mistakes.append(f"{device}: {number} arrived after {self.highest[device]}, {self.sent[device]} were sent")
            else:
                self.highest[device] = number
            self.seen[device].add(number)
            self.changed.notify_all()

    def _judge_repeat(self, device, number):
        """Told long before the kill that ended that life, it was deleted on the disk, or should have been. Two seconds
        are a slow machine's measure for the tenth of a second that a deletion may wait for company."""
        told, life = self.delivered[device].get(number, (None, 0))
        if told is not None and life < len(self.kills) and told < self.kills[life] - 2:
            self.mistakes.append(f"{device}: {number} came again, {self.kills[life] - told:.1f} s before the kill it was delivered")

    def read_cloud(self, lines):
        """In a thread: lines of the emulator, until None."""
        for line in iter(lines.get, None):
            event = json.loads(line)
            if event["event"] == "telemetry":
                self.cloud_saw(event["device"], int(event["payload"]))

    def wait(self, condition, deadline):
        with self.changed:
            return self.changed.wait_for(condition, deadline)

    def lost(self):
        with self.changed:
            return [f"{device}/{number}" for device in self.sent for number in sorted(self.stored[device] - self.seen[device])]

    def settle(self, deadline):
        """The cloud's last lines may still be on their way; what is not there by then is lost."""
        end = time.monotonic() + deadline
        while self.lost() and time.monotonic() < end:
            self.wait(lambda: False, 0.1)

    def verdict(self, status):
        """Mistakes as sentences, once the spool is empty; `status` is the daemon's."""
        mistakes = list(self.mistakes)
        mistakes += [f"{name} was stored and never reached the cloud" for name in self.lost()[:5]]
        for child in status["children"]:
            ledger, device = child["ledger"], child["device"]
            accounted = sum(count for what, count in ledger.items() if what != "stored")
            if ledger["stored"] != accounted or ledger["stored"] != ledger["delivered"]:
                mistakes.append(f"{device}: the ledger does not add up: {ledger}")
            if not len(self.stored[device]) <= ledger["stored"] <= self.sent[device]:
                mistakes.append(f"{device}: {ledger['stored']} in the ledger, told stored {len(self.stored[device])}, sent {self.sent[device]}")
        return mistakes


class Talker:
    """One connection that speaks for all devices and tells the witness what it hears. Ends when the daemon does."""

    def __init__(self, path, witness, deadline=60):
        self.witness = witness
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(deadline)
        self.socket.connect(path)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.alive = self._write([{"op": "hello", "device": device, "ack": "both"} for device in witness.sent])

    def _write(self, lines):
        try:
            self.socket.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            return True
        except OSError:
            return False

    def send(self, devices):
        """One message for each of these devices. False: the daemon is gone."""
        lines = []
        for device in devices:
            number = str(self.witness.next(device))
            lines.append({"op": "event", "device": device, "id": f"{device}/{number}", "data": number})
        self.alive = self.alive and self._write(lines)
        return self.alive

    def _read(self):
        buffer = b""
        try:
            while data := self.socket.recv(65536):
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.witness.told(json.loads(line))
        except OSError:
            pass

    def close(self):
        """After the daemon's end: first all that it said is read."""
        self.reader.join(20)
        self.socket.close()
