"""Bad input and bad days with the real binaries: one clear line with a hint, the right exit code, no effect on others.
Never waits without a deadline."""

import os
import subprocess
import unittest

from harness import Program, Rig, binary, wait_for


class BadDay(unittest.TestCase):
    def daemon_fails(self, rig, wanted):
        """The daemon ends by itself with exit 1 and this text on stderr."""
        done = subprocess.run([binary("vouchgated"), "--config", rig.config], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(wanted, done.stderr)

    def test_configuration_mistakes_come_all_at_once_and_exit_1(self):
        with Rig(["pump-1"]) as rig:
            rig.write_config()
            with open(rig.config, "a", encoding="utf-8") as file:
                file.write("spol: {}\nlog: {level: loud}\n")
            for program in ([binary("vouchgated"), "--config", rig.config, "--check-config"], [binary("vouchgated"), "--config", rig.config],
                            [binary("vouchgate"), "--config", rig.config, "key", "show"]):
                done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 1, program)
                self.assertIn("spol: unknown key\n  hint: did you mean 'spool'?", done.stderr)
                self.assertIn("log.level: 'loud' is not one of", done.stderr)
            usage = subprocess.run([binary("vouchgated"), "--no-such-option"], capture_output=True, timeout=60, check=False)
            self.assertEqual(usage.returncode, 2)
            shipped = subprocess.run([binary("vouchgated"), "--print-config"], capture_output=True, timeout=60, check=True).stdout
            with open(os.path.join(os.environ["VOUCHGATE_SOURCE_DIR"], "config/vouchgate.yaml"), "rb") as file:
                self.assertEqual(shipped, file.read(), "--print-config is the shipped file, byte for byte")

    def test_key_trouble_has_a_sentence_and_heals_without_a_restart(self):
        with Rig(["pump-1"]) as rig:
            rig.start_tpm()
            rig.write_config()
            shown = rig.run("key", "show", check=False)
            self.assertEqual(shown.returncode, 1)
            self.assertIn("there is no key yet", shown.stderr)
            self.assertIn("vouchgate key create", shown.stderr)
            rig.run("key", "create")
            again = rig.run("key", "create", check=False)
            self.assertEqual(again.returncode, 1)
            self.assertIn("the handle holds a key already", again.stderr)
            rig.write_registry(rig.run("key", "export", "--format", "pem").stdout)
            rig.start_cloud()
            # Nothing answers at the TPM: the daemon takes messages, says why there is no session, and heals.
            rig.swtpm.kill()
            rig.write_config()
            rig.start_daemon()
            child = rig.child()
            child.hello("pump-1")
            child.send(op="event", id="1", data="kept")
            child.expect("stored")
            wait_for(lambda: "TPM does not answer" in rig.status()["session"]["problem"], "the problem is said")
            rig.start_tpm()
            event = rig.next_event(lambda e: e["event"] == "telemetry")
            self.assertEqual(event["payload"], "kept")

    def test_a_tpm_that_is_not_there_and_an_unreadable_ca(self):
        with Rig(["pump-1"]) as rig:
            rig.write_config()
            failed = rig.run("key", "test", check=False)
            self.assertEqual(failed.returncode, 1)
            self.assertIn("tpm: /nonexistent: is not there\n  hint: ", failed.stderr)
            rig.start_tpm()
            rig.write_config(ca="/nonexistent/ca.pem")
            rig.run("key", "create")
            rig.start_daemon()
            wait_for(lambda: "/nonexistent/ca.pem" in rig.status()["session"]["problem"], "the CA file is named")

    def test_a_refused_child_waits_and_others_go_on(self):
        with Rig(["pump-1", "pump-2"]) as rig:
            rig.bound = ["pump-1"]
            rig.start_all()
            child = rig.child()
            child.hello("pump-1")
            child.hello("pump-2")
            child.send(op="event", device="pump-2", id="2", data="waits")
            child.send(op="event", device="pump-1", id="1", data="goes")
            event = rig.next_event(lambda e: e["event"] == "telemetry")
            self.assertEqual((event["device"], event["payload"]), ("pump-1", "goes"))
            wait_for(lambda: any(c["device"] == "pump-2" and c["state"] == "held-off" and c["reason"] for c in rig.status()["children"]),
                     "pump-2 held off with a reason")
            self.assertIn("child held off: pump-2", rig.daemon.log())

    def test_garbage_of_one_child_never_reaches_another(self):
        with Rig(["pump-1", "pump-2"]) as rig:
            rig.start_all()
            good, bad = rig.child(), rig.child()
            good.hello("pump-1")
            bad.hello("pump-2")
            for line, code in ((b"{nonsense\n", "invalid"), (b'{"op":"event","data_b64":"not base64!"}\n', "invalid"),
                               (b'{"op":"hello","device":"a/b"}\n', "invalid"), (b'{"op":"hello","device":"pump-9"}\n', "not-found"),
                               (b'{"op":"event","id":"big","data":"' + b"x" * 300_000 + b'"}\n', "too-large")):
                bad.send_raw(line)
                while (answer := bad.receive())["op"] != "error":
                    pass
                self.assertEqual(answer["code"], code, answer)
                self.assertTrue(answer["message"])
            bad.send_raw(b"x" * 600_000)  # no newline in sight: framing is lost
            with self.assertRaises((EOFError, OSError)):
                while True:
                    bad.receive()
            good.send(op="event", id="1", data="fine")
            good.expect("stored")
            self.assertEqual(rig.next_event(lambda e: e["event"] == "telemetry")["payload"], "fine")

    def test_a_second_daemon_on_the_same_spool_is_refused(self):
        with Rig(["pump-1"]) as rig:
            rig.start_all()
            self.daemon_fails(rig, "spool")
            self.assertEqual(rig.run("status").returncode, 0, "the first one did not notice")

    def test_without_a_daemon_the_command_says_so(self):
        with Rig(["pump-1"]) as rig:
            rig.write_config()
            for verb in (["status"], ["send", "--device", "pump-1", "-"], ["devices", "list"], ["renew"]):
                done = rig.run(*verb, check=False, stdin="x")
                self.assertEqual(done.returncode, 1)
                self.assertIn("hint:", done.stderr)

    def test_the_cloud_comes_back_after_a_kill(self):
        with Rig(["pump-1"]) as rig:
            rig.start_all()
            child = rig.child()
            child.hello("pump-1", ack="both")
            child.send(op="event", id="1", data="1")
            child.expect("delivered")
            rig.emulator.kill()
            child.send(op="event", id="2", data="2")
            child.expect("stored")
            rig.start_cloud()
            self.assertEqual(child.expect("delivered")["id"], "2")

    def test_the_token_of_the_command_verifies_by_itself(self):
        with Rig(["pump-1"]) as rig:
            rig.start_tpm()
            rig.write_config()
            rig.run("key", "create")
            token = rig.run("token", "mint").stdout.strip()
            with open(rig.path("pub.pem"), "w", encoding="ascii") as file:
                file.write(rig.run("key", "export", "--format", "pem").stdout)
            self.assertEqual(rig.run("token", "inspect", token, "--public-key", rig.path("pub.pem")).returncode, 0)
            head, claims, signature = token.split(".")
            forged = f"{head}.{claims}.{signature[:-8]}AAAAAAAA"
            self.assertEqual(rig.run("token", "inspect", forged, "--public-key", rig.path("pub.pem"), check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
