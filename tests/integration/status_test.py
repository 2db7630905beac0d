"""vouchgate status on the real daemon: the screen, the live view on a terminal, the documented JSON, a daemon that is gone;
and a good day's log, in which nobody has to do anything."""

import os
import re
import signal
import subprocess
import unittest

from harness import DEADLINE, Rig, binary, wait_for
from reload_test import reload
from terminal import Terminal, last_frame

SOURCE = os.environ["VOUCHGATE_SOURCE_DIR"]
CHILDREN = [f"pump-{number}" for number in range(1, 9)]


def paths(value, prefix=""):
    """The keys of a JSON value as docs/status.md writes them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for inner in value or [None]:
            yield from paths(inner, f"{prefix}[]") if isinstance(inner, (dict, list)) else [f"{prefix}[]"]
    else:
        yield prefix


def documented():
    """{key: type} of the tables in docs/status.md."""
    with open(os.path.join(SOURCE, "docs/status.md"), encoding="utf-8") as file:
        text = file.read()
    json_part = text[text.index("## `--json`"):text.index("# `vouchgate spool --json`")]
    out = {}
    for keys, kinds in re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", json_part, re.M):
        names = re.findall(r"`([^`]+)`", keys)
        words = [kind.strip() for kind in kinds.split(",")]
        out.update({name: words[min(index, len(words) - 1)] for index, name in enumerate(names)})
    return out


LEDGER = ["stored", "delivered", "pending", "expired", "dropped", "discarded", "quarantined"]
COUNTS = ["in", "out", "refused", "bytes"]


def expected(keys):
    """Every path that the documentation promises."""
    child = {name: kind for name, kind in keys.items() if name in ("device", "state", "reason", "next_try_ms", "connections",
                                                                    "ledger")}
    for name, kind in keys.items():
        if name in child or kind == "object":
            continue
        yield from [f"{name}.{key}" for key in {"ledger": LEDGER, "counts": COUNTS}.get(kind, [])] or [name]
    for name, kind in child.items():
        yield from [f"children[].{name}.{key}" for key in LEDGER] if kind == "ledger" else [f"children[].{name}"]


class Status(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(CHILDREN, token={"lifetime": "60m", "renew_before": "10m"})
        self.addCleanup(self.rig.close)

    def start(self, unbound=()):
        for child in unbound:
            self.rig.bound.remove(child)
        self.rig.start_all()
        settled = ("subscribed", "held-off")
        wait_for(lambda: all(child["state"] in settled for child in self.rig.status()["children"]), "every child settled")

    def feed(self, messages=20):
        child = self.rig.child()
        self.addCleanup(child.close)
        for device in CHILDREN[:3]:
            child.hello(device, ack="both")
            for number in range(messages):
                child.send(op="event", device=device, id=str(number), data="21.5")
            for _ in range(messages):
                child.expect("delivered")

    def terminal(self, *options, **more):
        terminal = Terminal([binary("vouchgate"), "--config", self.rig.config, *options], **more)
        self.addCleanup(terminal.close)
        return terminal

    def swap(self):
        before = self.rig.status()["session"]["swaps"]
        wait_for(lambda: self.rig.run("renew", check=False).returncode == 0, "a planned swap begins")
        wait_for(lambda: self.rig.status()["session"]["swaps"] > before, "the swap is done")

    def test_the_screen_and_the_json_say_the_same(self):
        self.start(unbound=["pump-7"])
        self.feed()
        self.swap()
        self.feed()
        status = self.rig.status()
        self.assertEqual((status["healthy"], status["complaints"]), (False, ["1 child held off"]))
        self.assertEqual(status["session"]["tls"], "TLSv1.3")
        self.assertGreater(status["session"]["round_trip_us"], 0)
        wait_for(lambda: self.rig.status()["traffic"]["since_start"]["out"] == 120, "all is counted")
        self.assertGreater(self.rig.status()["spool"]["autonomy_ms"], 0)
        self.assertEqual([fault["name"] for fault in self.rig.status()["faults"] if fault["name"] != "cloud_error"],
                         ["child_held_off"])
        lines = self.rig.run("status").stdout.splitlines()
        self.assertLessEqual(len(lines), 23, lines)
        self.assertLessEqual(max(map(len, lines)), 80, lines)
        text = "\n".join(lines)
        self.assertNotIn("\x1b", text)
        self.assertRegex(text, r"^vouchgate \S+ on gw-1 · up .* · 1 child held off\n")
        self.assertRegex(text, r"(?m)^session +connected .* · localhost:\d+ · TLS 1\.3 · RTT [\d.]+ ms \(PUBACK\)")
        self.assertRegex(text, r"(?m)^token +ES256 by tpm 0x81000100 · valid \d+ min · next swap in \d+ min")
        self.assertIn("last swap paused", text)
        self.assertRegex(text, r"(?m)^children +7 attached · 1 held off · 5 silent\n +held off +pump-7, .*\(next try")
        self.assertRegex(text, r"(?m)^since start 120 in · 120 out · 0 refused")
        self.assertRegex(text, r"(?m)^last faults \d\d:\d\d:\d\d ")
        self.assertRegex(text, r"\d\d:\d\d:\d\d child_held_off")

    def test_the_documentation_and_the_json_agree(self):
        self.start(unbound=["pump-7"])
        self.feed()
        self.swap()
        found = {re.sub(r"^complaints\[\]$", "complaints[]", path) for path in paths(self.rig.status())}
        keys = documented()
        self.assertEqual(found, set(expected(keys)))

    def test_live_on_a_terminal_and_gone_without_a_trace(self):
        self.start()
        for how, ending in (("q", lambda terminal: terminal.type(b"q")), ("^C", lambda terminal: terminal.type(b"\x03")),
                            ("SIGTERM", lambda terminal: terminal.process.send_signal(signal.SIGTERM))):
            with self.subTest(how):
                terminal = self.terminal("status", "--watch")
                wait_for(lambda: terminal.text().count("\x1b[H") >= 3, "three pictures")
                text = terminal.text()
                self.assertTrue(text.startswith("\x1b[?1049h\x1b[?25l\x1b[H"), repr(text[:40]))
                self.assertNotIn("\x1b[2J", text, "an erased screen flickers")
                self.assertFalse(terminal.settings_are_back())
                terminal.resize(10, 60)
                wait_for(lambda: len(last_frame(terminal.text())) == 10, "the smaller picture")
                self.assertLessEqual(max(map(len, last_frame(terminal.text()))), 60)
                ending(terminal)
                self.assertEqual(terminal.wait(DEADLINE), 0)
                self.assertTrue(terminal.text().endswith("\x1b[?25h\x1b[?1049l"), repr(terminal.text()[-40:]))
                self.assertTrue(terminal.settings_are_back())

    def test_the_live_view_outlives_the_daemon(self):
        self.start()
        terminal = self.terminal("status", "--watch")
        wait_for(lambda: "healthy" in " ".join(last_frame(terminal.text())), "a picture")
        self.rig.daemon.stop()
        wait_for(lambda: "the daemon is not running" in " ".join(last_frame(terminal.text())), "it is said")
        self.rig.start_daemon()
        wait_for(lambda: "healthy" in " ".join(last_frame(terminal.text())), "the picture is back")
        terminal.type(b"q")
        self.assertEqual(terminal.wait(DEADLINE), 0)

    def test_colours_are_for_terminals_that_want_them(self):
        self.start()
        for env, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)):
            terminal = self.terminal("status", env={"NO_COLOR": None, **env})
            self.assertEqual(terminal.wait(DEADLINE), 0)
            self.assertEqual("\x1b[32mhealthy\x1b[0m" in terminal.text(), wanted, env)
            self.assertEqual("\x1b" in terminal.text(), wanted, env)

    def test_blocks_without_escapes_where_there_is_no_terminal(self):
        self.start()
        for options, count, mark in (([], 2, "last faults"), (["--json"], 2, '"faults":')):
            process = subprocess.Popen([binary("vouchgate"), "--config", self.rig.config, "status", "--watch", *options],
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            with process.stdout:
                text = ""
                while text.count(mark) < count:
                    text += process.stdout.readline()
            # Nobody reads any more: it ends by itself.
            self.assertIsNotNone(process.wait(DEADLINE))
            self.assertNotIn("\x1b", text)

    def test_a_daemon_that_is_gone_is_said_with_what_its_unit_was(self):
        self.rig.write_config()
        tools = self.rig.path("tools")
        os.makedirs(tools)
        with open(os.path.join(tools, "systemctl"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nprintf 'LoadState=loaded\\nActiveState=failed\\nSubState=failed\\nResult=exit-code\\n"
                       "ExecMainStatus=1\\nNRestarts=5\\nStatusText=waiting until the time is known\\n'\n")
        os.chmod(os.path.join(tools, "systemctl"), 0o755)
        done = subprocess.run([binary("vouchgate"), "--config", self.rig.config, "status"], capture_output=True, text=True,
                              env={**os.environ, "PATH": tools + ":" + os.environ["PATH"]}, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("the daemon is not running; vouchgated.service: failed (exit-code, status 1), restarted 5 times; it "
                      "last said: waiting until the time is known\n  hint: 'journalctl -x -u vouchgated' tells why", done.stderr)

    def test_a_good_day_logs_nothing_that_anybody_must_act_upon(self):
        self.start()
        self.feed()
        self.swap()
        self.swap()
        reload(self.rig)
        self.feed()
        self.assertEqual((self.rig.status()["healthy"], self.rig.status()["faults"]), (True, []))
        self.assertEqual(self.rig.daemon.stop(), 0)
        lines = self.rig.daemon.log().splitlines()
        self.assertGreaterEqual(len(lines), 7, lines)
        self.assertEqual([line for line in lines if not re.match(r"(notice|info): ", line)], [])
        # Each line is an event of the table; journald gets its MESSAGE_ID and fields (unit/service/journal_test.cpp).
        with open(os.path.join(SOURCE, "include/vouchgate/base/event_table.inc"), encoding="utf-8") as file:
            rows = re.findall(r'VOUCHGATE_EVENT\((\w+), "([0-9a-f]{32})", \w+,\s*"((?:[^"\\]|\\.)*)"', file.read())
        self.assertEqual(len({identity for _, identity, _ in rows}), len(rows), "a MESSAGE_ID names one event")
        forms = [(name, re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)) + r"( \(.+\))?$")) for name, _, form in rows
                 if not form.startswith("{")]
        said = []
        for line in lines:
            names = [name for name, form in forms if form.match(line.split(": ", 1)[1])]
            self.assertTrue(names, line)
            said.append(names[0])
        for name in ("daemon_started", "session_up", "children_ready", "daemon_ready", "swap_done", "daemon_stopping"):
            self.assertIn(name, said)


if __name__ == "__main__":
    unittest.main()
