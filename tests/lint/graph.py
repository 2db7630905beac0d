"""The graph in docs/architecture.md is THE TABLE of CMakeLists.txt drawn; --write draws it anew."""

import re
import sys

from rooms import ADAPTERS, PURE
from tree import ROOT, Tree, run

PAGE = "docs/architecture.md"
BLOCK = re.compile(r"(<!-- graph: tests/lint/graph\.py --write -->\n).*?(<!-- /graph -->)", re.S)
ROWS = [("APP", {"app", "cli"}), ("ADAPTERS", ADAPTERS), ("JOINER", {"gateway"}), ("PURE", PURE), ("CONTRACT", {"contract"}),
        ("VALUES", {"model"}), ("BASE", {"base"}), ("APART", {"emulator"})]


def _direct(table, room):
    """USES without what another used room brings along, so that the drawing stays readable."""
    uses = set(table[room])
    return [other for other in table[room] if not any(other in table[third] for third in uses - {other})]


def draw(table):
    lines = ["```mermaid", "graph TD"]
    for row, members in ROWS:
        present = [room for room in table if room in members]
        if present:
            lines.append(f"  subgraph {row}")
            lines += [f"    {room}" for room in present]
            lines.append("  end")
    lines += [f"  {room} --> {other}" for room in table for other in _direct(table, room)]
    return "\n".join(lines + ["```", ""])


def check(tree):
    page = tree.files.get(PAGE, "")
    if not BLOCK.search(page):
        return [f"{PAGE}: no graph block"]
    if draw(tree.rooms()) not in page:
        return [f"{PAGE}: the graph is not THE TABLE's: run python3 tests/lint/graph.py --write"]
    return []


def write():
    tree = Tree.from_disk()
    drawn = draw(tree.rooms())
    (ROOT / PAGE).write_text(BLOCK.sub(lambda match: match.group(1) + drawn + match.group(2), tree.files[PAGE]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write() if "--write" in sys.argv else run(check))
