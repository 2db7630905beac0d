#!/usr/bin/env bash
# Debian 13 from its archive: the dev suite and the packages, in a root of its own; the packages go to build/debian13/.
# Usage: tests/system/ports/debian13.sh   as root, with mmdebstrap. A fifth of the power cuts and kills: another libc, one logic.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/system/ports/root.sh
. tests/system/ports/root.sh

make_root trixie trixie
copy_tree trixie
in_root trixie VOUCHGATE_POWER_CUTS=400 VOUCHGATE_KILLS=40 tests/run.sh package dev
rm -rf build/debian13
cp -r "$ports/trixie/srv/vouchgate/build/deb" build/debian13
ls -l build/debian13
