"""Measures the whole way child -> stored -> cloud over TLS, Vouchgate beside mosquitto's bridge, and prints a table.
Compares, never judges by time; loss and reordering are counted, not guessed."""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time

from harness import binary
from rig import Bridge, Gateway, World, cpu_seconds, pss_kib, written_bytes

SIZE = 256


def peers(world, only_ours=False):
    yield Gateway(world)
    if not only_ours:
        yield Bridge(world, raised=True)
        yield Bridge(world, raised=False)


@contextlib.contextmanager
def world_of(children, rtt_ms):
    with World(children) as world:
        world.prepare(rtt_ms // 2)
        yield world


@contextlib.contextmanager
def running(peer):
    try:
        peer.start()
        yield
    finally:
        if isinstance(peer, Bridge):
            peer.close()
        else:
            peer.world.daemon.kill()


def verdict(count, fed, seen):
    refused = fed.get("refused", 0)
    return {"messages": count, "stored": fed["stored"], "refused": refused, "lost": seen["missing"] - refused,
            "doubled": seen["doubled"], "reordered": seen["reordered"], "foreign": seen["foreign"]}


def relay(peer, count, rate=0):
    """Feeds while the cloud is there; the figures of one pass."""
    world = peer.world
    with world.counter(count) as wait:
        before = cpu_seconds(peer.pid), written_bytes(peer.pid)
        fed = world.feed(peer.target, count, rate)
        memory = pss_kib(peer.pid)
        seen = wait()
        cpu, written = (after - old for after, old in zip((cpu_seconds(peer.pid), written_bytes(peer.pid)), before))
    seconds = max(seen["last_ns"] - min(seen["first_ns"], fed["start_ns"]), 1) / 1e9
    return {**verdict(count, fed, seen), "seconds": seconds, "per_second": seen["distinct"] / seconds,
            "cpu_s_per_100k": cpu / max(seen["distinct"], 1) * 1e5, "stored_p50_ms": fed["p50_ms"], "stored_p99_ms": fed["p99_ms"],
            "cloud_p50_ms": seen["p50_ms"], "cloud_p99_ms": seen["p99_ms"], "pss_mib": memory / 1024,
            "written_per_payload_byte": written / (count * SIZE)}


def flat_out(options, rtt):
    for peer_number in range(1 if options.ours else 3):
        with world_of(10, rtt) as world:
            peer = list(peers(world))[peer_number]
            with running(peer):
                relay(peer, 200)  # children attached, caches warm
                yield peer.name, relay(peer, options.messages)


def backlog(options, rtt):
    """Fed while the cloud cannot be reached, then drained. Vouchgate is started anew for it; the bridge keeps running (with the
    clean session that this cloud wants its queue is empty after a start) and reaches the cloud through a relay, always."""
    for peer_number in range(1 if options.ours else 3):
        with world_of(10, rtt) as world:
            peer = list(peers(world))[peer_number]
            try:
                peer.start(reachable=False)
                fed = world.feed(peer.target, options.backlog)
                with world.counter(options.backlog, idle_s=options.idle) as wait:
                    peer.become_reachable(rtt // 2)
                    before = cpu_seconds(peer.pid)
                    seen = wait()
                    cpu = cpu_seconds(peer.pid) - before
                seconds = max(seen["last_ns"] - seen["first_ns"], 1) / 1e9
                yield peer.name, {**verdict(options.backlog, fed, seen), "per_second": seen["distinct"] / seconds,
                                  "stored_per_second": fed["stored"] / fed["seconds"],
                                  "cpu_s_per_100k": cpu / max(seen["distinct"], 1) * 1e5}
            finally:
                if isinstance(peer, Bridge):
                    peer.close()


def steady(options):
    """100 children, 10 messages a second each."""
    for peer_number in range(1 if options.ours else 2):
        with world_of(100, 0) as world:
            peer = list(peers(world))[peer_number]
            with running(peer):
                relay(peer, 500, 1000)
                yield peer.name, relay(peer, 1000 * options.seconds, 1000)


def wear(options):
    with world_of(10, 0) as world:
        peer = Gateway(world)
        with running(peer):
            relay(peer, 200)
            for rate in options.rates:
                yield f"{rate} msg/s", relay(peer, rate * options.seconds, rate)
            time.sleep(10)  # what the pass before left to delete is no idling
            before = written_bytes(peer.pid), cpu_seconds(peer.pid)
            time.sleep(options.seconds)
            yield "idle", {"seconds": options.seconds, "bytes_per_second": (written_bytes(peer.pid) - before[0]) / options.seconds,
                           "cpu_ms_per_second": (cpu_seconds(peer.pid) - before[1]) * 1000 / options.seconds}


def starts(options):
    with world_of(10, 0) as world:
        times = []
        for _ in range(options.starts):
            peer = Gateway(world)
            with running(peer):
                times.append(peer.ready_ms)
    yield "vouchgate", {"starts": len(times), "ready_median_ms": statistics.median(times), "ready_worst_ms": max(times)}


def chip(options):
    done = subprocess.run([binary("chip_bench"), str(options.signatures)], check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        figures = json.loads(line)
        yield figures.pop("part"), figures


SECTIONS = {
    "flat-0": ("Flat out, no delay", lambda options: flat_out(options, 0)),
    "flat-50": ("Flat out, 50 ms round trip", lambda options: flat_out(options, 50)),
    "backlog-0": ("A backlog drains, no delay", lambda options: backlog(options, 0)),
    "backlog-50": ("A backlog drains, 50 ms round trip", lambda options: backlog(options, 50)),
    "steady": ("100 children x 10 msg/s, no delay", steady),
    "wear": ("Bytes to the device (write_bytes of /proc/PID/io; the file system's journal comes on top)", wear),
    "start": ("READY=1 after start", starts),
    "chip": ("A signature of the ATECC608 at 100 kHz against what bus and chip need, on the simulator's clock", chip),
}
COLUMNS = {"per_second": "msg/s", "cpu_s_per_100k": "cpu s/100k", "stored_p50_ms": "stored p50", "stored_p99_ms": "p99 ms",
           "cloud_p50_ms": "cloud p50", "cloud_p99_ms": "p99 ms", "pss_mib": "PSS MiB", "written_per_payload_byte": "disk x",
           "stored_per_second": "stored/s", "lost": "lost", "doubled": "doubled", "reordered": "reordered", "refused": "refused",
           "ready_median_ms": "ready ms", "ready_worst_ms": "worst ms", "bytes_per_second": "bytes/s", "cpu_ms_per_second": "cpu ms/s",
           "mean_ms": "mean ms", "median_ms": "median ms", "worst_ms": "worst ms", "ratio": "x the floor"}


def show(title, rows):
    wanted = [key for key in COLUMNS if any(key in figures for figures in rows.values())]
    table = [["", *(COLUMNS[key] for key in wanted)]]
    for name, figures in rows.items():
        cells = [figures.get(key) for key in wanted]
        table.append([name, *("-" if cell is None else f"{cell:,.0f}" if abs(cell) >= 100 or isinstance(cell, int)
                              else f"{cell:.2f}" for cell in cells)])
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    print(f"\n{title}")
    for row in table:
        print("  " + "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width)
                               for at, (cell, width) in enumerate(zip(row, widths))))
    ours, peer = rows.get("vouchgate"), rows.get("bridge, queue raised")
    if ours and peer and peer.get("per_second"):
        print(f"  against the bridge with its queue raised: {ours['per_second'] / peer['per_second']:.2f} x the rate, "
              f"{ours['cpu_s_per_100k'] / peer['cpu_s_per_100k']:.2f} x the processor time")


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description=__doc__)
    parser.add_argument("--json", default="build/bench.json", help="where the figures go (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="under a minute, for the hand: fewer messages, no delay, ours only")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="one section; may be given again")
    parser.add_argument("--ours", action="store_true", help="without the bridge")
    parser.add_argument("--messages", type=int, default=400000, help="flat out (default: %(default)s)")
    parser.add_argument("--backlog", type=int, default=1000000, help="messages (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="of each paced pass (default: %(default)s)")
    parser.add_argument("--starts", type=int, default=9, help="(default: %(default)s)")
    parser.add_argument("--signatures", type=int, default=2000, help="of each simulated chip (default: %(default)s)")
    options = parser.parse_args()
    options.rates, options.idle, names = [100, 2000, 10000], 20, list(SECTIONS)
    if options.quick:
        options.messages, options.backlog, options.seconds, options.starts, options.ours = 60000, 60000, 4, 3, True
        options.rates, names = [2000], ["flat-0", "backlog-0", "steady", "wear", "start", "chip"]
    options.names = options.only or names
    return options


def main():
    options = arguments()
    report = {"cpus": os.cpu_count(), "kernel": os.uname().release, "load_at_start": os.getloadavg()[0], "payload_bytes": SIZE,
              "sections": {}}
    for name in options.names:
        title, measure = SECTIONS[name]
        rows = report["sections"][name] = {}
        for peer, figures in measure(options):
            rows[peer] = figures
        show(title, rows)
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    print(f"\nfigures: {options.json}")
    lost = [f"{name}: {figures['lost']}" for name, rows in report["sections"].items() for peer, figures in rows.items()
            if not peer.startswith("bridge") and (figures.get("lost") or figures.get("reordered"))]
    if lost:
        sys.exit("acknowledged messages of Vouchgate are missing or out of order: " + ", ".join(lost))


if __name__ == "__main__":
    main()
