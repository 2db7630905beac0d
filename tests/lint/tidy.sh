#!/usr/bin/env bash
# Runs clang-tidy over src/**/*.cpp with the compile commands of a build tree; never changes a source file.
# Usage: tidy.sh BUILD_DIR [CACHE_DIR]   A file whose preprocessed text and settings were clean before is not run again.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: tidy.sh BUILD_DIR [CACHE_DIR]}
cache=${2:-$build/tidy-cache}
mkdir -p "$cache"
settings=$(cat .clang-tidy <(clang-tidy --version) | sha256sum)

one_file() {
  local command key out
  # The compile command with -E in place of its output: what the compiler would see is what the verdict depends on.
  command=$(python3 - "$build/compile_commands.json" "$PWD/$1" <<'PYTHON'
import json, re, sys
for entry in json.load(open(sys.argv[1], encoding="utf-8")):
    if entry["file"] == sys.argv[2]:
        command = re.sub(r"^\S*ccache\s+", "", entry["command"])
        print(re.sub(r" -o \S+ -c ", " -E -P ", command))
        break
PYTHON
  )
  [[ -n $command ]] || return 0 # not part of this build
  # Its own text too: a NOLINT comment does not survive the preprocessor.
  key=$({
    (cd "$build" && eval "$command")
    cat "$1"
    echo "$settings"
  } | sha256sum | cut -d' ' -f1)
  [[ -e $cache/$key ]] && return 0
  if out=$(clang-tidy --quiet -p "$build" "$1" 2>/dev/null); then
    touch "$cache/$key"
  else
    printf '%s: clang-tidy:\n%s\n' "$1" "$out"
    return 1
  fi
}
export -f one_file
export build cache settings
# shellcheck disable=SC2016  # $0 is the inner shell's
find src -name '*.cpp' -print0 | sort -z | xargs -0 -r -n 1 -P "$(nproc)" bash -euo pipefail -c 'one_file "$0"'
echo "clang-tidy: clean"
