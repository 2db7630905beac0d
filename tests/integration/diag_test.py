"""vouchgate diag: a bundle with everything that helps and nothing that is secret, also when all is broken. Secrets are planted
wherever one might come from, and searched for in the unpacked bundle."""

import base64
import glob
import json
import os
import stat
import subprocess
import tarfile
import unittest

from harness import Rig, binary, wait_for

PAYLOAD = "payload-of-a-child-that-nobody-else-may-read"
JWT = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJkZW1vIiwic3ViIjoicGxhbnRlZCJ9.cGxhbnRlZC1zaWduYXR1cmUtb2YtYS10b2tlbg"
PEM_BODY = "MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVMh5UHJvdmVkUGxhbnRlZEtleQoAoGCCqGSM49"
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{PEM_BODY}\n-----END EC PRIVATE KEY-----\n"
URL = "mqtts://planter:pl4nted-url-pw@cloud.example:8883"
AUTH = "the-auth-value-of-the-key"
CHILD_TOKEN = "plain-credential-of-pump-2"
CLAIM = "planted-claim-value"
SECRETS = [JWT, JWT.split(".")[1], PEM_BODY, "pl4nted-url-pw", AUTH, CHILD_TOKEN, CLAIM, PAYLOAD, "hunter2",
           base64.b64encode(PAYLOAD.encode()).decode()]

# What systemd's programs print here: whoever else writes into the unit's journal cares little for secrets.
JOURNAL = f"""Nov 21 14:00:00.000001 box-17 vouchgated[1]: session up: cloud.example:8883, token valid for 60 min
Nov 21 14:00:01.000001 box-17 helper[2]: sending {JWT}
Nov 21 14:00:01.000002 box-17 helper[2]: half of it: {JWT[:50]}
Nov 21 14:00:02.000001 box-17 helper[2]: -----BEGIN EC PRIVATE KEY-----
Nov 21 14:00:02.000002 box-17 helper[2]: {PEM_BODY}
Nov 21 14:00:03.000001 box-17 helper[2]: connecting to {URL} with password=hunter2
Nov 21 14:00:04.000001 box-17 helper[2]: auth value {AUTH}, child says {CHILD_TOKEN}, claim {CLAIM}
Nov 21 14:00:05.000001 box-17 vouchgated[1]: child held off: pump-old: not bound, next try in 4 min, from 192.0.2.7
"""
TOOLS = {
    "journalctl": f"""case "$*" in *--field=VOUCHGATE_DEVICE) echo pump-old ;; *--field=_HOSTNAME) echo box-17 ;; *) cat <<'EOF'
{JOURNAL}EOF
esac""",
    "systemctl": f"""case "$*" in *Environment*|*ExecStart*) exit 3 ;; esac
echo ActiveState=failed; echo 'StatusText=not connected ({URL})'; echo 'Result=exit-code {JWT}'""",
    "systemd-analyze": f"echo 'exposure 1.2 {JWT}'",
}


class Diag(unittest.TestCase):
    def setUp(self):
        self.rig = Rig(["pump-1", "pump-2"])
        self.addCleanup(self.rig.close)
        self.tools = self.rig.path("tools")
        os.makedirs(self.tools)
        for name, script in TOOLS.items():
            path = os.path.join(self.tools, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(path, 0o755)

    def plant(self):
        """Secrets where the configuration names or holds them."""
        for name, secret in (("auth", AUTH), ("pump-2.token", CHILD_TOKEN), ("key.pem", PEM)):
            with open(self.rig.path(name), "w", encoding="utf-8") as file:
                file.write(secret + "\n")
            os.chmod(self.rig.path(name), 0o600)
        with open(self.rig.config, encoding="utf-8") as file:
            text = file.read()
        text = text.replace("tpm: {", f"tpm: {{auth_file: {self.rig.path('auth')}, ")
        text = text.replace("token:\n", f"token:\n  claims: {{site: {CLAIM}}}\n  # {JWT} password: hunter2\n")
        text = text.replace("- {id: pump-2}", f"- {{id: pump-2, auth: token, token_file: {self.rig.path('pump-2.token')}}}")
        with open(self.rig.config, "w", encoding="utf-8") as file:
            file.write(text)

    def diag(self, *options, code=0):
        """The files of the bundle by name, and what the command said."""
        self.path = self.rig.path(f"bundle-{len(glob.glob(self.rig.path('bundle-*')))}.tar.gz")
        env = {**os.environ, "PATH": self.tools + ":" + os.environ["PATH"], "PLANTED_TOKEN": JWT}
        done = subprocess.run([binary("vouchgate"), "--config", self.rig.config, "diag", "-o", self.path, *options],
                              capture_output=True, text=True, env=env, timeout=240, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code != 0:
            return {}, done
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        files = {}
        with tarfile.open(self.path) as bundle:
            for member in bundle.getmembers():
                self.assertEqual((member.uid, member.gid, member.uname), (0, 0, "root"))
                self.assertEqual(member.mode & 0o077, 0, member.name)
                if member.isfile():
                    files[os.path.basename(member.name)] = bundle.extractfile(member).read().decode()
        self.assertEqual([name for name in os.listdir(self.rig.directory) if name.startswith(".vouchgate-diag")], [])
        return files, done

    def assert_clean(self, files, done):
        for name, text in [*files.items(), ("what it printed", done.stdout + done.stderr)]:
            for secret in SECRETS:
                self.assertNotIn(secret, text, name)

    def test_nothing_planted_is_in_the_bundle_of_a_running_gateway(self):
        self.rig.start_tpm()
        self.rig.write_config()
        self.plant()
        self.rig.run("key", "create")
        self.rig.write_registry(self.rig.run("key", "export", "--format", "pem").stdout)
        self.rig.start_cloud()
        self.rig.write_config()
        self.plant()
        self.rig.start_daemon()
        wait_for(lambda: self.rig.status()["session"]["state"] == "connected", "a session")
        for _ in range(3):
            self.rig.run("send", "--device", "pump-1", "--ack", "stored", stdin=PAYLOAD)
        # Waits in the spool: the cloud does not know this one's token.
        self.rig.run("send", "--device", "pump-2", "--ack", "stored", "--state", stdin=PAYLOAD)
        files, done = self.diag()
        self.assert_clean(files, done)
        self.assertEqual(set(files), {"README.txt", "config.yaml", "status.json", "check.json", "spool.json", "files.txt",
                                      "machine.txt", "versions.txt", "tpm.txt", "unit.txt", "exposure.txt", "journal.txt"})
        # What helps is there, and the names stay.
        self.assertIn("id: pump-2", files["config.yaml"])
        self.assertIn("site: \"(left out)\"", files["config.yaml"].replace("'", '"').replace("site: (left out)", 'site: "(left out)"'))
        self.assertEqual(json.loads(files["status.json"])["gateway"], "gw-1")
        self.assertEqual(json.loads(files["check.json"])["daemon"], "running")
        self.assertEqual(json.loads(files["spool.json"])["state"], "ok")
        self.assertIn("session up: cloud.example:8883, token valid for 60 min", files["journal.txt"])
        self.assertIn("mqtts://(left out)@cloud.example:8883", files["journal.txt"])
        self.assertIn("pump-2.token: file 0600", files["files.txt"])
        self.assertIn("MemAvailable", files["machine.txt"])
        self.assertRegex(files["versions.txt"], r"(?s)vouchgate \d.*Linux.*libcrypto\.so")
        self.assertIn("key.json: the running daemon has the TPM to itself", files["README.txt"])
        self.assertIn("private keys: never read", done.stdout)
        self.assertIn(f"look before you send: tar -xzOf {self.path} | less", done.stdout)

    def test_the_daemon_dead_and_the_configuration_broken(self):
        self.rig.write_config()
        self.plant()
        with open(self.rig.config, "a", encoding="utf-8") as file:
            file.write(f"metrics: {{listen: {URL}}}\nlog: {{level: hunter2}}\npassword: hunter2\ntokn: {JWT}\n")
        files, done = self.diag()
        self.assert_clean(files, done)
        self.assertNotIn("config.yaml", files)
        self.assertIn("vouchgate.yaml:24:1: password: ", files["config-mistakes.txt"])
        self.assertRegex(files["config-mistakes.txt"], r"log\.level: .*\(left out\)")
        self.assertIn("status.json: ", files["README.txt"])
        self.assertIn("journal.txt", files)
        self.assertEqual(json.loads(files["check.json"])["failed"], 1)
        # With names to hide that nobody can tell, what may hold them stays out.
        files, done = self.diag("--anonymise")
        self.assert_clean(files, done)
        self.assertFalse({"journal.txt", "config-mistakes.txt", "check.json"} & set(files), files.keys())
        self.assertNotIn("pump", "".join(files.values()))

    def test_anonymised_names_are_the_same_everywhere(self):
        self.rig.write_config(endpoints=["mqtts://cloud.example:8883", "mqtts://198.51.100.9:8883"])
        self.plant()
        files, done = self.diag("--anonymise", "--json")
        self.assert_clean(files, done)
        told = json.loads(done.stdout)
        self.assertEqual((told["file"], told["anonymised"]), (self.path, True))
        self.assertEqual({one["name"] for one in told["packed"]}, set(files))
        everything = "".join(files.values())
        for name in ("pump-1", "pump-2", "pump-old", "box-17", "gw-1", "boxes", "cloud.example", "192.0.2.7", "198.51.100.9"):
            self.assertNotRegex(everything, rf"(?<![\w.-]){name}(?![\w])", name)
        self.assertIn("id: device-2", files["config.yaml"])
        self.assertIn("session up: cloud-1:8883", files["journal.txt"])
        self.assertIn("mqtts://cloud-1:8883", files["config.yaml"])
        self.assertRegex(files["journal.txt"], r"child held off: device-3: not bound, .* from address-\d")

    def test_nothing_is_overwritten_and_a_bad_place_is_said(self):
        self.rig.write_config()
        taken = self.rig.path("bundle-0.tar.gz")
        os.symlink(self.rig.config, taken)
        env = {**os.environ, "PATH": self.tools + ":" + os.environ["PATH"]}
        for path, why in ((taken, "exists already"), (self.rig.path("nowhere/x.tar.gz"), "No such file or directory")):
            done = subprocess.run([binary("vouchgate"), "--config", self.rig.config, "diag", "-o", path],
                                  capture_output=True, text=True, env=env, timeout=240, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
            self.assertIn("hint: name another file with -o", done.stderr)
        self.assertTrue(os.path.islink(taken))


if __name__ == "__main__":
    unittest.main()
