"""clang-format agrees with every C++ file; never rewrites one. Another release of it lays out differently and is not asked."""

import re
import subprocess
import sys

from tree import ROOT, run

RELEASE = "14"  # Debian 12's

def check(tree, root=ROOT):
    paths = [path for path, _ in tree.texts(r"^(src|include|tests)/.*\.(cpp|hpp)$")]
    if not paths:
        return []
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True, check=False)
    return [line for line in result.stderr.splitlines() if "error:" in line]


if __name__ == "__main__":
    version = re.search(r"version (\d+)", subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout)
    if version.group(1) != RELEASE:
        print(f"skipped: the layout is that of clang-format {RELEASE}, here is {version.group(1)}")
        sys.exit(77)
    sys.exit(run(check))
