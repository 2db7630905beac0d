"""Rule 3: the pure rooms read no clock, socket or file; time is a parameter."""

import re
import sys

from rooms import PURE
from tree import code_only, line_of, room_of, run

FORBIDDEN = re.compile(
    r"::now\s*\(|\b(?:std::time|gettimeofday|clock_gettime|getenv|random_device)\b"
    r"|#\s*include\s*<(?:thread|fstream|iostream|filesystem|mutex|condition_variable|future|random|sys/\w+\.h|unistd\.h|fcntl\.h)>")


def check(tree):
    mistakes = []
    for path, text in tree.cpp():
        if room_of(path) in PURE:
            for match in FORBIDDEN.finditer(code_only(text)):
                mistakes.append(f"{path}:{line_of(text, match.start())}: pure room: '{match.group(0)}' (give it as a parameter)")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
