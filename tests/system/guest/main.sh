#!/usr/bin/env bash
# Runs the steps of this boot in order and reports each to the host as one line; ends at the first that fails, because the
# later ones rest on it. Never asserts anything itself: that is the steps' part.
set -u
exec </dev/null >>/share/log 2>&1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/var/lib/system-test DEBIAN_FRONTEND=noninteractive SYSTEMD_PAGER=
mkdir -p "$HOME"
cd "$HOME" || exit
# shellcheck source=tests/system/guest/tools.sh
. /share/guest/tools.sh
# shellcheck disable=SC1090
. "/share/guest/$(cat /share/boot).sh"

steps=()
run_steps() {
  local name detail status begun
  report "plan ${steps[*]}"
  for name in "${steps[@]}"; do
    echo "== $name"
    begun=$SECONDS
    : >why
    # Outside any condition: inside one, bash would ignore a command that fails.
    detail=$(
      set -eEuo pipefail
      trap 'why "$name: line $LINENO: $BASH_COMMAND"' ERR
      "step_$name"
    )
    status=$?
    if ((status != 0)); then
      report "FAILED $name $(head -n 1 why) ($((SECONDS - begun)) s)"
      evidence >/share/evidence 2>&1
      return
    fi
    report "ok $name ${detail//$'\n'/ } ($((SECONDS - begun)) s)"
  done
}
plan # the boot's own: fills steps
run_steps
report end
sync
systemctl --force poweroff
