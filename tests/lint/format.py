"""clang-format agrees with every C++ file; never rewrites one."""

import subprocess
import sys

from tree import ROOT, run


def check(tree, root=ROOT):
    paths = [path for path, _ in tree.texts(r"^(src|include|tests)/.*\.(cpp|hpp)$")]
    if not paths:
        return []
    result = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True, check=False)
    return [line for line in result.stderr.splitlines() if "error:" in line]


if __name__ == "__main__":
    sys.exit(run(check))
