"""The verbs of keys and tokens with the real binary and a software TPM; python3-jwt and openssl judge what they print."""

import json
import os
import stat
import subprocess
import unittest

import jwt
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from harness import Rig


class KeyCommands(unittest.TestCase):
    def setUp(self):
        self.rig = Rig([])
        self.addCleanup(self.rig.close)
        self.rig.start_tpm()
        self.rig.write_config()

    def fails(self, *args, code=1, stdin=None):
        done = self.rig.run(*args, check=False, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def shown(self):
        return json.loads(self.rig.run("--json", "key", "show").stdout)

    def test_a_keys_life(self):
        self.assertIn("hint: 'vouchgate key create' makes one", self.fails("key", "show"))
        created = self.rig.run("key", "create").stdout
        for part in ("ES256 key made in the TPM", "0x81000100", "key export --format pem", "ES256_X509", "gw-1", "systemctl"):
            self.assertIn(part, created)
        key = self.shown()
        self.assertEqual((key["state"], key["algorithm"], key["where"]), ("ours", "ES256", "0x81000100"))
        self.assertIn("fixedtpm", key["attributes"])
        self.assertNotIn("decrypt", key["attributes"])
        file = self.rig.path("state/key.tss2.pem")
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertTrue(json.loads(self.rig.run("key", "test", "--json").stdout)["ok"])
        self.assertIn("holds a key already", self.fails("key", "create"))
        self.assertIn("--yes", self.fails("key", "remove", code=2))
        self.assertEqual(self.shown(), key, "refusals change nothing")
        self.rig.run("key", "remove", "--yes")
        self.assertFalse(os.path.exists(file))
        self.assertIn("there is no key yet", self.fails("key", "test"))

    def test_create_at_another_handle_says_what_to_configure(self):
        self.assertIn("is not a persistent handle", self.fails("key", "create", "--handle", "0x5", code=2))
        created = self.rig.run("key", "create", "--handle", "0x81000105").stdout
        self.assertIn("set key.tpm.handle: 0x81000105", created)
        self.rig.write_config(handle="0x81000105")
        self.rig.run("key", "test")

    def test_a_foreign_key_is_shown_and_refused(self):
        self.rig.run("key", "create")
        file = self.rig.path("state/key.tss2.pem")
        os.rename(file, file + ".away")
        done = self.rig.run("key", "show", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("foreign", done.stdout)
        self.assertIn("--handle 0x81000101", self.fails("key", "test"))
        self.fails("key", "remove", "--yes")
        os.rename(file + ".away", file)
        self.rig.run("key", "test")

    def test_every_export_is_the_same_key(self):
        self.rig.run("key", "create")
        pem = self.rig.run("key", "export").stdout
        numbers = load_pem_public_key(pem.encode()).public_numbers()
        out = self.rig.path("out")
        self.rig.run("key", "export", "--format", "der", "--out", out)
        with open(out, "rb") as file:
            self.assertEqual(load_der_public_key(file.read()).public_numbers(), numbers)
        jwk = self.rig.run("key", "export", "--format", "jwk").stdout
        self.assertEqual(jwt.algorithms.ECAlgorithm.from_jwk(jwk).public_numbers(), numbers)
        certificate = self.rig.run("key", "export", "--format", "x509", "--days", "30").stdout
        parsed = load_pem_x509_certificate(certificate.encode())
        self.assertEqual(parsed.public_key().public_numbers(), numbers)
        self.assertEqual((parsed.not_valid_after - parsed.not_valid_before).days, 30)
        self.assertEqual(parsed.subject.rfc4514_string(), "CN=gw-1")
        as_json = json.loads(self.rig.run("key", "export", "--json").stdout)
        self.assertEqual(as_json, {"format": "pem", "text": pem})

    def test_tokens_are_minted_and_inspected(self):
        for algorithm in ("ES256", "RS256", "PS256", "ES384"):
            with self.subTest(algorithm):
                self.rig.algorithm = algorithm
                self.rig.write_config()
                self.rig.run("key", "create")
                pem = self.rig.run("key", "export").stdout
                minted = self.rig.run("token", "mint").stdout
                self.assertRegex(minted, r"\A[\w-]+\.[\w-]+\.[\w-]+\n\Z", "the token only")
                claims = jwt.decode(minted.strip(), pem, algorithms=[algorithm], audience="demo")
                self.assertEqual(claims["exp"] - claims["iat"], 3600)
                told = json.loads(self.rig.run("token", "inspect", "--json", stdin=minted).stdout)
                self.assertEqual((told["verified"], told["valid_now"], told["claims"]), (True, True, claims))
                self.rig.run("key", "remove", "--yes")

    def test_a_bad_token_is_told_from_a_good_one(self):
        self.rig.run("key", "create")
        public_key = self.rig.path("public.pem")
        self.rig.run("key", "export", "--out", public_key)
        good = self.rig.run("token", "mint").stdout.strip()
        self.assertIn("verifies", self.rig.run("token", "inspect", good, "--public-key", public_key).stdout)
        head, claims, signature = good.split(".")
        changed = ".".join((head, claims, ("A" if signature[0] != "A" else "B") + signature[1:]))
        self.assertIn("not of this key", self.fails("token", "inspect", changed))
        self.assertIn("not three parts", self.fails("token", "inspect", "nonsense"))
        self.assertIn("there is none", self.fails("token", "inspect", stdin=""))
        private = self.rig.path("other.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private], check=True)
        with open(private, encoding="utf-8") as file:
            expired = jwt.encode({"iat": 1, "exp": 61, "aud": "demo"}, file.read(), algorithm="ES256")
        subprocess.run(["openssl", "ec", "-in", private, "-pubout", "-out", public_key], check=True, capture_output=True)
        done = self.rig.run("token", "inspect", expired, "--public-key", public_key, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("verifies", done.stdout)
        self.assertRegex(done.stdout, r"expired \d+ d")
        secret = jwt.encode({"iat": 1, "exp": 61, "aud": "demo"}, "public", algorithm="HS256")
        self.assertIn("is no algorithm of gateways", self.fails("token", "inspect", secret))

    def test_mistakes_in_the_configuration_stop_every_verb(self):
        with open(self.rig.config, "a", encoding="utf-8") as file:
            file.write("tokn: {}\n")
        for verb in (("key", "create"), ("key", "show"), ("token", "mint")):
            self.assertIn("tokn: unknown key", self.fails(*verb))


if __name__ == "__main__":
    unittest.main()
