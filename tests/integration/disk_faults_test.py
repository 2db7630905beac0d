"""The spool's disk fills up, turns read-only or holds damage: children are told, nothing that was stored is lost, and
messages are taken again by themselves. Each test is a row of docs/faults.md. Never touches a file system but its own."""

import json
import os
import subprocess
import time
import unittest

from flow import Flow, judge, report, said
from harness import Rig, wait_for

CHILDREN = ["pump-1", "pump-2"]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def mounts_work():
    return os.geteuid() == 0 and run("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt").returncode == 0


def loops_work():
    return mounts_work() and os.path.exists("/dev/loop-control") and run("mkfs.ext4", "-V").returncode == 0


class DiskFaults(unittest.TestCase):
    def rig(self, mount=None, **spool):
        rig = Rig(CHILDREN, spool=spool)
        self.addCleanup(rig.close)
        rig.start_key()
        rig.start_cloud()
        rig.write_config()
        rig.spool_path = rig.path("state/spool")
        os.makedirs(rig.spool_path)
        if mount:
            self.mount(rig, *mount)
        return rig

    def mount(self, rig, *options):
        done = run("mount", *options, rig.spool_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(run, "umount", "-l", rig.spool_path)

    def start(self, rig):
        rig.start_daemon()
        flow = Flow(rig, CHILDREN)
        self.addCleanup(flow.close)
        flow.next_delivery()
        return flow

    def judge(self, rig, flow):
        flow.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        for device in CHILDREN:
            while not any(e["payload"] == str(flow.stored[device][-1]) for e in rig.telemetry(device)):
                rig.next_event(lambda e: e["event"] == "telemetry")
        return judge(self, rig, flow, lambda device: [e["payload"] for e in rig.telemetry(device)])

    def await_refusal(self, flow, code):
        """What a child is told."""
        def answers():
            return [answer for d in CHILDREN for answer in flow.refused[d].values() if answer["code"] == code]
        flow.await_answer(answers, f"a message is refused: {code}")
        return answers()[0]["message"]

    @staticmethod
    def seconds_to_stored(flow):
        begin, before = time.monotonic(), sum(map(len, flow.stored.values()))
        flow.await_answer(lambda: sum(map(len, flow.stored.values())) > before, "a message is stored")
        return time.monotonic() - begin

    @staticmethod
    def fill(rig, leave=0):
        """Another program's file takes all space but `leave` bytes."""
        with open(os.path.join(rig.spool_path, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(os.fstat(file.fileno()).st_size - leave)

    @unittest.skipUnless(mounts_work(), "needs root and mounts")
    def test_the_disk_is_full(self):
        rig = self.rig(("-t", "tmpfs", "-o", "size=4m", "none"), min_free="0B")
        flow = self.start(rig)
        self.fill(rig)
        told = self.await_refusal(flow, "full")
        line = said(rig, "spool: disk-full")
        wait_for(lambda: rig.status()["spool"]["state"] == "disk-full", "the status tells")
        os.unlink(os.path.join(rig.spool_path, "filler"))
        report(self, f"{line} / child: {told}", self.seconds_to_stored(flow))
        said(rig, "spool: takes messages again")
        self.judge(rig, flow)

    @unittest.skipUnless(mounts_work(), "needs root and mounts")
    def test_the_disk_has_less_than_min_free(self):
        rig = self.rig(("-t", "tmpfs", "-o", "size=16m", "none"), min_free="8MiB")
        flow = self.start(rig)
        rig.emulator.stop()  # otherwise what is delivered makes room again
        rig.drain_events()
        self.fill(rig, leave=6 * 1024 * 1024)
        told = self.await_refusal(flow, "full")
        line = said(rig, "spool: disk-full", "spool.min_free is 8388608")
        os.unlink(os.path.join(rig.spool_path, "filler"))
        report(self, f"{line} / child: {told}", self.seconds_to_stored(flow))
        said(rig, "spool: takes messages again")
        rig.start_cloud()
        self.judge(rig, flow)

    @unittest.skipUnless(loops_work(), "needs root, mounts, loop devices and mkfs.ext4")
    def test_the_file_system_turns_read_only(self):
        """What ext4 does after an error with errors=remount-ro. Its end: the same files on a disk that works."""
        rig = self.rig(min_free="1MiB")
        image = rig.path("disk.img")
        with open(image, "wb") as file:
            file.truncate(32 * 1024 * 1024)
        self.assertEqual(run("mkfs.ext4", "-q", "-F", image).returncode, 0)
        self.mount(rig, "-o", "loop", image)
        flow = self.start(rig)
        self.assertEqual(run("mount", "-o", "remount,abort", rig.spool_path).returncode, 0)
        told = self.await_refusal(flow, "denied")
        line = said(rig, "spool: read-only")
        copy = rig.path("mended")
        self.assertEqual(run("cp", "-a", rig.spool_path, copy).returncode, 0)
        self.mount(rig, "--bind", copy)
        report(self, f"{line} / child: {told}", self.seconds_to_stored(flow))
        said(rig, "spool: takes messages again")
        self.judge(rig, flow)

    def test_a_damaged_database_is_set_aside_at_start(self):
        rig = self.rig()
        flow = self.start(rig)
        rig.emulator.stop()
        rig.drain_events()
        self.seconds_to_stored(flow)
        flow.finish()
        rig.daemon.kill()
        files = [name for name in os.listdir(rig.spool_path) if ".db" in name]
        self.assertTrue(files, os.listdir(rig.spool_path))
        for name in files:  # the log too: SQLite would mend the database from it
            with open(os.path.join(rig.spool_path, name), "r+b") as file:
                file.write(b"\xa5" * 8192)
        begin = time.monotonic()
        rig.start_daemon()
        seconds = time.monotonic() - begin
        line = said(rig, "spool: damaged, set aside as")
        self.assertEqual(rig.daemon.log().count("set aside as"), 1, "said once")
        kept = [name for name in os.listdir(rig.spool_path) if ".damaged-" in name]
        self.assertTrue(kept, "the damaged file is kept")
        rig.start_cloud()
        after = Flow(rig, CHILDREN, start=1_000_000)
        self.addCleanup(after.close)
        after.next_delivery()
        report(self, line, seconds)
        after.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        status = rig.status()
        self.assertEqual(status["spool"]["total"]["stored"], status["spool"]["total"]["delivered"], json.dumps(status["spool"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
