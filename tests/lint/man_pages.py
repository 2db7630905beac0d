"""Manual pages are clean roff, are installed and packaged, and name in SEE ALSO only pages that exist."""

import re
import subprocess
import sys

from tree import run

SKIP = 77
OTHERS = {"mosquitto(8)", "socat(1)"}


def _roff(path, text):
    result = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8"], input=text.encode(), capture_output=True, check=False)
    return [f"{path}: {line}" for line in result.stderr.decode().splitlines()]


def check(tree):
    pages = dict(tree.texts(r"^docs/man/[^/]+\.\d$"))
    known = {re.sub(r".*/(.+)\.(\d)$", r"\1(\2)", path) for path in pages}
    packaged = "".join(text for _, text in tree.texts(r"^packaging/debian/.*\.install$"))
    mistakes = []
    for path, text in pages.items():
        mistakes += _roff(path, text)
        name = path.rsplit("/", 1)[-1]
        if f"docs/man/{name}" not in tree.files.get("packaging/install.cmake", ""):
            mistakes.append(f"{path}: packaging/install.cmake does not install it")
        if f"usr/share/man/man{name[-1]}/{name}\n" not in packaged:
            mistakes.append(f"{path}: no packaging/debian/*.install has it")
        for word, section in re.findall(r"^\.BR (\S+) \((\d)\)", text, re.M):
            page = f"{word}({section})".replace("\\-", "-")
            if page not in known | OTHERS:
                mistakes.append(f"{path}: there is no {page}")
    return mistakes


if __name__ == "__main__":
    if subprocess.run(["sh", "-c", "command -v groff"], capture_output=True, check=False).returncode != 0:
        print("skipped: there is no groff")
        sys.exit(SKIP)
    sys.exit(run(check))
