#!/usr/bin/env bash
# arm64 from this machine: both packages cross-built for Debian 12 and their programs and the unit tests run by qemu-user.
# Usage: tests/system/ports/arm64.sh   as root, with mmdebstrap; the packages go to build/arm64/. Never registers a binfmt.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/system/ports/root.sh
. tests/system/ports/root.sh

machine=aarch64-linux-gnu
emulator=/usr/bin/qemu-aarch64-static
tools=ca-certificates,crossbuild-essential-arm64,debhelper,dpkg-dev,fakeroot,ccache,cmake,ninja-build,qemu-user-static,python3
cache=(CCACHE_DIR=/srv/vouchgate/build/ccache CCACHE_NOHASHDIR=true CMAKE_CXX_COMPILER_LAUNCHER=ccache)
# What qemu-user does not do as the kernel does, each with its reason.
excluded=(Atecc608AdapterTest) # process_vm_readv(2) on emulated addresses: EFAULT

make_root arm64 bookworm --architectures=amd64,arm64 --include="$tools"
copy_tree arm64
mv "$ports/arm64/srv/vouchgate/packaging/debian" "$ports/arm64/srv/vouchgate/debian"
here() { in_root arm64 DEBIAN_FRONTEND=noninteractive "${cache[@]}" "$@"; }

echo "arm64: build dependencies"
here apt-get -qq update
here apt-get -y -q -o Dpkg::Use-Pty=0 --no-install-recommends --host-architecture arm64 -P cross,nocheck build-dep ./
here apt-get -y -q -o Dpkg::Use-Pty=0 --no-install-recommends install libgtest-dev:arm64 libgmock-dev:arm64

echo "arm64: packages"
rm -f "$ports"/arm64/srv/*.deb
here CCACHE_BASEDIR=/srv/vouchgate dpkg-buildpackage -us -uc -b -aarm64 -Pcross,nocheck
rm -rf build/arm64 "$ports/arm64/srv/unpacked"
mkdir -p build/arm64
cp "$ports"/arm64/srv/*.deb build/arm64/
packaging/sbom_check.py build/arm64/*.deb
for deb in build/arm64/vouchgate_*.deb build/arm64/vouchgate-emulator_*.deb; do
  here dpkg-deb -x "/srv/${deb##*/}" /srv/unpacked
done

echo "arm64: programs"
cat >"$ports/arm64/srv/gateway.yaml" <<'YAML'
cloud:
  endpoints: ["mqtts://localhost:8883"]
  iot_core: {project: demo, region: us-central1, registry: demo, gateway: gw-1}
devices: [{id: pump-1}]
YAML
here "$emulator" /srv/unpacked/usr/bin/vouchgate --version
here "$emulator" /srv/unpacked/usr/sbin/vouchgated --config /srv/gateway.yaml --check-config
here "$emulator" /srv/unpacked/usr/bin/vouchgate-emulator --version

echo "arm64: unit tests"
here cmake -S . -B build/arm64 -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DVOUCHGATE_WERROR=ON \
  -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_LIBRARY_ARCHITECTURE=$machine -DCMAKE_CXX_COMPILER=$machine-g++ \
  -DPKG_CONFIG_EXECUTABLE=/usr/bin/$machine-pkg-config -DCMAKE_CROSSCOMPILING_EMULATOR=$emulator
mapfile -t units < <(here ninja -C build/arm64 -t targets all | sed -n 's/^\(unit_[a-z_]*\): CXX_EXECUTABLE.*/\1/p')
here ninja -C build/arm64 --quiet "${units[@]}"
pattern=$(IFS='|'; echo "${excluded[*]:-^$}")
here VOUCHGATE_SIGNATURES=2000 ctest --test-dir build/arm64 --no-tests=error -L unit -E "$pattern" -j "$(nproc)" --repeat after-timeout:2 --output-on-failure
