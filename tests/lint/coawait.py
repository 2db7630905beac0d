"""Rule 5: no braced temporary and no lambda inside a co_await expression, for GCC 12 destroys them twice."""

import re
import sys

from tree import code_only, line_of, run


def _operand(code, start):
    """From co_await to the end of its full expression: the semicolon, or the bracket that was open before it."""
    depth = 0
    for offset in range(start, len(code)):
        char = code[offset]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and char == ";"):
            return code[start:offset]
    return code[start:]


def check(tree):
    mistakes = []
    for path, text in tree.texts(r"^(src|include|tests)/.*\.(cpp|hpp)$"):
        code = code_only(text)
        for match in re.finditer(r"\bco_await\b", code):
            operand = _operand(code, match.end())
            if "{" in operand:
                mistakes.append(f"{path}:{line_of(text, match.start())}: braces inside co_await: name the value first")
            elif re.search(r"(?<![\w\])>])\s*\[", operand):
                mistakes.append(f"{path}:{line_of(text, match.start())}: a lambda inside co_await: name it first")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
