"""A reload of the real daemon keeps the session, and a socket that systemd holds outlives the daemon."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

from harness import DEADLINE, Child, Rig, binary, wait_for

# As systemd starts a service with a socket: the descriptor at 3, named, and the pid of the process that may use it.
LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="children")
os.execv(sys.argv[2], sys.argv[2:])
"""


def start(rig, listed):
    """The whole rig, with fewer devices in the configuration than the registry has."""
    rig.start_key()
    rig.start_cloud()
    rig.children = listed
    rig.write_config()
    rig.start_daemon()
    wait_for(lambda: rig.status()["session"]["state"] == "connected", "a session")


def reload(rig):
    """SIGHUP, as ExecReload= sends it; returns the status that ends it."""
    rig.notify.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            rig.notify.recv(4096)
    rig.notify.settimeout(DEADLINE)
    rig.daemon.process.send_signal(signal.SIGHUP)
    begun = rig.await_notify("RELOADING=1")
    assert "MONOTONIC_USEC=" in begun, begun
    return rig.await_notify("READY=1")


class Feeder:
    """One child that sends numbers until it is told to stop."""

    def __init__(self, rig, device):
        self.child, self.sent, self.stored = rig.child(), 0, 0
        self.child.hello(device)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._feed)
        self.thread.start()

    def _feed(self):
        while not self.ended.is_set():
            self.sent += 1
            self.child.send(op="event", id=str(self.sent), data=str(self.sent))
            self.child.expect("stored")
            self.stored += 1

    def stop(self):
        self.ended.set()
        self.thread.join(DEADLINE)
        return self.sent


class Reload(unittest.TestCase):
    def test_a_reload_under_load_keeps_the_session_and_brings_the_new_child(self):
        with Rig(["pump-1", "pump-2", "pump-9"]) as rig:
            start(rig, ["pump-1", "pump-2"])
            feeder = Feeder(rig, "pump-1")
            try:
                wait_for(lambda: feeder.stored > 50, "traffic")
                rig.children = ["pump-1", "pump-9"]
                rig.cloud = {"limits": "{messages_per_second: 50}"}
                rig.spool = {"max_bytes": "2GiB"}
                rig.write_config()
                said = reload(rig)
                self.assertIn("STATUS=connected to", said)
                self.assertNotIn("failed", said)
                added = rig.child()
                added.hello("pump-9", ack="delivered")
                added.send(op="event", id="a", data="from the new child")
                added.expect("delivered")
                more = feeder.stored + 50
                wait_for(lambda: feeder.stored > more, "traffic goes on")
            finally:
                total = feeder.stop()
            wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
            self.assertEqual(feeder.stored, total)
            status = rig.status()
            self.assertEqual(sorted(c["device"] for c in status["children"]), ["pump-1", "pump-9"])
            self.assertEqual(status["session"]["connects"], 1)

            def arrived():
                rig.drain_events()
                return len(rig.telemetry("pump-1")) >= total
            wait_for(arrived, "the cloud's own report of every message")
            self.assertEqual([e["payload"] for e in rig.telemetry("pump-1")], [str(n) for n in range(1, total + 1)])
            self.assertEqual(len([e for e in rig.events if e["event"] == "connect"]), 1, "no new CONNECT")
            log = rig.daemon.log()
            self.assertIn("added pump-9; removed pump-2", log)
            self.assertIn("configuration reloaded: cloud.limits.messages_per_second, devices", log)
            self.assertIn("waits for a restart: spool.max_bytes\n", log)
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    def test_a_broken_file_keeps_the_running_configuration_and_is_said_in_full(self):
        with Rig(["pump-1"]) as rig:
            start(rig, ["pump-1"])
            os.mkdir(rig.path("good"))
            shutil.copy(rig.config, rig.path("good"))
            with open(rig.config, "a", encoding="utf-8") as file:
                file.write("log: {level: loud}\ncontrl: {}\ntoken: {}\n")
            check = subprocess.run([binary("vouchgated"), "--config", rig.config, "--check-config"], capture_output=True,
                                   text=True, check=False)
            self.assertEqual(check.returncode, 1)
            said = reload(rig)
            self.assertIn("; last reload failed: " + rig.config, said)
            log = rig.daemon.log()
            mistakes = check.stderr.splitlines()[:-1]
            self.assertGreaterEqual(len([m for m in mistakes if m.startswith(rig.config)]), 1)
            for line in mistakes:
                self.assertIn(line, log, "in the words of --check-config")
            reload(rig)
            self.assertEqual(rig.daemon.log().count(mistakes[0] + "\n"), 2 * log.count(mistakes[0] + "\n"),
                             "said again at every reload")
            broken, rig.config = rig.config, rig.path("good/vouchgate.yaml")  # the command reads control.path in it
            self.assertIn(broken, rig.status()["reload_problem"])
            self.assertIn("last reload failed", rig.run("status").stdout)
            rig.config = broken
            child = rig.child()
            child.hello("pump-1", ack="delivered")
            child.send(op="event", id="a", data="still here")
            child.expect("delivered")
            rig.write_config()
            self.assertNotIn("failed", reload(rig))
            status = rig.status()
            self.assertEqual(status["reload_problem"], "")
            self.assertEqual(status["session"]["connects"], 1)

    def test_a_user_that_does_not_exist_is_a_failed_reload(self):
        with Rig(["pump-1"]) as rig:
            start(rig, ["pump-1"])
            with open(rig.config, encoding="utf-8") as file:
                text = file.read()
            with open(rig.config, "w", encoding="utf-8") as file:
                file.write(text.replace("{id: pump-1}", "{id: pump-1, users: [nobody-of-that-name]}"))
            self.assertIn("no local user is called 'nobody-of-that-name'", reload(rig))
            rig.child().hello("pump-1")


    def test_one_that_is_asked_for_while_the_daemon_starts_is_done_when_it_has_started(self):
        with Rig(["pump-1", "pump-2"]) as rig:
            rig.start_key()
            rig.start_cloud()
            rig.children = ["pump-1"]
            rig.write_config()
            first, later = rig.path("first.yaml"), rig.path("later.yaml")
            os.rename(rig.config, first)
            rig.children = ["pump-1", "pump-2"]
            rig.write_config()
            os.rename(rig.config, later)
            os.mkfifo(rig.config)
            rig.start_daemon(ready=False)
            with open(rig.config, "w", encoding="utf-8") as feed:  # opens when the daemon has begun to read
                rig.daemon.process.send_signal(signal.SIGHUP)
                os.rename(later, rig.config)
                with open(first, encoding="utf-8") as file:
                    feed.write(file.read())
            rig.await_notify("READY=1")
            rig.await_notify("RELOADING=1")
            rig.await_notify("READY=1")
            rig.child().hello("pump-2")
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())


    def test_a_manager_that_does_not_read_stalls_nothing_and_hears_of_the_end_later(self):
        with Rig(["pump-1", "pump-2"]) as rig:
            start(rig, ["pump-1"])
            rig.child().hello("pump-1")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full, contextlib.suppress(BlockingIOError):
                full.setblocking(False)
                while True:
                    full.sendto(b"STATUS=of another service", rig.path("notify.sock"))
            rig.children = ["pump-1", "pump-2"]
            rig.write_config()
            rig.daemon.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "configuration reloaded: devices" in rig.daemon.log(), "the reload")
            rig.child().hello("pump-2")
            rig.await_notify("READY=1")
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())


class SocketActivation(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(["pump-1"])
        self.addCleanup(self.rig.close)
        self.rig.start_key()
        self.rig.start_cloud()

    def listen(self, path):
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(listening.close)
        listening.bind(path)
        listening.listen(64)
        return listening

    def start_daemon(self, listening):
        fd = listening.fileno()
        self.rig.start_daemon(inside=[sys.executable, "-c", LAUNCHER, str(fd)], pass_fds=[fd])

    def test_a_child_that_connects_while_the_daemon_is_down_is_welcomed_after_its_start(self):
        rig = self.rig
        listening = self.listen(rig.path("children.sock"))
        rig.write_config()
        early = rig.child()
        early.send(op="hello", device="pump-1")
        self.start_daemon(listening)
        early.expect("welcome")
        early.send(op="event", id="1", data="one")
        early.expect("stored")
        self.assertEqual(rig.daemon.stop(), 0, rig.logs())
        self.assertTrue(os.path.exists(rig.path("children.sock")), "the daemon did not bind it")
        between = rig.child()
        between.send(op="hello", device="pump-1", ack="delivered")
        between.send(op="event", id="2", data="two")
        self.start_daemon(listening)
        between.expect("welcome")
        between.expect("delivered")
        self.assertNotIn("where systemd listens", rig.daemon.log())
        self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    def test_a_socket_elsewhere_than_configured_is_used_and_said(self):
        rig = self.rig
        listening = self.listen(rig.path("other.sock"))
        rig.write_config()
        self.start_daemon(listening)
        self.assertFalse(os.path.exists(rig.path("children.sock")))
        Child(rig.path("other.sock")).hello("pump-1")
        self.assertIn(f"children connect at {rig.path('other.sock')}, where systemd listens, not at "
                      f"{rig.path('children.sock')}", rig.daemon.log())

    def test_without_one_the_daemon_binds_and_removes_its_own(self):
        rig = self.rig
        rig.write_config()
        rig.start_daemon()
        rig.child().hello("pump-1")
        self.assertEqual(rig.daemon.stop(), 0, rig.logs())
        self.assertFalse(os.path.exists(rig.path("children.sock")))


if __name__ == "__main__":
    unittest.main()
