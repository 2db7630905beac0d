"""The packages in a virtual machine with real systemd, /dev/tpmrm0 and journald: from apt install over an outage, an upgrade
and a power cut to apt purge. Never touches the machine that runs it, and needs no network but for Debian's packages.

    tests/system/system_test.py [--suite bookworm] [--debs build/deb]        files and logs stay in build/system/last/
"""

import argparse
import glob
import json
import os
import shutil
import signal
import sys
import time

from image import Failure, Root, raised, repository
from machine import COUNTING, Machine

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(TOP, "build/system")
PROGRAMS = {"mmdebstrap": "mmdebstrap", "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils", "swtpm": "swtpm",
            "fakeroot": "fakeroot", "mkfs.ext4": "e2fsprogs", "dpkg-scanpackages": "dpkg-dev"}
TOOLS = ["mosquitto-clients"]  # speaks for the cloud's operator
# Seconds, for a processor emulated in software on a machine that has other work.
STEP, SHUTDOWN = 600, 180
MORE_AFTER = 500  # messages told stored between the first and the power cut


def say(line):
    print(line, flush=True)


class Flow:
    def __init__(self, machine):
        self.machine = machine
        self.told = []  # lines about steps, as reported

    def boot(self, name, processor=None):
        with open(os.path.join(self.machine.share, "boot"), "w", encoding="utf-8") as file:
            file.write(name)
        self.machine.boot(processor)

    def figure(self, step):
        return next(line for line in self.told if line.startswith(f"ok {step} "))[len(f"ok {step} "):]

    def follow(self, until):
        """Passes the guest's lines on until one of them is `until`; every planned step before it must have been ok."""
        planned, done, last = None, [], time.monotonic()
        while True:
            alive = self.machine.running()
            for line in self.machine.lines():
                last = time.monotonic()
                word, _, rest = line.partition(" ")
                if word == "plan":
                    planned = rest.split()
                elif word == "ok":
                    done.append(rest.split()[0])
                    self.told.append(line)
                    say(f"ok      {rest}")
                elif word == "FAILED":
                    say(line)
                    raise Failure(f"step {rest.split()[0]} failed")
                elif line == until:
                    if (missing := (planned or ["every step"])[len(done):]) and until == "end":
                        raise Failure(f"not reported: {', '.join(missing)}")
                    return
            where = planned[len(done)] if planned and len(done) < len(planned) else "boots" if planned is None else "its end"
            if not alive:
                raise Failure(f"the machine ended before its time, at step {where}")
            if time.monotonic() - last > STEP:
                raise Failure(f"nothing was reported for {STEP} s, at step {where}")
            time.sleep(0.2)

    def stored(self):
        """What the children were told is stored, in their order."""
        with open(os.path.join(self.machine.share, "stored"), encoding="ascii") as file:
            return [int(line) for line in file.read().splitlines()]

    def cut_the_power(self):
        """In the midst of writing, once some hundred more were told stored."""
        self.follow("writing")
        enough, end = len(self.stored()) + MORE_AFTER, time.monotonic() + STEP
        while len(self.stored()) < enough:
            if not self.machine.running() or time.monotonic() > end:
                raise Failure("the writer stopped before the power was cut")
            time.sleep(0.02)
        self.machine.kill()
        say(f"ok      power_is_cut QEMU killed, {len(self.stored())} messages told stored by then")

    def verdict(self):
        """Both ends compared by somebody who never asks the daemon."""
        stored = self.stored()
        with open(os.path.join(self.machine.share, "cloud.jsonl"), encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        arrived = [int(e["payload"]) for e in events if e["event"] == "telemetry" and e["device"] == "pump-3"]
        once = list(dict.fromkeys(arrived))
        if lost := set(stored) - set(once):
            raise Failure(f"{len(lost)} messages were told stored and never reached the cloud, the first is {min(lost)}")
        if once != sorted(once):
            raise Failure("messages of one child reached the cloud out of order")
        if bad := [e for e in events if e["event"] in ("refused", "closed", "error") and e.get("device") != "stranger"]:
            raise Failure(f"the cloud complained: {json.dumps(bad[0])}")
        say(f"ok      nothing_stored_is_lost {len(stored)} told stored, {len(once)} in the cloud in order, "
            f"{len(arrived) - len(once)} of them repeated")


def one(pattern, directory):
    found = glob.glob(os.path.join(directory, pattern))
    if len(found) != 1:
        raise Failure(f"{directory}: {len(found)} files are called {pattern}, wanted one; packaging/build-deb.sh makes them")
    return found[0]


def prepare(suite, debs):
    missing = sorted({package for program, package in PROGRAMS.items()
                      if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None})
    if missing:
        raise Failure(f"this machine cannot run the system test: install {' '.join(missing)} (packaging/install-deps.sh all)")
    packages = [one("vouchgate_*.deb", debs), one("vouchgate-emulator_*.deb", debs)]
    begun = time.monotonic()
    os.makedirs(CACHE, exist_ok=True)
    root = Root(CACHE, suite)
    made = root.make()
    available = repository(CACHE, root, packages, TOOLS)
    last = os.path.join(CACHE, "last")
    shutil.rmtree(last, ignore_errors=True)
    machine = Machine(root, last)
    for source, name in zip(packages, ("vouchgate.deb", "vouchgate-emulator.deb")):
        shutil.copy(source, os.path.join(machine.share, name))
    shutil.move(raised(packages[0], last), os.path.join(machine.share, "raised.deb"))
    for source, name, leave in ((os.path.join(HERE, "guest"), "guest", ["__pycache__"]),
                                (available, "repository", ["partial", "lock"])):
        shutil.copytree(source, os.path.join(machine.share, name), ignore=shutil.ignore_patterns(*leave))
    say(f"ok      prepared Debian {suite}, {'made' if made else 'kept'} ({time.monotonic() - begun:.0f} s)")
    return machine


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--suite", default="bookworm", help="Debian's name for the release in the machine (%(default)s)")
    options.add_argument("--debs", default=os.path.join(TOP, "build/deb"), help="where the packages lie, built for that suite")
    options = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit("system: ended by a signal"))  # and the machine with it
    begun, machine, twin = time.monotonic(), None, None
    try:
        machine = prepare(options.suite, os.path.abspath(options.debs))
        flow = Flow(machine)
        flow.boot("first")
        flow.cut_the_power()
        twin = machine.twin("counted")
        counted = Flow(twin)
        counted.boot("counted", COUNTING)
        counted.follow("end")
        twin.await_end(SHUTDOWN)
        os.unlink(twin.disk)
        flow.boot("second")
        flow.follow("end")
        machine.await_end(SHUTDOWN)
        flow.verdict()
    except Failure as failure:
        for box in (machine, twin):
            if box is not None:
                say(box.tail())
        print(f"system: FAILED: {failure}", file=sys.stderr)
        return 1
    finally:  # also when it is interrupted
        for box in (machine, twin):
            if box is not None:
                box.kill()
    say(f"system: passed in {time.monotonic() - begun:.0f} s; {counted.figure('starts_in_time')}; {flow.figure('starts')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
