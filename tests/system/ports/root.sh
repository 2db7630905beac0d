#!/usr/bin/env bash
# Debian systems of their own for builds: makes one below build/ports/ and runs commands in it; never leaves a mount behind
# and never touches the machine's own packages. Sourced by the scripts beside it, from the top of the tree, as root.

ports=$PWD/build/ports

# What this machine's apt must be told (a proxy, a clock that runs ahead), the root's apt must be told too.
host_apt_options() { apt-config dump | grep -E '^Acquire::(https?::.*[Pp]roxy|Check-Valid-Until|Check-Date|Retries)' || true; }

# make_root NAME SUITE [mmdebstrap's arguments...]: kept until the arguments change
make_root() {
  local root=$ports/$1 suite=$2 made_of="$*"
  shift 2
  if ((EUID != 0)) || ! command -v mmdebstrap >/dev/null; then
    echo "a Debian system of its own needs root's rights and the package mmdebstrap" >&2
    return 1
  fi
  [[ $(cat "$root.made-of" 2>/dev/null) == "$made_of" ]] && return 0
  rm -rf "$root" "$root.made-of"
  mkdir -p "$ports"
  host_apt_options >"$root.apt"
  mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io --aptopt="$root.apt" "$@" "$suite" "$root"
  echo "$made_of" >"$root.made-of"
}

# copy_tree NAME: this tree to /srv/vouchgate in the root; of an earlier copy only build/ stays
copy_tree() {
  local copy=$ports/$1/srv/vouchgate
  mkdir -p "$copy"
  find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -c --exclude=./build --exclude=./.git . | tar -x -m -C "$copy" # as new: an object of another tree may be younger
}

# in_root NAME COMMAND [ARGUMENT...]: in /srv/vouchgate, in a mount and process table that end with the command
in_root() {
  local root=$ports/$1
  shift
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  # shellcheck disable=SC2016 # the inner shell expands
  unshare --mount --pid --fork --kill-child bash -euc '
    mount -t proc proc "$0/proc"
    mount -t sysfs sysfs "$0/sys"
    mount --rbind /dev "$0/dev"
    exec chroot "$0" env -i --chdir=/srv/vouchgate "$@"' \
    "$root" HOME=/tmp LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null
}
