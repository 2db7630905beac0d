"""shellcheck agrees with every shell script."""

import re
import subprocess
import sys

from tree import ROOT, run


def check(tree, root=ROOT):
    paths = [path for path, text in tree.files.items() if re.match(r"#!\s*/\S*\b(env )?(ba|da)?sh\b", text)]
    if not paths:
        return []
    command = ["shellcheck", "--format=gcc", "--severity=style", "--external-sources", *paths]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return (result.stdout + result.stderr).splitlines()


if __name__ == "__main__":
    sys.exit(run(check))
