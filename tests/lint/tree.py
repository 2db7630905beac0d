"""The repository as a dictionary of texts, and the little C++ reading that the lints share; never writes a file."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {".git", "build", ".cache", "__pycache__", "corpus"}


class Tree:
    """Paths (with '/') to texts. A lint sees only this, so its self test can feed it any tree."""

    def __init__(self, files):
        self.files = files

    @staticmethod
    def from_disk(root=ROOT):
        files = {}
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if SKIPPED.isdisjoint(relative.parts) and path.is_file():
                try:
                    files[relative.as_posix()] = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    files[relative.as_posix()] = ""  # a binary file has no lines to judge; a link may lead to it
        return Tree(files)

    def texts(self, pattern):
        wanted = re.compile(pattern)
        return [(path, text) for path, text in self.files.items() if wanted.search(path)]

    def cpp(self):
        return self.texts(r"^(src|include)/.*\.(cpp|hpp|inc)$")

    def rooms(self):
        """THE TABLE of CMakeLists.txt: {room: [rooms it uses]}."""
        table = {}
        for name, rest in re.findall(r"^vouchgate_room\((\w+)([^)]*)\)", self.files["CMakeLists.txt"], re.M):
            uses = re.search(r"USES\s+(.*?)(?:LINKS|$)", rest, re.S)
            table[name] = uses.group(1).split() if uses else []
        return table


def room_of(path):
    match = re.match(r"(?:src|include/vouchgate)/(\w+)/", path)
    return match.group(1) if match else None


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def code_only(text):
    """The text with comments, strings and characters blanked out, same length and lines."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    pattern = (r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'')
    return re.sub(pattern, blank, text, flags=re.S)


def without_directives(code):
    """Code without its preprocessor lines (continued ones too), same length and lines."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: re.sub(r"[^\n]", " ", match.group(0)), code, flags=re.M)


def blocks(code):
    """Yields (kind, head, head offset, open offset, close offset) of every block at namespace or class scope; also
    ('statement', text, offset, offset, offset) of every statement at namespace scope. kind: namespace, class,
    function, value. Inside functions and values nothing is reported."""
    stack, start, position = [], 0, 0
    while position < len(code):
        char = code[position]
        if char == "{":
            head = code[start:position]
            kind = _kind(head)
            if kind in ("function", "value"):
                close = _matching(code, position)
                yield kind, head.strip(), start + len(head) - len(head.lstrip()), position, close
                position = close
                # `x{1};` and `= {...};` end at the semicolon; a constructor's `a_{b}` goes on to the next brace
                start = start if kind == "value" else close + 1
            else:
                stack.append(kind)
                start = position + 1
        elif char == "}":
            if stack:
                stack.pop()
            start = position + 1
        elif char == ";":
            if "class" not in stack:
                text = code[start:position]
                yield "statement", text.strip(), start + len(text) - len(text.lstrip()), position, position
            start = position + 1
        position += 1


def _kind(head):
    words = head.strip()
    if re.search(r"(^|\s)namespace\b[^=;()]*$", words) or re.search(r'extern\s*$', words):
        return "namespace"
    plain = re.sub(r"\([^()]*\)", "()", re.sub(r"<[^<>]*>", "", words))
    if re.search(r"\b(class|struct|union|enum)\b", plain) and "=" not in plain and not re.search(r"\w\s*\(", plain):
        return "class"
    if re.search(r"\)\s*(:\s*|.*,\s*)[\w:<>]+\s*$", words) and re.search(r"\)\s*(noexcept\s*)?:[^:]", words):
        return "value"  # a brace inside a constructor's initializer list
    return "function" if "(" in words and not re.search(r"(?<![=!<>])=(?!=)", plain.split("(")[0]) else "value"


def _matching(code, position):
    depth = 0
    for offset in range(position, len(code)):
        depth += {"{": 1, "}": -1}.get(code[offset], 0)
        if depth == 0:
            return offset
    return len(code) - 1


def run(check):
    """Every lint's main: prints the mistakes of the tree on disk, one a line, and exits 1 if there are any."""
    mistakes = check(Tree.from_disk())
    for mistake in mistakes:
        print(mistake)
    print(f"{len(mistakes)} mistakes")
    sys.exit(1 if mistakes else 0)
