#!/usr/bin/env bash
# Two package builds that differ in all that must not matter: directory, time, umask, locale, time zone, parallelism.
# Usage: tests/system/ports/reproducible.sh   Compares every .deb byte by byte. No compiler cache, so each is really built.
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # name, umask, environment...
  local name=$1 mask=$2
  shift 2
  mkdir -p "$work/$name"
  (umask "$mask" && env -u CCACHE_DIR -u CMAKE_CXX_COMPILER_LAUNCHER TMPDIR="$work/$name" "$@" packaging/build-deb.sh "$work/$name.debs")
}
build one 022 LC_ALL=C.UTF-8 TZ=UTC DEB_BUILD_OPTIONS="parallel=$(nproc)"
build another/and/deeper 027 LC_ALL=C TZ=Pacific/Auckland DEB_BUILD_OPTIONS=parallel=1

differ=0
for deb in "$work"/one.debs/*.deb; do
  other=$work/another/and/deeper.debs/${deb##*/}
  if cmp "$deb" "$other"; then
    printf 'reproducible: %s %s\n' "$(sha256sum <"$deb" | cut -c 1-64)" "${deb##*/}"
  else
    differ=1
    ! command -v diffoscope >/dev/null || diffoscope --text-color=never "$deb" "$other" | head -n 200 || true
  fi
done
exit "$differ"
