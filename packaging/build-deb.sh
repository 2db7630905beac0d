#!/usr/bin/env bash
# Builds the Debian packages from a copy of the tree and judges them with lintian and sbom_check; the tree itself stays clean.
# Usage: packaging/build-deb.sh [DIRECTORY]   where the packages go, build/deb by default; what was there is removed.
# Needs packaging/install-deps.sh all. Uses ccache when CCACHE_DIR is set.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-build/deb}
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

rm -rf "$output"
mkdir -p "$output"
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$output/"
lintian --fail-on error --allow-root --tag-display-limit 0 "$output"/*.changes
packaging/sbom_check.py "$output"/*.deb
ls -l "$output"/*.deb
