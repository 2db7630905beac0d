"""Sizes and first lines: files, public headers and functions stay readable, and every source says what it is for."""

import re
import sys

from tree import blocks, code_only, line_of, run, without_directives

MOST_LINES = 400
MOST_HEADER_LINES = 120
MOST_FUNCTION_LINES = 60


def _opening(path, text):
    lines = text.splitlines() or [""]
    if path.endswith((".cpp", ".hpp", ".inc")):
        return lines[0].startswith("// ")
    if lines[0].startswith("#!"):
        lines = lines[1:] or [""]
    return lines[0].startswith('"""') if path.endswith(".py") else lines[0].startswith("# ")


def _long_functions(path, text):
    code = without_directives(code_only(text))
    for kind, head, start, _, close in blocks(code):
        length = line_of(text, close) - line_of(text, start) + 1
        if kind == "function" and length > MOST_FUNCTION_LINES:
            name = re.search(r"([\w:~]+)\s*\(", head)
            yield f"{path}:{line_of(text, start)}: {name.group(1) if name else 'function'} has {length} lines, at most {MOST_FUNCTION_LINES}"


def check(tree):
    mistakes = []
    for path, text in tree.texts(r"^(src|include|tests|packaging)/.*\.(cpp|hpp|inc|py|sh|cmake)$"):
        lines = len(text.splitlines())
        if lines > MOST_LINES and not path.endswith(".inc"):
            mistakes.append(f"{path}:1: {lines} lines, at most {MOST_LINES}")
        if path.startswith("include/") and path.endswith(".hpp") and lines > MOST_HEADER_LINES:
            mistakes.append(f"{path}:1: a public header of {lines} lines, at most {MOST_HEADER_LINES}")
        if not _opening(path, text):
            mistakes.append(f"{path}:1: no opening sentence (what it is for, what it must never do)")
        if path.endswith((".cpp", ".hpp")):
            mistakes += _long_functions(path, text)
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
