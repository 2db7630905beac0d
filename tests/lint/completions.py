"""Shell completions from what the programs say of themselves in --help; prints one file, never changes a program or a tree.

Usage: completions.py FILE PROGRAM, with FILE one of <program>.bash, _<program> (zsh), <program>.fish.
"""

import dataclasses
import re
import subprocess
import sys

FILES = {"--bus", "--config", "--directory", "--out", "--output", "--public-key", "FILE"}  # what --help calls TEXT and is a path
DEVICES = {"--device", "DEVICE"}                       # what --help calls TEXT and is a child's id
LIST_DEVICES = "timeout 2 vouchgate devices list --json 2>/dev/null | grep -o '\"device\":\"[^\"]*\"' | cut -d '\"' -f 4"


@dataclasses.dataclass
class Argument:
    """An option or, without dashes, a positional. `kind`: flag, words, files, devices or other."""
    name: str
    help: str
    kind: str
    words: list


@dataclasses.dataclass
class Verb:
    """One level of the command line; `path` is () for the program itself."""
    path: tuple
    help: str
    options: list
    positionals: list
    children: list


def _entries(text):
    """{section: [(left, right)]} of CLI11's help; what is too wide for the left column has its right one a line below."""
    sections, entries = {}, None
    for line in text.splitlines():
        if re.match(r"\w.*:$", line):
            entries = sections.setdefault(line.rstrip(":"), [])
        elif entries is not None and re.match(r" {2}\S", line):
            left, _, right = line.strip().partition("  ")
            entries.append([left, right.strip()])
        elif entries and line.strip():
            entries[-1][1] = (entries[-1][1] + " " + line.strip()).strip()
    return sections


def _argument(left, right):
    names, _, about = left.partition(" ")
    name = names.split(",")[-1]
    about = re.sub(r"\b(Excludes|Needs): .*|\bREQUIRED\b", "", about).strip()
    choice = re.search(r"\{([^}]*)\}", about)
    kind = ("words" if choice else "files" if name in FILES else "devices" if name in DEVICES
            else "other" if about else "flag")
    return Argument(name, right, kind, choice.group(1).split(",") if choice else [])


def verbs(program, path=(), about=""):
    """Every level of `program`, itself first."""
    result = subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True, timeout=60)
    sections = _entries(result.stdout)
    verb = Verb(path, about, [_argument(*entry) for entry in sections.get("Options", [])],
                [_argument(*entry) for entry in sections.get("Positionals", [])],
                [left for left, _ in sections.get("Subcommands", [])])
    below = [each for left, right in sections.get("Subcommands", []) for each in verbs(program, path + (left,), right)]
    return [verb, *below]


def options_of(levels, verb):
    """Its own options, and the program's --config and --json, which may stand behind any verb."""
    own = [option.name for option in verb.options]
    return verb.options + [option for option in levels[0].options if option.name not in own + ["--version"]]


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def _joined(verb):
    return " ".join(verb.path)


def _opening(name, shell):
    return f"# Completion of {name} for {shell}, generated from its --help by 'ninja -C build/dev regenerate'.\n"


def _steps(levels):
    """'<verb so far> <next word>' of every level below the program."""
    return [f"'{' '.join(verb.path[:-1])} {verb.path[-1]}'" for verb in levels[1:]]


def _answer(argument):
    return {"words": " ".join(argument.words), "files": "@files", "devices": "@devices"}.get(argument.kind, "")


BASH = r"""_NAME() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' answer='' word
  # --option=value: to readline '=' is a word of its own
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
{{verbs
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$verb $word" in
      STEPS) verb=${verb:+$verb }$word ;;
    esac
  done
}}
  case "$verb $prev" in
VALUES    *)
      case $verb in
LEVELS      esac
      ;;
  esac
  COMPREPLY=()
  for word in $answer; do
    case $word in
      @files)
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
        ;;
{{devices
      @devices)
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(LIST)" -- "$cur")
        ;;
}}
      "$cur"*) COMPREPLY+=("$word") ;;
    esac
  done
}
complete -F _NAME NAME
"""


def bash(name, levels):
    values, plain = "", ""
    for verb in levels:
        words = verb.children + [_answer(each) for each in verb.positionals] + [each.name for each in options_of(levels, verb)]
        plain += f"        {_quoted(_joined(verb))}) answer={_quoted(' '.join(filter(None, words)))} ;;\n"
        for option in verb.options:
            place = f"'{_joined(verb)} {option.name}'" if verb.path else f"*' {option.name}'"
            if option.kind != "flag":
                values += f"    {place}) answer={_quoted(_answer(option))} ;;\n"
    return _opening(name, "bash") + _filled(BASH, name, levels, STEPS=" | ".join(_steps(levels)), VALUES=values, LEVELS=plain)


def _filled(template, name, levels, **parts):
    """The template without the parts that this program has no use for: between '{{word' and '}}'."""
    has = {"verbs": len(levels) > 1,
           "devices": any(each.kind == "devices" for verb in levels for each in verb.options + verb.positionals)}
    out = re.sub(r"\{\{(\w+)\n(.*?)\}\}\n", lambda part: part.group(2) if has[part.group(1)] else "", template, flags=re.S)
    for word, text in {"NAME": name, "LIST": LIST_DEVICES, **parts}.items():
        out = out.replace(word, text)
    return out


ZSH = r"""{{devices
_NAME_devices() {
  local -a ids
  ids=(${(f)"$(LIST)"})
  compadd -a ids
}

}}
_NAME() {
  local verb=''
{{verbs
  local word
  local -i at=1 last=1
  for word in "${(@)words[2,CURRENT-1]}"; do
    ((++at))
    case "$verb $word" in
      (STEPS) verb=${verb:+$verb }$word last=$at ;;
    esac
  done
  # _arguments counts positionals: the verb's own words are none
  words=("$words[1]" "${(@)words[last+1,-1]}")
  ((CURRENT -= last - 1))
}}
  case $verb in
LEVELS  esac
}

_NAME "$@"
"""


def zsh(name, levels):
    def action(argument):
        return {"words": f"({' '.join(argument.words)})", "files": "_files", "devices": f"_{name}_devices"}.get(argument.kind, " ")

    def option(argument):
        text = re.sub(r"([\[\]:\\])", r"\\\1", argument.help)
        value = "" if argument.kind == "flag" else f":{argument.name.lstrip('-')}:{action(argument)}"
        return _quoted(f"{argument.name}[{text}]{value}")

    def child(path):
        about = next(verb.help for verb in levels if verb.path == path)
        return path[-1] + r"\:" + re.sub(r"([^\w-])", r"\\\1", about)

    plain = ""
    for verb in levels:
        specs = [option(each) for each in options_of(levels, verb)]
        specs += [_quoted(f"{at}:{each.name}:{action(each)}") for at, each in enumerate(verb.positionals, 1)]
        if verb.children:
            specs.append(_quoted("1:verb:((" + " ".join(child(verb.path + (each,)) for each in verb.children) + "))"))
        plain += f"    ({_quoted(_joined(verb))})\n      _arguments " + " \\\n        ".join(specs) + "\n      ;;\n"
    body = _filled(ZSH, name, levels, STEPS="|".join(_steps(levels)), LEVELS=plain)
    return f"#compdef {name}\n" + _opening(name, "zsh") + body


FISH = r"""function __NAME_at
    set -l verb ''
{{verbs
    for word in (commandline -opc)[2..]
        switch "$verb $word"
            case STEPS
                set verb (string trim "$verb $word")
        end
    end
}}
    test "$verb" = "$argv[1]"
end

{{devices
function __NAME_devices
    LIST
end

}}
complete -c NAME -f
LEVELS"""


def fish(name, levels):
    def quoted(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = ""
    for verb in levels:
        start = f"complete -c {name} -n {quoted('__' + name + '_at ' + quoted(_joined(verb)))}"
        for path in (verb.path + (each,) for each in verb.children):
            about = next(below.help for below in levels if below.path == path)
            lines += f"{start} -a {path[-1]} -d {quoted(about)}\n"
        for each in verb.positionals:
            value = {"files": " -F", "devices": f" -a '(__{name}_devices)'"}.get(each.kind)
            lines += f"{start}{value}\n" if value else ""
        inherited = [option.name for option in options_of(levels, levels[0])] if verb.path else []
        for each in (option for option in verb.options if option.name not in inherited):
            value = {"flag": "", "words": f" -x -a {quoted(' '.join(each.words))}", "files": " -r -F",
                     "devices": f" -x -a '(__{name}_devices)'"}.get(each.kind, " -x")
            begin = start if verb.path or each.name == "--version" else f"complete -c {name}"
            lines += f"{begin} -l {each.name.lstrip('-')}{value} -d {quoted(each.help)}\n"
    return _opening(name, "fish") + _filled(FISH, name, levels, STEPS=" ".join(_steps(levels)), LEVELS=lines)


def main(file, program):
    levels = verbs(program)
    write = fish if file.endswith(".fish") else bash if file.endswith(".bash") else zsh
    sys.stdout.write(write(file.removeprefix("_").partition(".")[0], levels))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
