"""Rule 1: a room includes only the rooms on its USES line, only their public headers, and USES respects the rows."""

import posixpath
import re
import sys

from tree import room_of, run

PURE = {"token", "attach", "session", "dialect"}
ADAPTERS = {"config", "keys", "spool", "mqtt", "ingress", "control", "service", "timekeeper", "provision", "metrics"}
BELOW = {"contract", "model", "base"}
# What each room may see at most (docs/architecture.md, Rooms). A new room needs a line here: that is the decision.
MAY_SEE = {
    "base": set(),
    "model": {"base"},
    "contract": {"model", "base"},
    **{room: BELOW for room in PURE | ADAPTERS},
    "gateway": PURE | BELOW,
    "app": PURE | ADAPTERS | BELOW | {"gateway"},
    "cli": {"config", "keys", "mqtt", "timekeeper", "provision", "token", "dialect"} | BELOW,
    "emulator": {"model", "base"},
}
ONE_FILE_KNOWS_EVERYONE = "src/app/assemble.cpp"
MOST_ROOMS = 5  # the joiner's five and the values everybody speaks in (model, base) are not counted


def _table_mistakes(table):
    for room, uses in table.items():
        if room not in MAY_SEE:
            yield f"CMakeLists.txt: room '{room}' stands in no row: add it to docs/architecture.md and tests/lint/rooms.py"
        for other in uses:
            if other not in table:
                yield f"CMakeLists.txt: room '{room}' uses '{other}', which is no room"
            elif room in MAY_SEE and other not in MAY_SEE[room]:
                yield f"CMakeLists.txt: room '{room}' uses '{other}', which its row may not see"
        if _reaches(table, room, room):
            yield f"CMakeLists.txt: room '{room}' reaches itself: a cycle"


def _reaches(table, start, goal):
    seen, open_rooms = set(), list(table.get(start, []))
    while open_rooms:
        room = open_rooms.pop()
        if room == goal:
            return True
        if room not in seen:
            seen.add(room)
            open_rooms += table.get(room, [])
    return False


def _private(tree, path, name):
    """A quoted include that is not a public header: only a header of the same room under src/."""
    room = room_of(path)
    places = [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), posixpath.normpath(f"src/{room}/{name}")]
    if path.startswith("include/"):
        return "a public header includes only vouchgate/... headers"
    if not any(place in tree.files and place.startswith(f"src/{room}/") for place in places):
        return f"not a header of src/{room}/ (public ones are included as vouchgate/<room>/...)"
    return None


def check(tree):
    table = tree.rooms()
    mistakes = list(_table_mistakes(table))
    for path, text in tree.cpp():
        room, seen = room_of(path), set()
        if room not in table:
            mistakes.append(f"{path}:1: folder '{room}' is no room of THE TABLE")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include:
                continue
            public = re.match(r"vouchgate/(\w+)/", include.group(2))
            if public:
                other = public.group(1)
                seen.add(other)
                if other != room and other not in table[room]:
                    mistakes.append(f"{path}:{number}: room '{room}' may not include '{other}' (not on its USES line)")
            elif include.group(1) == '"':
                reason = _private(tree, path, include.group(2))
                if reason:
                    mistakes.append(f"{path}:{number}: \"{include.group(2)}\": {reason}")
        if len(seen - {room, "model", "base"}) > MOST_ROOMS and path != ONE_FILE_KNOWS_EVERYONE:
            mistakes.append(f"{path}:1: includes more than {MOST_ROOMS} rooms; only {ONE_FILE_KNOWS_EVERYONE} may")
    return mistakes


if __name__ == "__main__":
    sys.exit(run(check))
