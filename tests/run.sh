#!/usr/bin/env bash
# Builds and runs every test from a fresh clone on Debian 12; never sends a byte off this machine but to apt's mirror.
# Usage: tests/run.sh [STAGE...]   stages: fuzz asan tsan package system dev (all, in this order, by default), and by name
# tidy (a quarter of an hour on a cold cache), debian13, arm64, reproducible (each an hour of two processors at worst)
# As root it installs what is missing; otherwise packaging/install-deps.sh must have run once. VOUCHGATE_CCACHE names the
# compiler cache (default vouchgate-ccache in the user's cache directory, so that every clone shares it; below build/
# where that cannot be written). The last lines are ctest's summary of the dev stage.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
fuzz_seconds=${VOUCHGATE_FUZZ_SECONDS:-10}
default_stages=(fuzz asan tsan package system dev)
all_stages=("${default_stages[@]}" tidy debian13 arm64 reproducible)
stages=("$@")
((${#stages[@]})) || stages=("${default_stages[@]}")
for stage in "${stages[@]}"; do
  if [[ " ${all_stages[*]} " != *" $stage "* ]]; then
    echo "$0: no stage '$stage'; there are: ${all_stages[*]}" >&2
    exit 2
  fi
done

packaging/install-deps.sh all
export PATH=/usr/bin:/bin:$PATH # Debian's python3, which sees Debian's python3-jwt, before anybody's own
caches=${XDG_CACHE_HOME:-${HOME:-$PWD/build}/.cache}
mkdir -p "$caches" 2>/dev/null && [[ -w $caches ]] || caches=$PWD/build
export CCACHE_DIR=${VOUCHGATE_CCACHE:-$caches/vouchgate-ccache}
export CCACHE_BASEDIR=$PWD CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-3G}
export CCACHE_NOHASHDIR=true CMAKE_CXX_COMPILER_LAUNCHER=ccache
mkdir -p build "$CCACHE_DIR"

configure() { cmake --preset "$1" -Wno-dev >build/configure-"$1".log || { cat build/configure-"$1".log >&2; return 1; }; }
build() { # preset [targets...]
  local preset=$1
  shift
  configure "$preset" && ninja -C "build/$preset" -j "$jobs" --quiet "$@"
}
run_tests() { # preset [ctest arguments...]
  local preset=$1
  shift
  ctest --preset "$preset" --no-tests=error -j "$jobs" "$@"
}

stage_dev() { build dev && run_tests dev; }

# A fifth of the power cuts: here they look for misused memory, in dev for lost messages.
stage_asan() {
  build asan suite fuzzers
  VOUCHGATE_POWER_CUTS=400 ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
    run_tests asan -L 'unit|contract|scenario|fuzz'
}

stage_tsan() {
  local options=halt_on_error=1:second_deadlock_stack=1
  [[ -f tests/support/tsan.supp ]] && options+=":suppressions=$PWD/tests/support/tsan.supp"
  build tsan suite
  VOUCHGATE_POWER_CUTS=400 TSAN_OPTIONS=$options run_tests tsan
}

stage_fuzz() { # on copies of the corpora: what a fuzzer finds is not committed by accident
  local program name work
  build fuzz fuzzers
  for program in build/fuzz/fuzz_*; do
    [[ -x $program && -f $program ]] || continue
    name=${program##*/fuzz_}
    work=build/fuzz/work/$name
    rm -rf "$work" && mkdir -p "$work/corpus"
    cp -r "tests/fuzz/corpus/$name/." "$work/corpus/"
    if ! "$program" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$work/" "$work/corpus" >"$work/log" 2>&1; then
      tail -n 60 "$work/log"
      echo "fuzz: $name: found something; the input lies in $work/" >&2
      return 1
    fi
    echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs in $fuzz_seconds s, none of them harmful"
  done
}

stage_tidy() {
  configure dev
  tests/lint/tidy.sh "$PWD/build/dev" "$CCACHE_DIR/tidy"
}

stage_package() { packaging/build-deb.sh; }
stage_debian13() { tests/system/ports/debian13.sh; }
stage_arm64() { tests/system/ports/arm64.sh; }
stage_reproducible() { tests/system/ports/reproducible.sh; }

stage_system() { python3 -B tests/system/system_test.py; } # of what `package` made

for stage in "${stages[@]}"; do
  printf '== %s\n' "$stage"
  SECONDS=0
  # A subshell of its own: in an `if`, bash would ignore the failing command inside the stage.
  set +e
  (set -e; "stage_$stage")
  status=$?
  set -e
  if ((status != 0)); then
    echo "tests/run.sh: stage $stage failed after $SECONDS s" >&2
    exit 1
  fi
  # dev closes with ctest's summary; its time stands there
  [[ $stage == dev ]] || printf '== %s passed in %d s\n' "$stage" "$SECONDS"
done
