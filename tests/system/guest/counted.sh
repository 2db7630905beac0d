# shellcheck shell=bash
# The steps of the boot on a processor that counts: what a start takes, in instructions. The spool holds what the power cut left.

# shellcheck disable=SC2034 # main.sh runs them
plan() {
  steps=(recovers starts_in_time)
}

most_ms=300 # from systemd's first move to READY=1; a million instructions each, but for what is waited for

step_recovers() {
  systemctl is-system-running --wait >&2 || true
  same "the daemon after the power cut" active "$(unit vouchgated.service ActiveState)"
  peer holds 's["spool"]["total"]["pending"]' 60
}

since_start() { echo $((($(unit "$1" ActiveEnterTimestampMonotonic) - $(unit "$1" InactiveExitTimestampMonotonic)) / 1000)); } # unit: ms

start_anew() { # unit
  systemctl restart "$1" || return # inside $( ) bash would go on
  since_start "$1"
}

median_of_five() { # command...: makes one figure
  local _
  for _ in 1 2 3 4 5; do "$@" || return; done | sort -n | sed -n 3p
}

step_starts_in_time() { # and how much of it systemd takes to fence off any program, be it /bin/true
  sed -e 's,^ExecStart=.*,ExecStart=/bin/true,' -e 's,^Type=.*,Type=oneshot\nRemainAfterExit=yes,' \
    -e '/^\(Restart\|Watchdog\|ExecReload\|WantedBy\|Also\)/d' "$(unit vouchgated FragmentPath)" >/etc/systemd/system/fence.service
  systemctl daemon-reload
  local ready fence
  ready=$(median_of_five start_anew vouchgated)
  fence=$(median_of_five start_anew fence)
  ((0 < fence && fence < ready)) || fail "these are no figures: READY $ready ms, the fence $fence ms"
  ((ready <= most_ms)) || fail "READY after $ready ms, wanted $most_ms; systemd's part is $fence ms"
  echo "READY $ready ms, of it the fence $fence ms (medians of 5)"
}
