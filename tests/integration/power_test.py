"""kill -9 of the real daemon, again and again, at random moments and at each step of a message's walk. Whatever was said
to be stored reaches the cloud, in order for each child; the ledger adds up. Usage: power_test.py [--kills N] [--seed S]"""

import argparse
import json
import os
import random
import sys
import threading
import time
import unittest

from harness import Rig, wait_for

CHILDREN = ["pump-1", "pump-2", "pump-3"]
KILLS = int(os.environ.get("VOUCHGATE_KILLS", "200"))
SEED = int(os.environ.get("VOUCHGATE_SEED", "1"))
WINDOW = 64


class Feeder:
    """One child that sends numbers for as long as there is a daemon, and remembers which were said to be stored."""

    def __init__(self, rig, device):
        self.rig, self.device = rig, device
        self.next, self.stored, self.delivered = 1, set(), set()
        self.wrote = threading.Event()
        self.heard = {"stored": threading.Event(), "delivered": threading.Event()}
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            try:
                child = self.rig.child()
                child.socket.settimeout(5)
                child.hello(self.device, ack="both")
                reader = threading.Thread(target=self.read, args=(child,), daemon=True)
                reader.start()
                while reader.is_alive() and not self.stopping:
                    child.send(op="event", id=str(self.next), data=str(self.next))
                    self.next += 1
                    self.wrote.set()
                    time.sleep(0.004)
                child.close()
                reader.join()
            except (OSError, EOFError, AssertionError):
                time.sleep(0.01)

    def read(self, child):
        try:
            while True:
                answer = child.receive()
                if answer["op"] == "stored":
                    self.stored.add(int(answer["id"]))
                elif answer["op"] == "delivered":
                    self.delivered.add(int(answer["id"]))
                if answer["op"] in self.heard:
                    self.heard[answer["op"]].set()
        except (OSError, EOFError):
            pass

    def stop(self):
        self.stopping = True
        self.thread.join()


class Power(unittest.TestCase):
    def test_kills_lose_nothing(self):
        dice = random.Random(SEED)
        started = time.monotonic()
        with Rig(CHILDREN, cloud={"limits": "{messages_per_second: 0, window: %d}" % WINDOW}) as rig:
            rig.start_all()
            feeders = [Feeder(rig, name) for name in CHILDREN]
            moments = {}
            for _ in range(KILLS):
                moment = dice.choice(sorted(self.MOMENTS))
                moments[moment] = moments.get(moment, 0) + 1
                self.MOMENTS[moment](self, rig, dice, dice.choice(feeders))
                rig.daemon.kill()
                rig.notify.close()
                rig.start_daemon(ready=False)
            rig.await_notify("READY=1")
            for feeder in feeders:
                feeder.stop()
            stored = {f.device: f.stored for f in feeders}
            wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the queue is empty", 120)
            audit = json.loads(rig.run("--json", "spool", "audit").stdout)
            self.assertTrue(audit["adds_up"], audit)
            self.judge(rig, stored, started, moments)

    def judge(self, rig, stored, started, moments):
        arrived = self.arrived(rig, {device: max(numbers, default=0) for device, numbers in stored.items()})
        total = sum(len(numbers) for numbers in stored.values())
        repeated = 0
        for device, numbers in stored.items():
            lost = sorted(numbers - set(arrived[device]))
            self.assertEqual(lost, [], f"{device}: said to be stored and lost")
            first, seen = [], set()
            for number in arrived[device]:
                repeated += number in seen
                if number not in seen:
                    first.append(number)
                    seen.add(number)
            self.assertEqual(first, sorted(first), f"{device}: out of order")
        print(f"{KILLS} kills (seed {SEED}) in {time.monotonic() - started:.0f} s: {total} stored, 0 lost, 0 reordered, "
              f"{repeated} repeated ({repeated / KILLS:.1f} a kill, window {WINDOW}); {dict(sorted(moments.items()))}",
              file=sys.stderr)
        # Each kill may repeat the window, and what was acknowledged but not yet deleted: 0.3 s of 750 messages a second.
        self.assertLessEqual(repeated, KILLS * (WINDOW + 300))

    @staticmethod
    def arrived(rig, last):
        """The numbers that the cloud saw of each child, in order, until the last that was stored."""
        out = {device: [] for device in last}

        def note(event):
            if event["event"] == "telemetry":
                out[event["device"]].append(int(event["payload"]))
            return all(not wanted or wanted in out[device][-400:] for device, wanted in last.items())
        while rig.emulator.lines.qsize() > 0 or not all(
                not wanted or wanted in out[device] for device, wanted in last.items()):
            rig.next_event(lambda event: note(event) or rig.emulator.lines.qsize() == 0)
        return out

    # The moments of a kill. Each waits for what it is named after, with a deadline, or for a random while.
    def at_random(self, rig, dice, feeder):
        time.sleep(dice.choice([dice.uniform(0, 0.5), dice.uniform(0, 2.5)]))

    def right_after_a_line_was_written(self, rig, dice, feeder):
        feeder.wrote.clear()
        feeder.wrote.wait(2)

    def right_after_stored(self, rig, dice, feeder):
        feeder.heard["stored"].clear()
        feeder.heard["stored"].wait(3)

    def right_after_delivered(self, rig, dice, feeder):
        feeder.heard["delivered"].clear()
        feeder.heard["delivered"].wait(4)

    def when_the_cloud_has_it(self, rig, dice, feeder):
        before = rig.emulator.lines.qsize()
        end = time.monotonic() + 4
        while rig.emulator.lines.qsize() == before and time.monotonic() < end:
            time.sleep(0.001)

    def during_a_swap(self, rig, dice, feeder):
        feeder.heard["delivered"].clear()
        if feeder.heard["delivered"].wait(4):
            rig.run("renew", check=False)
            time.sleep(dice.uniform(0, 1.5))

    def during_the_start(self, rig, dice, feeder):
        time.sleep(dice.uniform(0, 0.08))

    def during_the_stop(self, rig, dice, feeder):
        rig.daemon.process.terminate()
        time.sleep(dice.uniform(0, 0.1))

    MOMENTS = {name: moment for name, moment in list(vars().items()) if name.startswith(
        ("at_", "right_", "when_", "during_"))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    options, rest = parser.parse_known_args()
    KILLS, SEED = options.kills, options.seed
    unittest.main(verbosity=2, argv=[sys.argv[0], *rest])
