"""The top level is closed: nothing lies there but what a reader of the repository expects."""

import sys

from tree import run

ALLOWED = {"CMakeLists.txt", "CMakePresets.json", "src", "include", "systemd", "config", "tests", "packaging", "docs",
           "README.md", "LICENSE"}


def check(tree):
    ignored = {line.strip("/ ") for line in tree.files.get(".gitignore", "").splitlines()}
    names = {path.split("/")[0] for path in tree.files}
    return [f"{name}: does not belong at the top level" for name in sorted(names - ALLOWED - ignored)
            if not name.startswith(".")]


if __name__ == "__main__":
    sys.exit(run(check))
