"""Certificates for servers on the bench: good ones, expired ones, ones for another host. Never used outside tests."""

import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path, data):
    with open(path, "wb") as file:
        file.write(data)


class Authority:
    """A certificate authority in a directory: `ca_file` is what clients trust."""

    def __init__(self, directory, name):
        self.directory, self.subject, self.key = directory, _name(name), ec.generate_private_key(ec.SECP256R1())
        self.ca_file = os.path.join(directory, f"{name}.pem")
        use = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                             "key_agreement", "encipher_only", "decipher_only"), False)
        extensions = [(x509.BasicConstraints(ca=True, path_length=0), True),
                      (x509.KeyUsage(key_cert_sign=True, crl_sign=True, **use), True)]
        _write(self.ca_file, self._sign(self.subject, self.key.public_key(), extensions, days=365))

    def _sign(self, subject, key, extensions, days):
        """With what RFC 5280 asks of every certificate; newer clients insist on it."""
        now = datetime.datetime.now(datetime.timezone.utc)
        start = now - datetime.timedelta(days=max(1, 1 - days))
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(start)
                   .not_valid_after(now + datetime.timedelta(days=days)))
        identifiers = [(x509.SubjectKeyIdentifier.from_public_key(key), False),
                       (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)]
        for extension, critical in [*extensions, *identifiers]:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, *hosts, days=30):
        """The files (certificate, key) of a server with these names; with `days` below 0 they ended so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        stem = os.path.join(self.directory, f"server-{x509.random_serial_number():x}")
        names = [(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), False)]
        _write(stem + ".pem", self._sign(_name(hosts[0]), key.public_key(), names, days))
        _write(stem + "-key.pem", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                    serialization.NoEncryption()))
        return stem + ".pem", stem + "-key.pem"
