"""The real vouchgate-emulator with real clients: connect rules, attach rules, telemetry, config, commands, expiry."""
import base64
import json
import os
import subprocess
import sys
import time
import unittest

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from emulator import Emulator  # noqa: E402
from mini_mqtt import Client, Closed, Refused  # noqa: E402

PROGRAM = os.path.join(os.environ.get("VOUCHGATE_BINARY_DIR", "."), "vouchgate-emulator")
PATH = "projects/bench/locations/here/registries/demo/devices/"
EC, OTHER, CHILD = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
RSA = rsa.generate_private_key(65537, 2048)


def pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def key(private, form="ES256_PEM"):
    return [{"format": form, "key": pem(private)}]


def registry(**changes):
    devices = [{"id": "gw-1", "keys": key(EC), "gateway": True, "bound": ["pump-1", "pump-2"], "config": "gateway config"},
               {"id": "gw-2", "keys": key(EC), "gateway": True, "gateway_auth": "device_auth_token_only"},
               {"id": "rsa-1", "keys": key(RSA, "RSA_PEM")},
               {"id": "plain-1", "keys": key(EC)}, {"id": "blocked-1", "keys": key(EC), "blocked": True},
               {"id": "pump-1", "config": "pump config"}, {"id": "pump-2"}, {"id": "pump-3", "keys": key(CHILD)}]
    return {"project": "bench", "region": "here", "registry": "demo", "devices": devices, **changes}


def token(private=EC, alg="ES256", aud="bench", issued=0, life=3600, **extra):
    issued += int(time.time())
    return jwt.encode({"aud": aud, "iat": issued, "exp": issued + life, **extra}, private, algorithm=alg)


class EmulatorTest(unittest.TestCase):
    emulator = None

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(PROGRAM, registry()).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.emulator.stop()

    def connect(self, device, password=None, where=None, **more):
        where = where or self.emulator
        client = Client(where.port, PATH + device, password=password or token(), ca_file=where.ca_file, **more)
        self.addCleanup(client.disconnect)
        return client

    def admin(self, where=None):
        where = where or self.emulator
        client = Client(where.port, "console", *where.admin, ca_file=where.ca_file)
        self.addCleanup(client.disconnect)
        return client

    def refused(self, device, code, password=None, **more):
        with self.assertRaises(Refused) as caught:
            self.connect(device, password, **more)
        self.assertEqual(caught.exception.args[0], 5)
        return self.emulator.expect("refused", client_id=PATH + device, code=code)

    def test_an_ES256_and_an_RS256_token_are_accepted_and_reported(self):
        self.connect("gw-1")
        line = self.emulator.expect("connect", device="gw-1")
        self.assertEqual((line["alg"], line["aud"], line["verified_by"]), ("ES256", "bench", "libjwt"))
        self.assertEqual(line["exp"] - line["iat"], 3600)
        self.connect("rsa-1", token(RSA, "RS256"))
        self.emulator.expect("connect", device="rsa-1", alg="RS256")

    def test_bad_tokens_are_refused_with_a_reason(self):
        self.refused("plain-1", "exp", token(issued=-7200))
        self.refused("plain-1", "iat", token(issued=1200))
        self.refused("plain-1", "lifetime", token(life=2 * 86400))
        self.refused("plain-1", "signature", token(OTHER))
        self.refused("plain-1", "aud", token(aud="other"))
        self.refused("plain-1", "aud", token(aud=["bench"]))
        self.refused("plain-1", "key", token(RSA, "RS256"))
        self.refused("plain-1", "alg", jwt.encode({"aud": "bench"}, "secret", algorithm="HS256"))
        self.refused("plain-1", "base64url", ".".join(part + "=" for part in token().split(".")))
        self.refused("plain-1", "header", "not a token")

    def test_what_the_cloud_does_not_support_is_refused_at_connect(self):
        self.refused("nobody-1", "device")
        self.refused("blocked-1", "blocked")
        self.refused("plain-1", "clean-session", clean=False)

    def test_a_will_never_reaches_anyone(self):
        client = self.connect("plain-1", will=("/devices/plain-1/events", "gone"))
        console = self.admin()
        self.assertEqual(console.subscribe("/devices/#"), 1)
        client.socket.close()
        self.emulator.expect("disconnect", device="plain-1")
        self.emulator.expect("refused", what="will")
        self.connect("plain-1").publish("/devices/plain-1/events", "alive")
        self.assertEqual(console.message()[1], b"alive")

    def test_telemetry_and_state_are_printed(self):
        client = self.connect("plain-1")
        client.publish("/devices/plain-1/events/temp/in", '{"c":21.5}')
        line = self.emulator.expect("telemetry", device="plain-1", subfolder="temp/in")
        self.assertEqual(line["payload"], '{"c":21.5}')
        client.publish("/devices/plain-1/events", b"\xff\x00")
        line = self.emulator.expect("telemetry", device="plain-1")
        self.assertEqual(base64.b64decode(line["payload_b64"]), b"\xff\x00")
        client.publish("/devices/plain-1/state", "on")
        self.emulator.expect("state", device="plain-1", payload="on")

    def test_what_a_device_must_not_publish_ends_the_connection_unanswered(self):
        for topic, payload, options in [("/devices/pump-1/events", "", {}), ("/devices/plain-1/config", "", {}),
                                        ("elsewhere", "", {}), ("/devices/pump-1/attach", "", {}),
                                        ("/devices/plain-1/events", "", {"qos": 2}),
                                        ("/devices/plain-1/events", "", {"retain": True}),
                                        ("/devices/plain-1/events", b"x" * (256 * 1024 + 1), {}),
                                        ("/devices/plain-1/state", b"x" * (64 * 1024 + 1), {})]:
            with self.subTest(topic=topic, **options):
                client = self.connect("plain-1")
                with self.assertRaises(Closed):
                    client.publish(topic, payload, **options)
                    client.ping()
                self.emulator.expect("disconnect", device="plain-1")

    def test_a_child_is_heard_only_while_attached(self):
        gateway = self.connect("gw-1")
        self.assertEqual(gateway.subscribe("/devices/gw-1/errors", 0), 0)
        gateway.publish("/devices/pump-1/events", "early")
        topic, payload, _ = gateway.message()
        body = json.loads(payload)
        self.assertEqual((topic, body["error_type"]), ("/devices/gw-1/errors", "GATEWAY_DEVICE_NOT_FOUND"))
        self.assertEqual(body["mqtt_message_info"], {"message_type": "PUBLISH", "topic": "/devices/pump-1/events"})
        self.assertEqual(gateway.subscribe("/devices/pump-1/config"), 0x80)
        self.assertEqual(json.loads(gateway.message()[1])["error_type"], "GATEWAY_DEVICE_NOT_FOUND")
        gateway.publish("/devices/pump-1/attach")
        self.emulator.expect("attach", device="pump-1", gateway="gw-1")
        gateway.publish("/devices/pump-1/events", "now")
        self.emulator.expect("telemetry", device="pump-1", gateway="gw-1", payload="now")
        gateway.publish("/devices/pump-1/detach", "{}")
        self.emulator.expect("detach", device="pump-1")
        gateway.publish("/devices/pump-1/events", "late")
        self.emulator.expect("error", error_type="GATEWAY_DEVICE_NOT_FOUND", device="pump-1")

    def test_an_attach_that_is_not_allowed_is_answered_on_the_errors_topic(self):
        gateway = self.connect("gw-1")
        gateway.subscribe("/devices/gw-1/errors", 0)
        for child in ("pump-3", "nobody-1", "gw-2"):
            gateway.publish(f"/devices/{child}/attach")
            body = json.loads(gateway.message()[1])
            self.assertEqual((body["error_type"], body["device_id"]), ("GATEWAY_ATTACHMENT_ERROR", child))

    def test_a_gateway_of_the_token_method_needs_the_childs_token(self):
        gateway = self.connect("gw-2")
        gateway.subscribe("/devices/gw-2/errors", 0)
        for payload in ("", json.dumps({"authorization": token(OTHER)})):
            gateway.publish("/devices/pump-3/attach", payload)
            self.assertEqual(json.loads(gateway.message()[1])["error_type"], "GATEWAY_ATTACHMENT_ERROR")
        gateway.publish("/devices/pump-3/attach", json.dumps({"authorization": token(CHILD)}))
        self.emulator.expect("attach", device="pump-3", gateway="gw-2", alg="ES256")

    def test_states_faster_than_allowed_detach_the_child_and_keep_the_gateway(self):
        gateway = self.connect("gw-1")
        gateway.subscribe("/devices/gw-1/errors", 0)
        gateway.publish("/devices/pump-2/attach")
        gateway.publish("/devices/pump-2/state", "1")
        gateway.publish("/devices/pump-2/state", "2")
        self.assertEqual(json.loads(gateway.message()[1])["error_type"], "GATEWAY_DETACHMENT_DEVICE_ERROR")
        gateway.publish("/devices/pump-2/events", "x")
        self.assertEqual(json.loads(gateway.message()[1])["error_type"], "GATEWAY_DEVICE_NOT_FOUND")
        gateway.ping()

    def test_config_comes_on_subscribe_and_on_change(self):
        gateway = self.connect("gw-1")
        self.assertEqual(gateway.subscribe("/devices/gw-1/config", 2), 1)
        self.assertEqual(gateway.message(), ("/devices/gw-1/config", b"gateway config", 1))
        gateway.publish("/devices/pump-1/attach")
        gateway.subscribe("/devices/pump-1/config")
        self.assertEqual(gateway.message()[1], b"pump config")
        self.admin().publish("/devices/pump-1/config", "newer")
        self.assertEqual(gateway.message(), ("/devices/pump-1/config", b"newer", 1))
        self.emulator.expect("config", device="pump-1", delivered=True)
        self.admin().publish("/devices/pump-1/config", "pump config")
        self.assertEqual(gateway.message()[1], b"pump config")

    def test_a_command_reaches_who_is_subscribed(self):
        gateway, console = self.connect("gw-1"), self.admin()
        console.publish("/devices/pump-1/commands/reboot", "lost")
        self.emulator.expect("command", device="pump-1", delivered=False)
        gateway.publish("/devices/pump-1/attach")
        self.assertEqual(gateway.subscribe("/devices/pump-1/commands/reboot"), 0x80)
        self.assertEqual(gateway.subscribe("/devices/pump-1/commands/#"), 1)
        console.publish("/devices/pump-1/commands/reboot", "now")
        self.assertEqual(gateway.message(), ("/devices/pump-1/commands/reboot", b"now", 1))
        self.emulator.expect("command", device="pump-1", subfolder="reboot", delivered=True)
        gateway.publish("/devices/pump-1/detach")
        console.publish("/devices/pump-1/commands", "late")
        self.emulator.expect("command", device="pump-1", delivered=False)
        with self.assertRaises(TimeoutError):
            gateway.message(timeout=0.3)

    def test_a_second_connection_ends_the_first(self):
        first = self.connect("plain-1")
        second = self.connect("plain-1")
        first.wait_closed()
        second.publish("/devices/plain-1/events", "second")
        self.emulator.expect("telemetry", device="plain-1", payload="second")

    def test_the_admin_needs_the_password(self):
        with self.assertRaises(Refused):
            Client(self.emulator.port, "console", "admin", "wrong", ca_file=self.emulator.ca_file)
        self.emulator.expect("refused", client_id="console", code="password")

    def test_mosquitto_clients_work_as_device_and_as_admin(self):
        username, password = self.emulator.admin
        common = ["-h", "localhost", "-p", str(self.emulator.port), "--cafile", self.emulator.ca_file, "-q", "1"]
        with subprocess.Popen(["mosquitto_sub", *common, "-i", "shell", "-u", username, "-P", password, "-t",
                               "/devices/#", "-C", "1", "-W", "10"], stdout=subprocess.PIPE, text=True) as console:
            self.emulator.expect("connect", client_id="shell")
            self.emulator.expect("subscribe", admin=username)
            subprocess.run(["mosquitto_pub", *common, "-i", PATH + "plain-1", "-u", "unused", "-P", token(), "-t",
                            "/devices/plain-1/events", "-m", "from the shell"], check=True, timeout=10)
            self.assertIn("from the shell", console.communicate(timeout=10)[0])


class SeparateEmulatorTest(unittest.TestCase):
    connect, admin = EmulatorTest.connect, EmulatorTest.admin

    def test_a_session_ends_when_token_and_skew_are_over(self):
        with Emulator(PROGRAM, registry(clock_skew_s=1)) as emulator:
            client = self.connect("plain-1", token(life=1), where=emulator)
            client.wait_closed(timeout=6)
            emulator.expect("expired", device="plain-1")
            emulator.expect("disconnect", device="plain-1", reason="closed by the cloud")

    def test_the_rate_is_limited_only_when_asked(self):
        with Emulator(PROGRAM, registry(limits={"messages_per_second": 20}), "--quiet-telemetry") as emulator:
            client = self.connect("plain-1", where=emulator)
            with self.assertRaises(Closed):
                for _ in range(100):
                    client.publish("/devices/plain-1/events", "x")
            count = emulator.expect("count")
            self.assertLess(count["telemetry"], 60)

    def test_a_reload_brings_config_blocks_and_keeps_the_rest(self):
        with Emulator(PROGRAM, registry()) as emulator:
            kept, gone = self.connect("gw-1", where=emulator), self.connect("plain-1", where=emulator)
            kept.subscribe("/devices/gw-1/config")
            kept.message()
            kept.publish("/devices/pump-1/attach")
            changed = registry()
            changed["devices"][0]["config"] = "reloaded"
            changed["devices"][3]["blocked"] = True
            emulator.write(changed)
            emulator.reload()
            self.assertEqual(kept.message()[1], b"reloaded")
            gone.wait_closed()
            kept.publish("/devices/pump-1/events", "still attached")
            emulator.expect("telemetry", device="pump-1", payload="still attached")
            emulator.write({"project": 1})
            emulator.reload()
            self.connect("gw-2", where=emulator)
            emulator.expect("connect", device="gw-2")

    def test_high_rates_are_printed_completely(self):
        with Emulator(PROGRAM, registry()) as emulator:
            client = self.connect("plain-1", where=emulator)
            for number in range(10_000):
                client.publish("/devices/plain-1/events", str(number), qos=0)
            client.ping()
            seen = [emulator.expect("telemetry")["payload"] for _ in range(10_000)]
            self.assertEqual(seen, [str(number) for number in range(10_000)])

    def test_certificates_are_kept_in_the_state_directory(self):
        first = Emulator(PROGRAM, registry())
        state = first.command[first.command.index("--state-dir") + 1]
        with first, open(os.path.join(state, "ca.pem"), encoding="ascii") as before:
            authority = before.read()
            with Emulator(PROGRAM, registry(), state_dir=state) as second:
                self.connect("gw-1", where=second)
                with open(second.ca_file, encoding="ascii") as after:
                    self.assertEqual(after.read(), authority)

    def test_the_broker_ends_with_the_launcher(self):
        emulator = Emulator(PROGRAM, registry())
        with emulator:
            client = self.connect("gw-1", where=emulator)
            emulator.process.kill()
            client.wait_closed()

    def test_SIGTERM_ends_it_with_success(self):
        emulator = Emulator(PROGRAM, registry()).__enter__()
        self.assertEqual(emulator.stop(), 0)

    def test_every_mistake_of_a_registry_is_reported(self):
        bad = registry(projekt="x", clock_skew_s="ten")
        bad["devices"][0]["bound"].append("nobody-9")
        emulator = Emulator(PROGRAM, bad)
        self.addCleanup(emulator.folder.cleanup)
        done = subprocess.run(emulator.command, capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(done.returncode, 1)
        for part in ("registry: projekt: unknown key", "registry: clock_skew_s: is not a whole number", "nobody-9",
                     "3 mistakes"):
            self.assertIn(part, done.stderr)
        self.assertEqual(subprocess.run([PROGRAM, "--prt", "1"], capture_output=True, check=False).returncode, 2)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.exists(sys.argv[1]):
        PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
