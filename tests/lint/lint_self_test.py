"""Every lint can fail: each is fed a small bad tree and must complain, and a good one and must not."""

import pathlib
import tempfile
import unittest

import coawait
import commands
import format as format_lint
import graph
import links
import man_pages
import names
import pure
import rooms
import shell
import sizes
import third_party
import top_level
import unit_file
import words
from completions import Argument, Verb
from tree import ROOT, Tree

TABLE = """
vouchgate_room(base LINKS Threads::Threads)
vouchgate_room(model USES base)
vouchgate_room(contract USES model base)
vouchgate_room(token USES contract model base LINKS ${JSON})
vouchgate_room(keys USES contract model base)
"""


def tree(table=TABLE, **files):
    named = {name.replace("__", "/").replace("_cpp", ".cpp").replace("_hpp", ".hpp"): text for name, text in files.items()}
    return Tree({"CMakeLists.txt": table, **named})


class LintsCanFail(unittest.TestCase):
    def refused(self, lint, word, checked):
        self.assertTrue(any(word in mistake for mistake in lint.check(checked)), lint.check(checked))

    def accepted(self, lint, checked):
        self.assertEqual(lint.check(checked), [])

    def test_rooms(self):
        self.accepted(rooms, tree(src__token__a_cpp='#include "vouchgate/model/ids.hpp"\n#include "b.hpp"\n', src__token__b_hpp=""))
        self.refused(rooms, "may not include 'keys'", tree(src__token__a_cpp='#include "vouchgate/keys/keys.hpp"\n'))
        self.refused(rooms, "not a header of src/token", tree(src__token__a_cpp='#include "../keys/b.hpp"\n', src__keys__b_hpp=""))
        self.refused(rooms, "only vouchgate/", Tree({"CMakeLists.txt": TABLE, "include/vouchgate/keys/keys.hpp": '#include "b.hpp"\n'}))
        self.refused(rooms, "no room of THE TABLE", tree(src__cellar__a_cpp=""))

    def test_rooms_table(self):
        self.refused(rooms, "a cycle", tree(TABLE.replace("room(base ", "room(base USES token ")))
        self.refused(rooms, "its row may not see", tree(TABLE.replace("room(token USES", "room(token USES keys")))
        self.refused(rooms, "stands in no row", tree(TABLE + "vouchgate_room(cellar USES base)\n"))

    def test_only_one_file_knows_everyone(self):
        others = ["contract", "token", "attach", "session", "dialect", "gateway"]
        table = TABLE + "\n".join(f"vouchgate_room({room} USES contract model base)" for room in ["attach", "session", "dialect", "gateway"])
        table += f"\nvouchgate_room(app USES {' '.join(others)} model base)\n"
        text = "".join(f'#include "vouchgate/{room}/x.hpp"\n' for room in others)
        self.refused(rooms, "more than 5 rooms", tree(table, src__app__other_cpp=text))
        self.assertFalse([m for m in rooms.check(tree(table, src__app__assemble_cpp=text)) if "more than" in m])

    def test_third_party(self):
        self.accepted(third_party, tree(src__keys__a_cpp="#include <tss2/tss2_esys.h>\n#include <vector>\n#include <sys/stat.h>\n"))
        self.refused(third_party, "at home elsewhere", tree(src__token__a_cpp="#include <openssl/evp.h>\n"))
        self.refused(third_party, "at home elsewhere", tree(src__keys__a_cpp="#include <boost/asio/post.hpp>\n"))
        self.refused(third_party, "has no home", tree(src__keys__a_cpp="#include <fmt/format.h>\n"))

    def test_pure(self):
        self.accepted(pure, tree(src__keys__a_cpp="auto t = Clock::now();", src__token__a_cpp="// never calls ::now()\n"))
        self.refused(pure, "::now", tree(src__token__a_cpp="auto t = std::chrono::system_clock::now();"))
        self.refused(pure, "<thread>", tree(src__token__a_cpp="#include <thread>\n"))

    def test_names(self):
        good = ("namespace a {\nconstexpr int most = 3;\nconst char* const word = \"x\";\nint twice(int x);\nstruct S {\n  int x = 0;\n};\n"
                "S::S() : x{1} {}\nint twice(int x) {\n  int y = x;\n  static const int z = y;\n  return y + z;\n}\n}\n")
        self.accepted(names, tree(src__token__a_cpp=good))
        self.refused(names, "says nothing", tree("vouchgate_room(utils USES base)\n"))
        for bad in ("int count = 0;", "static std::map<int, int> seen;", "std::string word{\"x\"};", "thread_local int depth;",
                    "std::atomic<bool> stop{false};", "inline int counter;"):
            self.refused(names, "mutable state", tree(src__token__a_cpp="namespace {\n" + bad + "\n}\n"))
        self.refused(names, "mutable static", tree(src__token__a_cpp="int f() {\n  static int calls = 0;\n  return ++calls;\n}\n"))
        self.assertEqual(names.check(tree(src__base__log_cpp="int count = 0;")), [])

    def test_coawait(self):
        self.accepted(coawait, tree(src__keys__a_cpp="if (co_await read(buffer[0])) {\n  f([] {});\n}\n"))
        self.refused(coawait, "braces", tree(src__keys__a_cpp="co_await send(Message{1});"))
        self.refused(coawait, "braces", tree(src__keys__a_cpp="co_await run([x] { return x; });"))
        self.refused(coawait, "a lambda", tree(src__keys__a_cpp="co_await run([x](int) -> y);"))

    def test_sizes(self):
        body = "  f();\n"
        self.accepted(sizes, tree(src__keys__a_cpp="// What it is for.\nvoid g() {\n" + body * 58 + "}\n"))
        self.refused(sizes, "g has 61 lines", tree(src__keys__a_cpp="// What it is for.\nvoid g() {\n" + body * 59 + "}\n"))
        self.refused(sizes, "K::K has", tree(src__keys__a_cpp="// What it is for.\nK::K() : a_(1), b_{2} {\n" + body * 60 + "}\n"))
        self.refused(sizes, "401 lines", tree(src__keys__a_cpp="// x\n" * 401))
        self.refused(sizes, "a public header", Tree({"CMakeLists.txt": TABLE, "include/vouchgate/keys/keys.hpp": "// x\n" * 121}))
        self.refused(sizes, "no opening sentence", tree(src__keys__a_cpp="#include <vector>\n"))

    def test_top_level(self):
        self.accepted(top_level, Tree({"README.md": "", "src/a/b.cpp": "", ".ci/run": ""}))
        self.refused(top_level, "notes.txt", Tree({"notes.txt": ""}))

    def test_words(self):
        self.accepted(words, tree(src__keys__a_cpp="// all done; see /etc/vouchgate\n"))
        self.refused(words, "unfinished", tree(src__keys__a_cpp="// TO" "DO: later\n"))
        self.refused(words, "path of one machine", tree(src__keys__a_cpp='open("/ho' 'me/me/key.pem");'))

    def test_links(self):
        self.accepted(links, Tree({"README.md": "[a](docs/a.md#x) [b](https://example.org) [c](docs)", "docs/a.md": ""}))
        self.refused(links, "dead link", Tree({"README.md": "[a](docs/b.md)", "docs/a.md": ""}))

    def test_man_pages(self):
        page = ".TH A 1\n.SH NAME\na \\- b\n.SH SEE ALSO\n.BR a (1)\n"
        good = {"docs/man/a.1": page, "packaging/install.cmake": "docs/man/a.1", "packaging/debian/a.install": "usr/share/man/man1/a.1\n"}
        self.accepted(man_pages, Tree(good))
        self.refused(man_pages, "does not install", Tree(good | {"packaging/install.cmake": ""}))
        self.refused(man_pages, "no packaging", Tree(good | {"packaging/debian/a.install": ""}))
        self.refused(man_pages, "there is no b(8)", Tree(good | {"docs/man/a.1": page + ".BR b (8)\n"}))
        self.refused(man_pages, "warning", Tree(good | {"docs/man/a.1": page + ".NOSUCH\n"}))

    def test_commands(self):
        flag, value = Argument("--json", "", "flag", []), Argument("--days", "", "other", [])
        levels = [Verb((), "", [flag], [], ["key"]), Verb(("key",), "", [], [], ["show"]), Verb(("key", "show"), "", [value], [], [])]
        for text, word in (("`vouchgate key show --days 3 --json`", ""), ("    sudo -u x -- vouchgate key show | vouchgate\n", ""),
                           ("`vouchgate kye`", "no 'kye'"), ("    a && vouchgate key shwo  is wrong\n", "no 'key shwo'"),
                           ("```\nvouchgate key show --dyas 3\n```", "no --dyas"), ("it said 'vouchgate key show all'", "'all' has no place")):
            found = commands.check(Tree({"docs/a.md": text}), {"vouchgate": levels})
            self.assertEqual([mistake.endswith(word) or word in mistake for mistake in found], [True] if word else [], found)

    def test_graph(self):
        page = "<!-- graph: tests/lint/graph.py --write -->\n" + graph.draw(tree().rooms()) + "<!-- /graph -->\n"
        self.accepted(graph, Tree({"CMakeLists.txt": TABLE, graph.PAGE: page}))
        self.refused(graph, "not THE TABLE's", Tree({"CMakeLists.txt": TABLE + "vouchgate_room(mqtt USES base)\n", graph.PAGE: page}))
        self.refused(graph, "no graph block", tree())

    def test_format_and_shell(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "src").mkdir()
            files = {"src/a.cpp": "int   main( ){return 0;}\n", "src/run.sh": "#!/bin/sh\ncat $1\n"}
            for path, text in files.items():
                (root / path).write_text(text, encoding="utf-8")
            self.assertTrue(format_lint.check(Tree(files), root))
            self.assertTrue(any("SC2086" in line for line in shell.check(Tree(files), root)))

    def test_unit_file(self):
        text = (ROOT / unit_file.UNIT).read_text(encoding="utf-8")
        self.refused(unit_file, "verify", Tree({unit_file.UNIT: text + "\n[Service]\nWatchdogSecs=30\n"}))
        socket = (ROOT / unit_file.SOCKET).read_text(encoding="utf-8")
        self.refused(unit_file, "verify", Tree({unit_file.UNIT: text, unit_file.SOCKET: socket + "\n[Socket]\nListenStreams=/x\n"}))
        loose = "\n".join(line for line in text.splitlines() if not line.startswith(("Protect", "Restrict", "Capability", "Private")))
        self.refused(unit_file, "security", Tree({unit_file.UNIT: loose}))


if __name__ == "__main__":
    unittest.main()
