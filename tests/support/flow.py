"""Children that send numbered messages and remember every answer, and the judgement after a fault: nothing stored is
lost, order per child holds, the ledger adds up. Never sends a message twice."""

import itertools
import threading
import time

from harness import DEADLINE, Child, wait_for

ACCOUNTS = ("delivered", "pending", "expired", "dropped", "discarded", "quarantined")


class Flow:
    """One connection that speaks for `devices` in turn, `rate` messages a second in all."""

    def __init__(self, rig, devices, rate=50, op="event", start=1):
        self.devices, self.rate, self.op = devices, rate, op
        self.sent = {device: {} for device in devices}  # number: time, monotonic seconds
        self.stored = {device: [] for device in devices}  # numbers
        self.delivered = {device: {} for device in devices}  # number: time
        self.refused = {device: {} for device in devices}  # number: the answer
        self.news, self.stopping, self.failure = threading.Condition(), threading.Event(), None
        self.child = Child(rig.path("children.sock"))
        for device in devices:
            self.child.hello(device, ack="both")
        self.child.socket.settimeout(None)
        self.threads = [threading.Thread(target=work, args=given, daemon=True)
                        for work, given in ((self._feed, (start,)), (self._drink, ()))]
        for thread in self.threads:
            thread.start()

    def _feed(self, start):
        due = time.monotonic()
        for number in itertools.count(start):
            for device in self.devices:
                if self.stopping.is_set():
                    return
                self.sent[device][number] = time.monotonic()
                try:
                    self.child.send(op=self.op, device=device, id=f"{device} {number}", data=str(number))
                except OSError as error:
                    self.failure = error
                    return
                due += 1 / self.rate
                self.stopping.wait(max(0.0, due - time.monotonic()))

    def _drink(self):
        try:
            while True:
                self._take(self.child.receive())
        except (OSError, EOFError) as error:
            if not self.stopping.is_set():
                self.failure = error

    def _take(self, answer):
        if answer["op"] not in ("stored", "delivered", "error"):
            return
        device, number = answer["id"].split()
        with self.news:
            if answer["op"] == "stored":
                self.stored[device].append(int(number))
            elif answer["op"] == "delivered":
                self.delivered[device][int(number)] = time.monotonic()
            else:
                self.refused[device][int(number)] = answer
            self.news.notify_all()

    def await_answer(self, condition, what, deadline=DEADLINE):
        with self.news:
            if not self.news.wait_for(lambda: self.failure or condition(), deadline) or self.failure:
                raise AssertionError(f"{what}: not within {deadline} s, {self.failure}")

    def next_delivery(self, device=None):
        """The seconds from now to the next delivery, of this device or any."""
        devices = [device] if device else self.devices
        begin = time.monotonic()
        before = sum(len(self.delivered[name]) for name in devices)
        self.await_answer(lambda: sum(len(self.delivered[name]) for name in devices) > before, "a delivery")
        return time.monotonic() - begin

    def slowest(self, device, since):
        """The longest time from sending to delivery of what was sent from `since` to now, all of it."""
        sent = self.sent[device]
        now = time.monotonic()
        wanted = [number for number, when in list(sent.items()) if since <= when <= now]
        self.await_answer(lambda: all(number in self.delivered[device] for number in wanted), "all of it delivered")
        return max((self.delivered[device][number] - sent[number] for number in wanted), default=0.0)

    def finish(self):
        """Stops sending and returns when every message has had its first answer."""
        self.stopping.set()
        self.threads[0].join(DEADLINE)
        self.await_answer(lambda: all(len(self.sent[name]) == len(self.stored[name]) + len(self.refused[name])
                                      for name in self.devices), "every message answered")

    def close(self):
        self.stopping.set()
        self.child.close()


def judge(test, rig, flow, arrived, open_books=False):
    """After flow.finish(). `arrived`: device -> payloads as the cloud took them. `open_books`: some may be pending."""
    if not open_books:
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
    status = rig.status()
    for ledger in [status["spool"]["total"], *(child["ledger"] for child in status["children"])]:
        test.assertEqual(ledger["stored"], sum(ledger.get(name, 0) for name in ACCOUNTS), ledger)
    test.assertIsNone(rig.daemon.process.poll(), "the daemon was never restarted")
    for device in flow.devices:
        first = list(dict.fromkeys(int(payload) for payload in arrived(device)))
        test.assertEqual(set(flow.stored[device]) - set(first), set(), f"{device}: lost")
        test.assertEqual(first, sorted(first), f"{device}: reordered")
        test.assertTrue(first, f"{device}: nothing arrived")
    return status


def said(rig, *parts, after=0):
    """The first line of the daemon's log with all these parts, once it is there; `after` so many characters of it."""
    def find():
        return next((line for line in rig.daemon.log()[after:].splitlines() if all(part in line for part in parts)), None)
    return wait_for(find, f"the daemon says {parts}\n{rig.daemon.log()[-3000:]}")


def state_is(rig, wanted):
    return rig.status()["session"]["state"] == wanted


def report(test, line, seconds):
    """What the table in docs/faults.md is made of."""
    print(f"{test.id().rsplit('.', 1)[-1]}: {line} | recovered after {seconds:.1f} s", flush=True)
