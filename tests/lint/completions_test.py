"""Each shell offers every verb and option that --help names; a shell that is not installed is skipped. Runs no verb."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("VOUCHGATE_BINARY_DIR", ROOT / "build" / "dev"))
FOLDER = ROOT / "packaging" / "completions"

BASH = """source "$1"; shift
program=$1; COMP_WORDS=("$@" ''); COMP_CWORD=$#
"_$program"; printf '%s\\n' "${COMPREPLY[@]}"
"""
# The completion system does not run without a terminal; what the function hands to it is what is offered.
ZSH = """file=$1; shift
_arguments() { print -rl -- "$@" }
words=("$@" ''); CURRENT=$(($# + 1))
source $file
"""
FISH = '''source $argv[1]; complete -C "$argv[2..] "; complete -C "$argv[2..] --"'''


def levels(program, path=()):
    """(words of the command line, what --help names there) of every level; reads the help more plainly than the generator."""
    text = subprocess.run([BUILD / program, *path, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    options, _, below = text.partition("\nSubcommands:\n")
    children = re.findall(r"^ {2}(\w[\w-]*)", below, re.M)
    yield (program, *path), children + re.findall(r"^ {2}(?:-\w,)?(--[\w-]+)", options, re.M)
    for child in children:
        yield from levels(program, path + (child,))


class Completions(unittest.TestCase):
    def offers_all(self, shell, command, suffix, prefix=""):
        if shutil.which(shell) is None:
            self.skipTest(f"there is no {shell}")
        for program in ("vouchgate", "vouchgated"):
            for words, named in levels(program):
                file = str(FOLDER / (prefix + program + suffix))
                with tempfile.TemporaryDirectory() as empty:
                    result = subprocess.run([*command, file, *words], capture_output=True, text=True, check=False, cwd=empty,
                                            timeout=60)
                offered = {re.split(r"[\[\t]", line)[0] for line in result.stdout.splitlines()}
                offered |= set(re.findall(r"(?:\(\(| )([\w-]+)\\:", result.stdout))  # zsh: '1:verb:((name\:help ...))'
                self.assertLessEqual(set(named), offered, f"{shell}: {' '.join(words)}: {result.stderr}")

    def test_bash(self):
        self.offers_all("bash", ["bash", "--norc", "-c", BASH, "bash"], ".bash")

    def test_zsh(self):
        self.offers_all("zsh", ["zsh", "-f", "-c", ZSH, "zsh"], "", "_")

    def test_fish(self):
        self.offers_all("fish", ["fish", "--no-config", "-c", FISH], ".fish")

    def bash_after(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", BASH.replace(" '')", ")").replace("=$#", "=$(($# - 1))"), "bash",
                               str(FOLDER / "vouchgate.bash"), "vouchgate", *words],
                              capture_output=True, text=True, check=True, cwd=ROOT / "docs", timeout=60)
        return done.stdout.split()

    def test_bash_offers_values(self):
        self.assertEqual(self.bash_after("key", "export", "--format", ""), ["pem", "x509", "der", "jwk"])
        self.assertEqual(self.bash_after("key", "export", "--format", "=", "j"), ["jwk"])
        self.assertEqual(self.bash_after("--json", "--config", "any.yaml", "key", "cr"), ["create"])
        self.assertEqual(self.bash_after("--config", "hack"), ["hacking.md"])
        self.assertEqual(self.bash_after("key", "export", "--days", ""), [])


if __name__ == "__main__":
    unittest.main()
