"""Rule 2: every third-party library has one home, and public headers show none of them."""

import re
import sys

from tree import run

# include prefix -> the paths that may name it. What is not listed and not the system's has no home yet.
HOMES = [
    (r"boost/asio/", r"^include/vouchgate/base/asio\.hpp$"),
    (r"boost/beast/", r"^src/metrics/"),
    (r"boost/", r"^$"),
    (r"tl/expected\.hpp$", r"^include/vouchgate/base/result\.hpp$"),
    (r"yaml-cpp/", r"^src/config/"),
    (r"(mqtt/|MQTT\w+\.h$)", r"^src/(mqtt|ingress)/"),
    (r"tss2/", r"^src/keys/"),
    (r"openssl/", r"^src/(keys|provision|emulator)/|^src/mqtt/tls_watch\."),
    (r"sqlite3\.h$", r"^src/spool/"),
    (r"zlib\.h$", r"^src/spool/"),
    (r"systemd/", r"^src/service/"),
    (r"prometheus/", r"^src/metrics/"),
    (r"CLI/", r"^src/((app|cli)/|emulator/\w*main\.cpp$)"),
    (r"nlohmann/", r"^src/(token|dialect|ingress|control|metrics|cli|emulator)/"),
    (r"linux/i2c", r"^src/(keys/atecc608/linux_i2c\.cpp$|emulator/)"),
    (r"(jwt\.h$|mosquitto|fuse3/)", r"^src/emulator/"),
]
SYSTEM = re.compile(r"^(\w+|(sys|netinet|arpa|net|linux|bits)/[\w-]+\.h|\w+\.h)$")


def check(tree):
    mistakes = []
    for path, text in tree.cpp():
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^">]+)[>"]', line)
            if not include or include.group(1).startswith("vouchgate/"):
                continue
            name = include.group(1)
            home = next((home for library, home in HOMES if re.match(library, name)), None)
            if home is not None and not re.search(home, path):
                mistakes.append(f"{path}:{number}: <{name}> is at home elsewhere ({home})")
            elif home is None and "<" in line and not SYSTEM.match(name):
                mistakes.append(f"{path}:{number}: <{name}> has no home: name one in tests/lint/third_party.py")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
