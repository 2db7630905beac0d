"""Rule 4: no room without a subject, and no mutable state at namespace scope except the log sink."""

import re
import sys

from tree import blocks, code_only, line_of, run, without_directives

VAGUE = {"common", "util", "utils", "core", "helper", "helpers", "manager", "misc", "shared"}
LOG_SINK = "src/base/log.cpp"
NOT_A_VARIABLE = re.compile(r"^(using|typedef|friend|template|extern|static_assert|class|struct|enum|union|namespace|return|VOUCHGATE_)\b")
# a type, then a name, then the end, an array, or an initializer; a parenthesis first means a function
VARIABLE = re.compile(r"^(?:\[\[[^\]]*\]\]\s*)?[A-Za-z_][\w:<>,\s*&]*[\s*&>]\w+\s*(\[[^\]]*\])?\s*(=.*|\{.*)?$", re.S)
LOCAL_STATIC = re.compile(r"^[ \t]+(?:static|thread_local)\s+(?!.*\bconst)[^()\n]*(?:=|;|\{)", re.M)


def check(tree):
    table = tree.rooms()
    mistakes = [f"CMakeLists.txt: a room called '{room}' says nothing about its subject" for room in table if room in VAGUE]
    for path, text in tree.cpp():
        if path.rsplit("/", 1)[-1].split(".")[0] in VAGUE:
            mistakes.append(f"{path}:1: this file name says nothing about its subject")
        if path == LOG_SINK or path.endswith(".inc"):
            continue
        code = without_directives(code_only(text))
        for kind, head, start, _, _ in blocks(code):
            constant = re.search(r"\b(const|constexpr|consteval|operator)\b", head)
            if kind == "statement" and not constant and not NOT_A_VARIABLE.match(head) and VARIABLE.match(head):
                mistakes.append(f"{path}:{line_of(text, start)}: mutable state at namespace scope: {head.splitlines()[0][:60]}")
        for match in LOCAL_STATIC.finditer(code):
            mistakes.append(f"{path}:{line_of(text, match.start())}: mutable static: {match.group(0).strip()[:60]}")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
