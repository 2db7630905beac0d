"""The main job with the real binaries: a child's telemetry reaches the cloud on a token signed inside a TPM. Other
people's programs judge it: mosquitto_sub and mosquitto_pub, python3-jwt, openssl."""

import base64
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import unittest

import jwt

from harness import DEADLINE, Program, Rig, wait_for


class WireTap:
    """A TLS-terminating relay in front of the cloud, with the cloud's own certificate: reads the CONNECT packets."""

    def __init__(self, rig):
        self.passwords = []
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(rig.path("cloud/server.pem"), rig.path("cloud/server-key.pem"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        client = ssl.create_default_context(cafile=rig.path("cloud/ca.pem"))
        threading.Thread(target=self._serve, args=(server, client, rig.port), daemon=True).start()

    def _serve(self, server, client, port):
        while True:
            try:
                raw, _ = self.listener.accept()
                near = server.wrap_socket(raw, server_side=True)
                far = client.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
            except OSError:
                return
            first = near.recv(65536)
            self.passwords.append(self._password(first))
            far.sendall(first)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _password(packet):
        """MQTT 3.1.1 section 3.1: fixed header, 10 bytes of variable header, client id, user name, password."""
        at = 1
        while packet[at] & 0x80:
            at += 1
        at += 1 + 10
        fields = []
        while at < len(packet):
            size = int.from_bytes(packet[at:at + 2], "big")
            fields.append(packet[at + 2:at + 2 + size])
            at += 2 + size
        return fields[-1].decode()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.close()
                except OSError:
                    pass


class MainJob(unittest.TestCase):
    def test_telemetry_arrives_and_the_token_on_the_wire_verifies(self):
        for algorithm in ("ES256", "RS256"):
            with self.subTest(algorithm), Rig(["pump-1", "pump-2"], algorithm) as rig:
                rig.start_tpm()
                rig.write_config()
                created = rig.run("key", "create").stdout
                self.assertIn("export", created, "create ends by telling what to do next")
                public_key = rig.run("key", "export", "--format", "pem").stdout
                rig.write_registry(public_key)
                rig.start_cloud()
                tap = WireTap(rig)
                rig.write_config(port=tap.port)
                rig.start_daemon()
                sent = rig.run("send", "--device", "pump-1", "--subfolder", "temp", "-", stdin='{"c":21.5}')
                self.assertIn("delivered", sent.stdout)
                connect = rig.next_event(lambda e: e["event"] == "connect")if not any(
                    e["event"] == "connect" for e in rig.events) else next(e for e in rig.events if e["event"] == "connect")
                self.assertEqual(connect["alg"], algorithm)
                if not rig.telemetry("pump-1"):
                    rig.next_event(lambda e: e["event"] == "telemetry")
                event = rig.telemetry("pump-1")[0]
                self.assertEqual((event["subfolder"], event["payload"]), ("temp", '{"c":21.5}'))

                token = tap.passwords[0]
                claims = jwt.decode(token, public_key, algorithms=[algorithm], audience="demo")
                self.assertEqual(claims["exp"] - claims["iat"], 3600)
                with self.assertRaises(jwt.InvalidAudienceError):
                    jwt.decode(token, public_key, algorithms=[algorithm], audience="other")
                self.assert_openssl_verifies(rig, token, public_key, algorithm)
                self.assertNotIn(token, rig.logs(), "no token in a log")
                self.assertEqual(rig.daemon.stop(), 0, rig.logs())

    def assert_openssl_verifies(self, rig, token, public_key, algorithm):
        head, claims, signature = token.split(".")
        raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        if algorithm == "ES256":
            raw = self.der(raw[:32], raw[32:])
        for name, data in (("sig", raw), ("input", f"{head}.{claims}".encode()), ("pub", public_key.encode())):
            with open(rig.path(name), "wb") as file:
                file.write(data)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", rig.path("pub"), "-signature", rig.path("sig"),
                               rig.path("input")], capture_output=True, text=True, check=False)
        self.assertIn("Verified OK", done.stdout, done.stderr)

    @staticmethod
    def der(r, s):
        def integer(value):
            value = value.lstrip(b"\0") or b"\0"
            if value[0] & 0x80:
                value = b"\0" + value
            return b"\x02" + bytes([len(value)]) + value
        body = integer(r) + integer(s)
        return b"\x30" + bytes([len(body)]) + body

    def test_a_listener_written_by_others_sees_events_and_its_command_reaches_the_child(self):
        with Rig(["pump-1"]) as rig:
            rig.start_all()
            admin = ["-h", "localhost", "-p", str(rig.port), "--cafile", rig.path("cloud/ca.pem"), "-u", "admin", "-P",
                     "admin-password", "-q", "1"]
            listener = Program("mosquitto_sub", ["stdbuf", "-oL", "mosquitto_sub", *admin, "-v", "-t", "/devices/#"], rig.directory)
            self.addCleanup(listener.kill)
            child = rig.child()
            wait_for(lambda: any(c["state"] == "subscribed" for c in rig.status()["children"]), "pump-1 subscribed")
            child.hello("pump-1", ack="delivered")
            # The subscription of mosquitto_sub has no event of its own: send until it hears.
            heard = []

            def hears():
                child.send(op="event", id="x", subfolder="temp", data="21.5")
                child.expect("delivered")
                while not listener.lines.empty():
                    heard.append(listener.lines.get())
                return "/devices/pump-1/events/temp 21.5" in heard
            wait_for(hears, "mosquitto_sub sees the event")
            subprocess.run(["mosquitto_pub", *admin, "-t", "/devices/pump-1/commands/reboot", "-m", "now"], check=True)
            command = child.expect("command")
            self.assertEqual(command["subfolder"], "reboot")
            self.assertEqual(base64.b64decode(command["data_b64"]), b"now")
            subprocess.run(["mosquitto_pub", *admin, "-t", "/devices/pump-1/config", "-m", "interval=5"], check=True)
            while base64.b64decode(child.expect("config")["data_b64"]) != b"interval=5":
                pass

    def test_twenty_swaps_under_load_lose_and_reorder_nothing(self):
        names = [f"child-{i:03}" for i in range(100)]
        with Rig(names, cloud={"limits": "{messages_per_second: 0, window: 256}"}) as rig:
            rig.start_all()
            wait_for(lambda: rig.status()["session"]["state"] == "connected", "a session")
            stop = threading.Event()
            sent = dict.fromkeys(names, 0)
            child = rig.child()
            for name in names:
                child.hello(name)
            stored = dict.fromkeys(names, 0)

            def drink():
                try:
                    while True:
                        answer = child.receive()
                        if answer["op"] == "stored":
                            stored[answer["id"].split("/")[0]] += 1
                except (OSError, EOFError):
                    pass
            threading.Thread(target=drink, daemon=True).start()

            def feed():  # 500 msg/s over 100 children: five a child and second
                due = time.monotonic()
                number = 0
                while not stop.is_set():
                    name = names[number % len(names)]
                    sent[name] += 1
                    child.send(op="event", device=name, id=f"{name}/{sent[name]}", data=str(sent[name]))
                    number += 1
                    due += 1 / 500
                    stop.wait(max(0, due - time.monotonic()))
            feeder = threading.Thread(target=feed)
            feeder.start()
            try:
                for swap in range(1, 21):
                    wait_for(lambda: rig.run("renew", check=False).returncode == 0, f"swap {swap} starts")
                    wait_for(lambda: rig.status()["session"]["swaps"] >= swap, f"swap {swap} is over")
            finally:
                stop.set()
                feeder.join()
            total = sum(sent.values())
            wait_for(lambda: sum(stored.values()) == total, "every message stored")
            wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
            status = rig.status()
            self.assertEqual(rig.daemon.stop(), 0, rig.logs())
            rig.emulator.stop()
            for line in iter(rig.emulator.lines.get, None):
                rig.events.append(json.loads(line))
            arrived = {name: [] for name in names}
            for event in rig.events:
                if event["event"] == "telemetry":
                    arrived[event["device"]].append(int(event["payload"]))
            repeats = 0
            for name in names:
                first = list(dict.fromkeys(arrived[name]))
                repeats += len(arrived[name]) - len(first)
                self.assertEqual(first, list(range(1, sent[name] + 1)), f"{name}: lost or reordered")
            pauses = [swap["pause_ms"] for swap in status["session"]["recent_swaps"]]
            full = [swap["full_ms"] for swap in status["session"]["recent_swaps"]]
            print(f"swaps {status['session']['swaps']}, messages {total}, lost 0, reordered 0, repeated {repeats}; "
                  f"pause ms: {pauses}; until every child is open, ms: {full}")

    def test_kill_nine_loses_nothing_that_was_stored(self):
        with Rig(["pump-1"], cloud={"limits": "{messages_per_second: 0}"}) as rig:
            rig.start_all()
            acknowledged = 0
            number = 0
            for _ in range(5):
                child = rig.child()
                child.hello("pump-1")
                for _ in range(300):
                    number += 1
                    child.send(op="event", id=str(number), data=str(number))
                for _ in range(100):
                    acknowledged = max(acknowledged, int(child.expect("stored")["id"]))
                rig.daemon.kill()
                child.close()
                rig.start_daemon()
            wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
            rig.daemon.stop()
            rig.emulator.stop()
            for line in iter(rig.emulator.lines.get, None):
                rig.events.append(json.loads(line))
            arrived = list(dict.fromkeys(int(e["payload"]) for e in rig.telemetry("pump-1")))
            self.assertEqual(arrived, sorted(arrived), "reordered")
            self.assertGreaterEqual(acknowledged, 400)
            # What was stored before each kill is a prefix of that round's numbers; all of the prefix must have arrived.
            for start in range(0, 1500, 300):
                self.assertTrue(set(range(start + 1, start + 101)) <= set(arrived), f"lost after {start}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
