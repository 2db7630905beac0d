#!/usr/bin/env bash
# Builds the Debian packages from a copy of the tree into build/deb/ and judges them with lintian; the tree itself stays clean.
# Usage: packaging/build-deb.sh   Needs packaging/install-deps.sh all. Uses ccache when CCACHE_DIR is set.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/vouchgate"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/vouchgate"
mv "$work/vouchgate/packaging/debian" "$work/vouchgate/debian"
if [[ -n ${CCACHE_DIR:-} ]]; then
  export CCACHE_BASEDIR=$work/vouchgate CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
# The changelog's date, so that two builds of one commit are the same
SOURCE_DATE_EPOCH=$(cd "$work/vouchgate" && dpkg-parsechangelog -S Timestamp)
export SOURCE_DATE_EPOCH
log=$work/log
if ! (cd "$work/vouchgate" && dpkg-buildpackage -us -uc -b) >"$log" 2>&1; then
  tail -n 60 "$log" >&2
  exit 1
fi

rm -rf build/deb
mkdir -p build/deb
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo build/deb/
lintian --fail-on error --allow-root --tag-display-limit 0 build/deb/*.changes
ls -l build/deb/*.deb
