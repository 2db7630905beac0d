"""Relative links in the documentation lead to files that exist."""

import posixpath
import re
import sys

from tree import line_of, run


def check(tree):
    folders = {posixpath.dirname(path) for path in tree.files} | {path.split("/")[0] for path in tree.files}
    mistakes = []
    for path, text in tree.texts(r"\.md$"):
        for match in re.finditer(r"\]\(([^)#\s]+)(#[^)]*)?\)", text):
            if re.match(r"[a-z]+:", match.group(1)):
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match.group(1)))
            if target not in tree.files and not any(folder == target or folder.startswith(target + "/") for folder in folders):
                mistakes.append(f"{path}:{line_of(text, match.start())}: dead link: {match.group(1)}")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
