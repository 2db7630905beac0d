"""systemd accepts the unit files and the drop-in, and the service's exposure stays low; never installs or starts anything."""

import pathlib
import re
import subprocess
import sys
import tempfile

from tree import run

UNIT = "systemd/vouchgated.service"
SOCKET = "systemd/vouchgated.socket"
DROP_IN = "systemd/atecc608.conf"
MOST_EXPOSURE = 20  # tenths, as --threshold counts: 2.0 on systemd's scale of 10
SKIP = 77


def _analyze(*arguments):
    result = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    return result.returncode, (result.stdout + result.stderr).strip()


def _exposure(name, unit):
    code, said = _analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", str(unit))
    return [f"{name}: security: {said.splitlines()[-1] if said else code}"] if code != 0 else []


def check(tree):
    # verify wants the program to exist; the machine that lints has not installed it
    text = re.sub(r"^(ExecStart(?:Pre)?=)\S+", r"\1/bin/true", tree.files[UNIT], flags=re.M)
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "vouchgated.service"
        unit.write_text(text, encoding="utf-8")
        socket = pathlib.Path(folder) / "vouchgated.socket"
        if SOCKET in tree.files:
            socket.write_text(tree.files[SOCKET], encoding="utf-8")
        mistakes = []
        for name, path in ((UNIT, unit), (SOCKET, socket)):
            if name not in tree.files:
                continue
            code, said = _analyze("verify", "--man=no", "--recursive-errors=no", str(path))
            if code != 0 or said:
                mistakes.append(f"{name}: verify: {said or code}")
        mistakes += _exposure(UNIT, unit)
        if DROP_IN in tree.files:
            drop_in = pathlib.Path(folder) / "vouchgated.service.d" / "atecc608.conf"
            drop_in.parent.mkdir()
            drop_in.write_text(tree.files[DROP_IN], encoding="utf-8")
            code, said = _analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
            if code != 0 or said:
                mistakes.append(f"{DROP_IN}: verify: {said or code}")
            mistakes += _exposure(DROP_IN, unit)
    return mistakes


if __name__ == "__main__":
    if "--offline" not in _analyze("--help")[1]:
        print("skipped: this systemd-analyze has no --offline (systemd 250 and later)")
        sys.exit(SKIP)
    sys.exit(run(check))
