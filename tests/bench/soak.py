"""Hours of a bad link in one run, by hand: 100 children at a steady rate, the link cut every 20 s, the token renewed every
minute. At the end nothing is lost or reordered, the ledger adds up, and memory and descriptors are what they were.
Usage: VOUCHGATE_BINARY_DIR=build/release tests/bench/soak.py [--minutes 30] [--rate 500]"""

import argparse
import json
import os
import pathlib
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
os.environ.setdefault("VOUCHGATE_BINARY_DIR", str(HERE.parents[1] / "build" / "release"))
os.environ.setdefault("VOUCHGATE_TEST_DEADLINE", "180")
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "integration")]

from flow import Flow, judge  # noqa: E402
from harness import Rig, wait_for  # noqa: E402
from proxy import Proxy  # noqa: E402

FLAP_EVERY, RENEW_EVERY = 20, 60


def memory(pid):
    """Resident kilobytes and open descriptors."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def collect(rig, arrived):
    """The cloud's lines as they come, so that no queue of them grows for the whole time."""
    while True:
        line = rig.emulator.lines.get()
        if line is None:
            return
        event = json.loads(line)
        if event["event"] == "telemetry":
            arrived[event["device"]].append(event["payload"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=500)
    options = parser.parse_args()
    children = [f"child-{i:03}" for i in range(100)]
    with Rig(children, cloud={"limits": "{messages_per_second: 0}", "ack_timeout": "5s", "connect_timeout": "5s"}) as rig:
        rig.start_key()
        rig.start_cloud()
        proxy = Proxy(rig.port)
        rig.write_config(port=proxy.port)
        rig.start_daemon()
        arrived = {child: [] for child in children}
        threading.Thread(target=collect, args=(rig, arrived), daemon=True).start()
        flow = Flow(rig, children, options.rate)
        begin = time.monotonic()
        end = begin + options.minutes * 60
        # Between two flaps: a renewal is refused while there is no session.
        next_flap, next_renewal, flaps, samples = begin + FLAP_EVERY, begin + RENEW_EVERY + FLAP_EVERY / 2, 0, []
        while time.monotonic() < end:
            time.sleep(0.5)
            samples.append((time.monotonic() - begin, *memory(rig.daemon.process.pid)))
            if time.monotonic() >= next_flap:
                next_flap += FLAP_EVERY
                flaps += 1
                proxy.refuse() if flaps % 2 else proxy.fall_silent()
                time.sleep(3)
                proxy.listen_again() if flaps % 2 else proxy.speak()
            if time.monotonic() >= next_renewal:
                next_renewal += RENEW_EVERY
                rig.run("renew", check=False)
        flow.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty", 300)
        wait_for(lambda: all(set(map(str, flow.stored[c])) <= set(arrived[c]) for c in children), "the last lines", 60)
        status = judge(unittest.TestCase(), rig, flow, lambda device: arrived[device])
        stored = sum(len(numbers) for numbers in flow.stored.values())
        repeated = sum(len(lines) - len(set(lines)) for lines in arrived.values())
        tenth = len(samples) // 10
        early, late = samples[tenth:2 * tenth], samples[-tenth:]
        mean = [[sum(s[i] for s in part) / len(part) for i in (1, 2)] for part in (early, late)]
        print(json.dumps({
            "minutes": options.minutes, "rate": options.rate, "stored": stored, "lost": 0, "reordered": 0, "repeated": repeated,
            "refused": sum(len(r) for r in flow.refused.values()), "flaps": flaps, "connects": status["session"]["connects"],
            "swaps": status["session"]["swaps"], "ledger": status["spool"]["total"],
            "rss_kib_early": round(mean[0][0]), "rss_kib_late": round(mean[1][0]), "rss_ratio": round(mean[1][0] / mean[0][0], 3),
            "fds_early": round(mean[0][1], 1), "fds_late": round(mean[1][1], 1)}, indent=1))


if __name__ == "__main__":
    main()
