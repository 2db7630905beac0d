"""Clocks that are wrong at start and set right later, under the real daemon: libfaketime moves its wall clock only. The
cloud keeps the right time, so that it would refuse (and report) a token made from a wrong one."""

import ctypes
import glob
import os
import time
import unittest

from harness import Rig, wait_for


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise unittest.SkipTest("libfaketime is not installed")
    return found[0]


class WrongClock(unittest.TestCase):
    def start(self, rig, woken_at):
        """The daemon wakes at `woken_at`."""
        rig.start_tpm()
        rig.write_config()
        rig.run("key", "create")
        rig.write_registry(rig.run("key", "export", "--format", "pem").stdout)
        rig.start_cloud()
        rig.write_config()
        self.set_clock(rig, f"@{woken_at}")
        # libfaketime now and then hangs in its own start, before main() says a word: then it is started again.
        for _ in range(5):
            rig.start_daemon(ready=False, env={"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": rig.path("faketime"),
                                               "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
            end = time.monotonic() + 15
            while time.monotonic() < end and not rig.daemon.log():
                time.sleep(0.05)
            if rig.daemon.log():
                return rig.await_notify("READY=1")
            rig.daemon.kill()
        raise AssertionError("libfaketime hangs in its own start")

    @staticmethod
    def set_clock(rig, text):
        with open(rig.path("faketime.new"), "w", encoding="ascii") as file:
            file.write(text + "\n")
        os.rename(rig.path("faketime.new"), rig.path("faketime"))

    def wakes_at(self, woken_at, sentence):
        with Rig(["pump-1"], skew=60) as rig:
            self.start(rig, woken_at)
            child = rig.child()
            child.hello("pump-1", ack="both")
            child.send(op="event", id="1", data="1")
            child.expect("stored")
            wait_for(lambda: sentence in rig.daemon.log(), sentence)
            self.set_clock(rig, "+0")
            self.assertEqual(child.expect("delivered")["id"], "1")
            rig.next_event(lambda e: e["event"] == "telemetry")
            connects = [e for e in rig.events if e["event"] in ("connect", "refused")]
            self.assertEqual([e for e in connects if e["event"] == "refused"], [], "a token from a wrong clock was sent")
            return rig.daemon.log()

    def test_1970(self):
        log = self.wakes_at("1970-01-01 00:03:12", "before this build; no token is signed until time is known")
        self.assertIn("continuing", log)

    # Where the kernel vouches for its time, nothing but the server's certificate contradicts the year 2040: then the
    # handshake fails, and no token is sent either.
    def test_2040(self):
        self.wakes_at("2040-06-01 00:00:00", "2040" if not self.synchronised() else "certificate")

    def test_a_step_while_connected_brings_a_new_token(self):
        with Rig(["pump-1"], skew=600) as rig:
            self.start(rig, "2026-01-02 00:00:00")
            self.set_clock(rig, "+0")
            wait_for(lambda: rig.status()["session"]["state"] == "connected", "a session")
            connects = rig.status()["session"]["connects"]
            self.set_clock(rig, "+120")
            wait_for(lambda: "clock: set by" in rig.daemon.log(), "the step")
            wait_for(lambda: rig.status()["session"]["connects"] > connects, "a new token")
            self.assertEqual(rig.status()["session"]["state"], "connected")

    @staticmethod
    def synchronised():
        state = (ctypes.c_byte * 512)()
        return ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state)) not in (5, -1)  # 5: TIME_ERROR


if __name__ == "__main__":
    unittest.main(verbosity=2)
