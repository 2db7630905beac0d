"""The metrics port of the real daemon, judged by promtool and by a client that is not ours; a child beside a hundred slow
clients."""

import base64
import hashlib
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest

from harness import DEADLINE, Rig, wait_for

SOURCE = os.environ["VOUCHGATE_SOURCE_DIR"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def own_network():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


def promtool(*arguments, stdin=None):
    return subprocess.run(["promtool", *arguments], input=stdin, capture_output=True, text=True, check=False)


class MetricsRig(Rig):
    """A rig whose daemon has a metrics port."""

    def __init__(self, children, **more):
        super().__init__(children, **more)
        self.metrics_port = free_port()
        self.metrics_host = "127.0.0.1"
        self.max_devices = 200

    def write_config(self, **replace):
        super().write_config(**replace)
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(f"metrics: {{listen: \"{self.metrics_host}:{self.metrics_port}\", max_devices: {self.max_devices}}}\n")

    def get(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=DEADLINE)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer, body

    def listen(self):
        """The messages of /events as (event, data)."""
        stream = socket.create_connection(("127.0.0.1", self.metrics_port), timeout=DEADLINE)
        stream.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with stream, stream.makefile("r", encoding="utf-8", newline="\n") as lines:
            while lines.readline().strip():
                pass
            event = "message"
            for line in lines:
                field, _, value = line.rstrip("\n").partition(": ")
                if field == "event":
                    event = value
                elif field == "data":
                    yield event, json.loads(value)
                    event = "message"


class Metrics(unittest.TestCase):
    def test_numbers_page_and_events_of_a_working_gateway(self):
        with MetricsRig(["pump-1", "pump-2", "pump-3"]) as rig:
            rig.max_devices = 2
            rig.start_all()
            child = rig.child()
            child.hello("pump-1", ack="both")
            for number in range(5):
                child.send(op="event", id=str(number), data="x")
            for _ in range(5):
                child.expect("delivered")
            numbers = wait_for(lambda: self.numbers_when(rig, 'vouchgate_messages_delivered_total{device="pump-1"} 5'), "5 delivered")
            self.assertIn('vouchgate_session_connected 1', numbers)
            self.assertIn('device="_other"', numbers)
            self.assertNotIn('pump-3', numbers)
            checked = promtool("check", "metrics", stdin=numbers)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
            self.assertEqual(rig.daemon.log().count('summed as device="_other"'), 1, rig.daemon.log())
            self.check_page(rig)
            self.check_events(rig)
            for path, method, status in (("/nothing", "GET", 404), ("/", "POST", 405), ("/metrics", "DELETE", 405)):
                self.assertEqual(rig.get(path, method)[0].status, status)
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    @staticmethod
    def numbers_when(rig, line):
        body = rig.get("/metrics")[1]
        return body if line + "\n" in body else None

    def check_page(self, rig):
        answer, page = rig.get("/")
        self.assertEqual(answer.getheader("Content-Type"), "text/html; charset=utf-8")
        policy = answer.getheader("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        for element, directive in (("script", "script-src"), ("style", "style-src")):
            text, = re.findall(f"<{element}>(.*?)</{element}>", page, re.S)
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            self.assertIn(f"{directive} 'sha256-{digest}'", policy)

    def check_events(self, rig):
        seen = {}
        feed = rig.listen()
        statuses = []
        while len(statuses) < 3:
            event, data = next(feed)
            seen[event] = data
            if event == "message":
                statuses.append(data)
        feed.close()
        self.assertEqual(statuses[0]["gateway"], "gw-1")
        self.assertEqual(len(statuses[0]["children"]), 2)
        self.assertLess(statuses[0]["uptime_ms"], statuses[2]["uptime_ms"])
        self.assertEqual(seen["children"]["total"], 3)
        self.assertIn("session_up", [line["name"] for line in seen["log"]])
        ours = rig.status()
        self.assertEqual(set(statuses[2]), set(ours))

    def test_a_hundred_slow_clients_do_not_delay_a_child(self):
        with MetricsRig(["pump-1"]) as rig:
            rig.start_all()
            child = rig.child()
            child.hello("pump-1")
            slow = []
            for number in range(100):
                peer = socket.create_connection(("127.0.0.1", rig.metrics_port), timeout=DEADLINE)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                peer.sendall((b"GET /metr", b"GET /events HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"")[number % 4])
                slow.append(peer)
            waits = []
            for number in range(50):
                begin = time.monotonic()
                child.send(op="event", id=str(number), data="x")
                child.expect("stored")
                waits.append(time.monotonic() - begin)
            worst = max(waits)
            print(f"stored beside 100 slow clients: median {sorted(waits)[25] * 1000:.0f} ms, worst {worst * 1000:.0f} ms")
            self.assertLess(worst, 5, "a slow client's time-out is 5 s: nobody waits for one")
            wait_for(lambda: self.answers(rig), "the numbers, beside slow clients")
            for peer in slow:
                peer.close()
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    @staticmethod
    def answers(rig):
        try:
            return rig.get("/metrics")[0].status == 200
        except OSError:
            return False  # every place is taken by somebody who reads slowly; their ten seconds end

    def test_a_taken_port_does_not_stop_the_gateway(self):
        with MetricsRig(["pump-1"]) as rig, socket.create_server(("127.0.0.1", 0)) as other:
            rig.metrics_port = other.getsockname()[1]
            rig.start_all()
            self.assertIn(f"metrics: 127.0.0.1:{rig.metrics_port}: the port is taken", rig.daemon.log())
            self.assertEqual(rig.status()["gateway"], "gw-1")
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    @unittest.skipUnless(own_network(), "needs a network namespace")
    def test_an_address_that_is_not_loopback_is_taken_with_a_warning(self):
        with MetricsRig(["pump-1"]) as rig:
            rig.metrics_host = "0.0.0.0"
            rig.start_key()
            rig.start_daemon(inside=("unshare", "-n"))  # nobody else can reach it there
            self.assertIn(f"warning: metrics: http://0.0.0.0:{rig.metrics_port}/ is not a loopback address", rig.daemon.log())
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    def test_off_unless_configured(self):
        with Rig(["pump-1"]) as rig:
            rig.start_all()
            self.assertNotIn("metrics", rig.daemon.log())
            with open(f"/proc/{rig.daemon.process.pid}/net/tcp", encoding="ascii") as sockets:
                inodes = {line.split()[9] for line in sockets if line.split()[3] == "0A"}
            descriptors = f"/proc/{rig.daemon.process.pid}/fd"
            held = {os.readlink(f"{descriptors}/{name}") for name in os.listdir(descriptors)}
            self.assertFalse({f"socket:[{inode}]" for inode in inodes} & held, "no TCP listener")

    def test_every_alert_fires_for_its_trouble_and_none_on_a_good_day(self):
        with open(os.path.join(SOURCE, "tests/integration/alerts.yaml"), encoding="utf-8") as file:
            cases = file.read().replace("{rules}", os.path.join(SOURCE, "config/alerts/vouchgate.rules.yaml"))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(cases)
            file.flush()
            done = promtool("test", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_alert_rules_and_the_dashboard_speak_of_numbers_that_exist(self):
        rules = os.path.join(SOURCE, "config/alerts/vouchgate.rules.yaml")
        self.assertEqual(promtool("check", "rules", rules).returncode, 0)
        with open(os.path.join(SOURCE, "tests/unit/metrics/numbers.golden"), encoding="utf-8") as golden:
            known = set(re.findall(r"^# TYPE (\w+)", golden.read(), re.M))
        with open(rules, encoding="utf-8") as file:
            used = re.findall(r"\bvouchgate_\w+", file.read())
        with open(os.path.join(SOURCE, "config/grafana/vouchgate.json"), encoding="utf-8") as file:
            for panel in json.load(file)["panels"]:
                used += [name for target in panel["targets"] for name in re.findall(r"\bvouchgate_\w+", target["expr"])]
        self.assertGreater(len(used), 20)
        self.assertLessEqual(set(used), known)


if __name__ == "__main__":
    unittest.main(verbosity=2)
