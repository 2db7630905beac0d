# shellcheck shell=bash
# The steps of the second boot: what the power cut left, and how the product leaves the machine.

# shellcheck disable=SC2034 # main.sh runs them
plan() {
  steps=(loses_what_nobody_synced comes_back_by_itself delivers_what_was_stored signs_with_a_secure_element
    removes_and_keeps purges)
}

step_loses_what_nobody_synced() { # the proof that the cut was one
  local here there
  here=$(tail -n 1 unsynced 2>/dev/null || true)
  there=$(tail -n 1 /share/stored)
  [[ $here != "$there" ]] || fail "an unsynced file survived whole: the power cut proves nothing"
  echo "last written $there, on the disk after the cut ${here:-nothing}"
}

step_comes_back_by_itself() {
  systemctl is-system-running --wait >&2 || true
  same "units that failed" "" "$(systemctl list-units --failed --plain --no-legend "vouchgated*")"
  same "the daemon" active "$(unit vouchgated.service ActiveState)"
  local told pending
  told=$(($(sort -un /share/stored | wc -l) - 3010))
  pending=$(peer holds 's["spool"]["total"]["pending"]' 60)
  ((pending >= told)) || fail "$told were told stored, $pending are in the spool"
  echo "$told told stored since the outage began, $pending in the spool"
}

step_delivers_what_was_stored() {
  cloud_start
  peer holds 's["spool"]["total"]["pending"] == 0 and s["session"]["state"] == "connected"' 300 >&2
  vouchgate spool audit >&2 || fail "the spool's ledger does not add up"
  await 60 "the cloud's report of the last" arrived pump-3 "$(tail -n 1 /share/stored)"
  python3 /share/guest/journal.py
}

more_sessions_than() { (($(sessions) > $1)); }

step_signs_with_a_secure_element() { # a simulated ATECC608 as a character device of the kernel, in the unit's sandbox
  modprobe cuse
  groupadd -f --system i2c
  systemd-run -q --unit=chip vouchgate-emulator-atecc608 --state /var/tmp/chip.json --preset jwt-1 --cuse i2c-1
  await 60 "the chip's bus" test -c /dev/i2c-1
  chgrp i2c /dev/i2c-1
  chmod 660 /dev/i2c-1
  usermod -aG i2c vouchgate
  install -D -m 0644 /usr/share/vouchgate/atecc608.conf /etc/systemd/system/vouchgated.service.d/atecc608.conf
  systemctl daemon-reload
  cp "$settings" tpm.yaml
  echo 'key: {holder: atecc608, atecc608: {bus: /dev/i2c-1}}' >>"$settings"
  runuser -u vouchgate -- vouchgate key create >&2
  runuser -u vouchgate -- vouchgate key export --format pem >chip.pem
  register_key chip.pem
  systemctl restart cloud vouchgated
  connected
  peer event pump-1 chip
  await 60 "the event in the cloud" arrived pump-1 chip
  systemd-run -q --unit=hearer python3 /share/guest/peer.py listen pump-1 "$PWD/heard-by-chip"
  await 60 "the listener is welcome" grep -q welcome heard-by-chip
  local before
  before=$(sessions)
  vouchgate renew >&2
  await 60 "a session on the next token" more_sessions_than "$before"
  connected
  peer event pump-1 swapped
  await 60 "the event in the cloud after the swap" arrived pump-1 swapped
  peer holds 'any(c["device"] == "pump-1" and c["state"] == "subscribed" for c in s["children"])' 60 >&2
  to_child /devices/pump-1/commands/reboot chip
  await 60 "the command" grep -q '^command reboot chip' heard-by-chip
  systemctl stop hearer
  local said
  said=$(vouchgate check) || fail "vouchgate check: $(grep -A 1 FAILED <<<"$said" | tr '\n' ' ')"
  systemd-analyze security --threshold=20 --no-pager vouchgated.service >&2 || fail "the unit with its drop-in is exposed above 2.0"
  systemctl stop vouchgated.socket vouchgated.service chip
  cat tpm.yaml >"$settings"
  rm -r /etc/systemd/system/vouchgated.service.d
  systemctl daemon-reload
  register_key key.pem
  systemctl restart cloud
  systemctl start vouchgated
  connected
  echo "check: ${said##*$'\n'}"
}

step_removes_and_keeps() {
  apt-get -q -y remove vouchgate >&2
  same "the service" inactive "$(unit vouchgated.service ActiveState)"
  same "the socket" inactive "$(unit vouchgated.socket ActiveState)"
  local kept
  for kept in /etc/vouchgate/vouchgate.yaml /var/lib/vouchgate/spool /var/lib/vouchgate/key.tss2.pem; do
    [[ -e $kept ]] || fail "apt remove took $kept"
  done
  same "units that failed" "" "$(systemctl list-units --failed --plain --no-legend "vouchgated*")"
}

step_purges() {
  apt-get -q -y purge vouchgate >purge.log 2>&1 || fail "$(tail -n 1 purge.log)"
  cat purge.log >&2
  local gone
  for gone in /var/lib/vouchgate /run/vouchgate /etc/vouchgate/vouchgate.yaml /usr/sbin/vouchgated \
    /{etc,lib,usr/lib}/systemd/system/vouchgated.{service,socket} /etc/systemd/system/*.wants/vouchgated.* \
    /usr/lib/{sysusers.d,tmpfiles.d}/vouchgate.conf /var/lib/systemd/deb-systemd-helper-*/vouchgated.*; do
    [[ ! -e $gone && ! -L $gone ]] || fail "left behind: $gone"
  done
  ! systemctl cat vouchgated.service >&2 || fail "systemd still knows vouchgated.service"
  ! journalctl --list-catalog | grep -i vouchgate >&2 || fail "the journal's catalogue still has the product's lines"
  [[ -f /etc/vouchgate/cloud-ca.pem ]] || fail "the administrator's own file is gone"
  same "the key in the TPM" "$(cat name)" "$(peer public_name 0x81000100)"
  grep -q 'key.*TPM' purge.log || fail "nobody said that the key stays in the TPM"
  same "units that failed" "" "$(systemctl list-units --failed --plain --no-legend "vouchgated*")"
  grep 'key.*TPM' purge.log
}
