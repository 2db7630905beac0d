"""Every command line of ours that the documentation shows is one that the programs take; runs nothing but --help.

Usage: commands.py VOUCHGATE VOUCHGATED
"""

import os
import re
import sys

from completions import options_of, verbs
from tree import line_of, run

# What is code: the lines of fenced and indented blocks, `...`, and the '...' of a log line's hint.
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
CODE = re.compile(r"`([^`\n]+)`|'(vouchgated? [^'\n]+)'|^ {4,}(.+)$", re.M)
# A command stands first, or behind what ends another or hands over to it.
COMMAND = re.compile(r"(?:^|(?:--|[|;&(']) ?)(vouchgated?(?: [^|;&<>()'\n]*)?)", re.M)


def commands(text):
    """(offset, command line) of all that the text shows; neither log lines with a {field} nor drawings."""
    pieces = [(match.start(), match.group(0)) for match in FENCE.finditer(text)]
    prose = FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)
    pieces += [(match.start(match.lastindex), match.group(match.lastindex)) for match in CODE.finditer(prose)]
    return sorted((start + match.start(1), match.group(1).strip()) for start, piece in pieces
                  for match in COMMAND.finditer(piece) if not re.search(r"\{| ---", match.group(1)))


def mistake_in(command, levels):
    """What is wrong with a command line, or None. Two blanks end it: an explanation stands behind them."""
    verb, words = levels[0], re.sub(r"  .*|[\[\]]", "", command).split()[1:]
    while words:
        word = words.pop(0)
        name = word.partition("=")[0]
        below = next((each for each in levels if each.path == verb.path + (word,)), None)
        option = next((each for each in options_of(levels, verb) + levels[0].options if each.name == name), None)
        if below:
            verb = below
        elif word.startswith("--") and option is None:
            return f"there is no {name}"
        elif option and option.kind != "flag" and "=" not in word:
            del words[:1]
        elif not option and verb.children:
            return f"there is no '{' '.join(verb.path + (word,))}'"
        elif not option and not verb.positionals:
            return f"'{word}' has no place there"
    return None


def check(tree, programs):
    mistakes = []
    for path, text in tree.texts(r"^(README\.md|docs/[^/]+\.md)$"):
        for at, command in commands(text):
            wrong = mistake_in(command, programs[command.split()[0]])
            if wrong:
                mistakes.append(f"{path}:{line_of(text, at)}: {command}: {wrong}")
    return mistakes


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    run(lambda tree: check(tree, {os.path.basename(program): verbs(program) for program in sys.argv[1:]}))
