#!/usr/bin/env bash
# Installs the Debian 12 or 13 packages that building and testing Vouchgate needs; never touches anything else on the machine.
# Usage: install-deps.sh [build|all]   build = what packaging/demo.sh needs, all (default) = also tests, lints, packages
# Needs root only when something is missing; a second run asks dpkg and leaves at once.
set -euo pipefail

# a|b: one package under the names of several releases; the first that the machine or its archive has is taken
build_packages=(
  ca-certificates git g++ cmake ninja-build pkg-config ccache
  "libboost1.81-dev|libboost1.83-dev" libexpected-dev libpaho-mqttpp-dev libpaho-mqtt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev
  libjwt-dev libsystemd-dev libtss2-dev libsqlite3-dev libssl-dev zlib1g-dev
  prometheus-cpp-dev
  libmosquitto-dev mosquitto-dev mosquitto mosquitto-clients                # the bench cloud is a plugin of mosquitto
  libfuse3-dev                                                              # the simulated secure element is a file
  swtpm swtpm-tools openssl                                                 # the software TPM
  "libtss2-tcti-swtpm0|libtss2-tcti-swtpm0t64" "libtss2-tcti-device0|libtss2-tcti-device0t64"
  python3 procps
)
test_packages=(
  libgtest-dev libgmock-dev python3-jwt python3-cryptography faketime
  clang clang-tidy clang-format libclang-rt-dev shellcheck
  prometheus                                                                # promtool judges metrics and alert rules
  build-essential debhelper dpkg-dev lintian systemd                         # systemd: systemd-analyze verify
  mmdebstrap fakeroot qemu-system-x86 qemu-utils e2fsprogs uidmap            # the system test's virtual machine
  groff-base zsh fish                                                       # manual pages and completions are tried
)

case "${1:-all}" in
  build) wanted=("${build_packages[@]}") ;;
  all) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  *)
    echo "usage: $0 [build|all]" >&2
    exit 2
    ;;
esac

installed() { [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

any_installed() { # a|b
  local name names
  IFS='|' read -r -a names <<<"$1"
  for name in "${names[@]}"; do
    installed "$name" && return 0
  done
  return 1
}
in_archive() { # a|b: the last needs no proof; a name that is only provided does not count
  local name names
  IFS='|' read -r -a names <<<"$1"
  for name in "${names[@]}"; do
    [[ $name == "${names[-1]}" || $(apt-cache show "$name" 2>/dev/null) == "Package: $name"$'\n'* ]] && break
  done
  echo "$name"
}

missing=()
for package in "${wanted[@]}"; do
  any_installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "install-deps: all ${#wanted[@]} packages are installed"
  exit 0
fi
if ((EUID != 0)); then
  echo "install-deps: missing: ${missing[*]}" >&2
  echo "  hint: run '$0 ${1:-all}' as root once" >&2
  exit 1
fi

services=()
for service in mosquitto prometheus; do
  installed "$service" || services+=("$service")
done

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
mapfile -t names < <(for package in "${missing[@]}"; do in_archive "$package"; done)
apt-get -y -q -o Dpkg::Use-Pty=0 install --no-install-recommends "${names[@]}"

# Debian starts these as services on installation: nobody asked for that, the tests start what they need.
for service in "${services[@]}"; do
  if [[ -d /run/systemd/system ]] && installed "$service"; then
    systemctl disable --now "$service.service"
    echo "install-deps: $service.service came with the package and is now disabled"
  fi
done
echo "install-deps: installed ${#missing[@]} of ${#wanted[@]} packages"
