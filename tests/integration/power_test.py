"""kill -9 of the real daemon at every step of a message's walk: nothing that was said to be stored is lost, nothing
changes places, the ledger adds up. Never uses a hook in the product. By hand: power_test.py [--kills N] [--seed S]"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

from harness import DEADLINE, Rig, binary, wait_for
from proxy import Proxy
from witness import Talker, Witness

KILLS = int(os.environ.get("VOUCHGATE_KILLS", "200"))
SEED = int(os.environ.get("VOUCHGATE_SEED", "1"))
DEVICES = ["pump-1", "pump-2", "pump-3", "pump-4"]
WINDOW = 16
RATE = 400  # messages a second
CHECK_EVERY = 40


class Power:
    """One box, its cloud, its children, and somebody at the plug."""

    def __init__(self, rig, seed):
        self.rig, self.random = rig, random.Random(seed)
        self.witness = Witness(DEVICES)
        self.talker = self.proxy = None
        self.kills = dict.fromkeys(self.moments(), 0)

    @staticmethod
    def moments():
        return ["line", "stored", "cloud", "delivered", "any", "swap", "start", "stop"]

    def open(self):
        self.rig.start_key()
        self.rig.start_cloud()
        self.proxy = Proxy(self.rig.port)
        self.rig.write_config(port=self.proxy.port)
        threading.Thread(target=self.witness.read_cloud, args=(self.rig.emulator.lines,), daemon=True).start()

    def start(self):
        self.rig.start_daemon()
        self.talker = Talker(self.rig.path("children.sock"), self.witness)

    def burst(self):
        self.talker.send(self.random.choices(DEVICES, k=self.random.randint(1, 6)))

    def feed(self, until, deadline=DEADLINE):
        """Traffic until something has happened or the time is over; says which."""
        end = time.monotonic() + deadline
        while not until() and time.monotonic() < end:
            self.burst()
            self.witness.wait(until, 0.01)
        return until()

    def feed_past(self, counter):
        """Traffic until one more of the witness's counts is there, and then some, at random."""
        wanted = getattr(self.witness, counter) + self.random.choice([1, 1, 2, 5, 20])
        if not self.feed(lambda: getattr(self.witness, counter) >= wanted):
            raise AssertionError(f"no {counter} within {DEADLINE} s\n{self.rig.logs()}")

    def session(self):
        self.feed_past("arrived")

    def unplug(self):
        """The network goes first: what is published now is lost with the daemon, not saved by the kernel's buffers."""
        self.proxy.fall_silent()
        self.feed(lambda: False, self.random.uniform(0, 0.4))

    def kill(self):
        when = time.monotonic()
        self.rig.daemon.kill()
        if self.talker:
            self.talker.close()
            self.talker = None
        self.witness.killed(when)
        self.rig.notify.close()
        self.proxy.speak()

    def at_line(self):
        for _ in range(self.random.randint(1, 5)):
            self.burst()

    def at_stored(self):
        self.feed_past("told_stored")

    def at_cloud(self):
        self.feed_past("arrived")

    def at_delivered(self):
        self.feed_past("told_delivered")

    def at_any(self):
        self.feed(lambda: False, self.random.uniform(0, 0.8))

    def at_swap(self):
        self.session()
        renew = subprocess.Popen([binary("vouchgate"), "--config", self.rig.config, "renew"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.feed(lambda: False, self.random.uniform(0, 0.5))
        renew.kill()
        renew.wait()

    def at_stop(self):
        self.feed(lambda: False, self.random.uniform(0, 0.6))
        self.rig.daemon.process.send_signal(signal.SIGTERM)
        time.sleep(self.random.uniform(0, 0.3))

    def one(self, moment):
        if moment == "start":
            self.rig.start_daemon(ready=False)
            time.sleep(self.random.uniform(0, 0.3))
        else:
            self.start()
            getattr(self, f"at_{moment}")()
            if self.random.random() < 0.3:
                self.unplug()
        self.kill()
        self.kills[moment] += 1

    def check(self):
        """All that was stored goes to the cloud; then both ends agree."""
        self.start()
        wait_for(lambda: self.rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        self.witness.settle(DEADLINE)
        mistakes = self.witness.verdict(self.rig.status())
        audit = json.loads(self.rig.run("--json", "spool", "audit").stdout)
        if not audit["adds_up"]:
            mistakes.append(f"the audit does not add up: {audit}")
        self.kill()
        return mistakes

    def run(self, kills):
        begin = time.monotonic()
        self.open()
        mistakes = []
        for number in range(1, kills + 1):
            self.one(self.random.choice(self.moments()) if number > len(self.kills) else self.moments()[number - 1])
            if number % CHECK_EVERY == 0 or number == kills:
                mistakes = self.check()
            if mistakes:
                raise AssertionError(f"after {number} kills:\n" + "\n".join(mistakes[:10]) + "\n" + self.rig.logs())
        w = self.witness
        moments = ", ".join(f"{moment} {count}" for moment, count in self.kills.items())
        print(f"{kills} kills in {time.monotonic() - begin:.0f} s ({moments}): sent {sum(w.sent.values())}, told stored {w.told_stored}, "
              f"lost {len(w.lost())}, reordered 0, repeated {sum(w.repeats)} (at most {max(w.repeats)} after a kill, window {WINDOW})", flush=True)


def power(kills, seed):
    with Rig(DEVICES, cloud={"limits": f"{{messages_per_second: {RATE}, bytes_per_second: 0B, window: {WINDOW}}}"}) as rig:
        box = Power(rig, seed)
        box.run(kills)
        return box


class PowerTest(unittest.TestCase):
    def test_nothing_stored_is_lost_whenever_the_daemon_is_killed(self):
        box = power(KILLS, SEED)
        # Published but not forgotten: the window, and what had its PUBACK within cloud.attach.settle (200 ms) and the
        # tenth of a second after which a deletion is committed; two seconds more for a slow machine.
        self.assertLessEqual(max(box.witness.repeats), WINDOW + RATE * 2.3)
        self.assertGreater(box.witness.told_stored, KILLS)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        options = argparse.ArgumentParser(description=__doc__)
        options.add_argument("--kills", type=int, default=KILLS)
        options.add_argument("--seed", type=int, default=SEED)
        arguments = options.parse_args()
        power(arguments.kills, arguments.seed)
    else:
        unittest.main(verbosity=2)
