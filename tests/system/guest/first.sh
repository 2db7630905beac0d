# shellcheck shell=bash
# The steps of the first boot: from the installation to the day on which the link is down and the power goes.

# shellcheck disable=SC2034 # main.sh runs them
plan() {
  steps=(boots installs makes_its_key starts relays_an_event hears_config_and_command reloads_live restarts_unnoticed
    good_day is_hardened answers_its_operator names_a_stranger refuses_a_broken_reload stops_for_good
    holds_a_secret outage_fills_the_spool upgrades outage_ends power_is_cut)
}

step_boots() {
  same "the state of the system" running "$(systemctl is-system-running --wait || true)"
  [[ -c /dev/tpmrm0 ]] || fail "no /dev/tpmrm0"
  uname -r
}

step_installs() {
  echo 'deb [trusted=yes] file:/share/repository ./' >/etc/apt/sources.list
  rm -f /etc/apt/sources.list.d/*
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/system-test # no power is cut while dpkg works
  local before
  before=$(dpkg-query -f '.\n' -W | wc -l)
  apt-get -q update >&2
  apt-get -q -y install /share/vouchgate.deb /share/vouchgate-emulator.deb mosquitto-clients >&2
  same "vouchgated.service is enabled" enabled "$(systemctl is-enabled vouchgated.service)"
  same "vouchgated.socket is enabled" enabled "$(systemctl is-enabled vouchgated.socket)"
  same "an unconfigured daemon was started" inactive "$(unit vouchgated.service ActiveState)"
  [[ " $(id -nG vouchgate) " == *" tss "* ]] || fail "user vouchgate is not in group tss: $(id vouchgate)"
  dpkg --audit | grep . && fail "dpkg --audit complains"
  echo "$(($(dpkg-query -f '.\n' -W | wc -l) - before)) packages, nothing but what they declare"
}

step_makes_its_key() {
  cat >"$settings" <<'YAML'
# This gateway's, by its administrator.
cloud:
  endpoints: ["mqtts://localhost:8883"]
  tls: {ca_file: /etc/vouchgate/cloud-ca.pem}
  limits: {messages_per_second: 0}
  backoff: {base: 1s, cap: 5s}
  iot_core: {project: demo, region: us-central1, registry: boxes, gateway: gw-1}
devices: [{id: pump-1}, {id: pump-3}]
metrics: {listen: "127.0.0.1:9464"}
YAML
  runuser -u vouchgate -- vouchgate key create >&2
  runuser -u vouchgate -- vouchgate key export --format pem >key.pem
  # Two children are bound, the third will be by a reload of the daemon, not of the cloud
  python3 - <<'PY'
import json
children = ["pump-1", "pump-2", "pump-3"]
devices = [{"id": "gw-1", "gateway": True, "gateway_auth": "association_only", "bound": children,
            "keys": [{"format": "ES256_PEM", "key": open("key.pem").read()}]}, *({"id": child} for child in children)]
json.dump({"project": "demo", "region": "us-central1", "registry": "boxes", "devices": devices,
           "admin": {"username": "admin", "password": "admin-password"}}, open("registry.json", "w"))
PY
  peer public_name 0x81000100 | tee name
}

pss_of() { # unit
  awk '/^Pss:/ {all = $2} /^Pss_Anon:/ {own = $2} END {printf "%.1f MiB, %.1f of it not from files", all / 1024, own / 1024}' \
    "/proc/$(unit "$1" MainPID)/smaps_rollup"
}

step_starts() {
  mkdir -p /var/tmp/cloud
  touch /share/cloud.jsonl
  cat >/etc/systemd/system/cloud.service <<UNIT
[Unit]
Description=The cloud, as far as the system test is concerned
[Service]
ExecStart=/usr/bin/vouchgate-emulator --registry $PWD/registry.json --port 8883 --state-dir /var/tmp/cloud
StandardOutput=append:/share/cloud.jsonl
StandardError=journal
UNIT
  systemctl daemon-reload
  cloud_start
  install -m 644 /var/tmp/cloud/ca.pem /etc/vouchgate/cloud-ca.pem
  systemctl start vouchgated
  same "systemctl start returned, and the daemon is" active "$(unit vouchgated ActiveState)"
  same "vouchgated.socket is" active "$(unit vouchgated.socket ActiveState)"
  connected
  echo "PSS $(pss_of vouchgated)"
}

step_relays_an_event() {
  peer event pump-1 21.5
  await 60 "the event in the cloud" arrived pump-1 21.5
}

step_hears_config_and_command() {
  systemd-run -q --unit=listener python3 /share/guest/peer.py listen pump-1 "$PWD/heard"
  await 60 "the listener is welcome" grep -q welcome heard
  peer holds 'any(c["device"] == "pump-1" and c["state"] == "subscribed" for c in s["children"])' 60 >&2
  to_child /devices/pump-1/config '{"interval":9}'
  await 60 "the config" grep -q '^config .*{"interval":9}' heard
  to_child /devices/pump-1/commands/reboot now
  await 60 "the command" grep -q '^command reboot now' heard
}

devices() { # ids: what the configuration lists from now on
  local listed
  printf -v listed '{id: %s}, ' "$@"
  sed -i "s/^devices: .*/devices: [${listed%, }]/" "$settings"
}

reload() { # what the status must say then
  systemctl reload vouchgated
  peer holds "$1" 60
}

step_reloads_live() {
  local pid sessions
  pid=$(unit vouchgated MainPID)
  sessions=$(sessions)
  devices pump-1 pump-2 pump-3
  reload 'any(c["device"] == "pump-2" for c in s["children"])' >&2
  peer event pump-2 new
  await 60 "the new child's event in the cloud" arrived pump-2 new
  same "the daemon's process" "$pid" "$(unit vouchgated MainPID)"
  same "sessions that the cloud saw" "$sessions" "$(sessions)"
  same "the listener, connected through the reload," active "$(unit listener ActiveState)"
}

ended() { [[ $(unit "$1" ActiveState) =~ ^(inactive|failed)$ ]]; }

step_restarts_unnoticed() {
  local pid
  pid=$(unit vouchgated MainPID)
  systemd-run -q --unit=knocker -p WorkingDirectory="$PWD" python3 /share/guest/peer.py knock pump-2 "$PWD/knocked"
  await 60 "children knock" test -s knocks
  systemctl restart vouchgated
  [[ $(unit vouchgated MainPID) != "$pid" ]] || fail "the same process after a restart"
  rm knocks
  await 60 "children knock after the restart" test -s knocks
  touch knocked
  await 60 "the knocker ends" ended knocker
  same "the knocker's result (refused?)" success "$(unit knocker Result)"
  # With the daemon down the socket stays: the next child is not refused, it starts the daemon
  systemctl stop vouchgated.service
  peer event pump-1 woken
  same "the daemon, woken by a child," active "$(unit vouchgated.service ActiveState)"
  cat knocks
}

step_good_day() {
  peer holds 's["session"]["state"] == "connected" and s["spool"]["total"]["pending"] == 0' 60 >&2
  journalctl --no-pager -x -u vouchgated.service | grep -q 'Defined-By: Vouchgate' || fail "journalctl -x explains nothing"
  local said
  said=$(python3 /share/guest/journal.py calm 2>&1) || fail "$said"
  echo "$said, all in the catalogue, no warning"
}

step_is_hardened() {
  local pid=0 said
  pid=$(unit vouchgated MainPID)
  same "its user" "$(id -u vouchgate)" "$(awk '/^Uid:/ {print $2}' "/proc/$pid/status")"
  same "its capabilities" 0000000000000000 "$(awk '/^CapEff:/ {print $2}' "/proc/$pid/status")"
  same "NoNewPrivs" 1 "$(awk '/^NoNewPrivs:/ {print $2}' "/proc/$pid/status")"
  said=$(systemd-analyze security --threshold=20 --no-pager vouchgated.service 2>&1) || fail "$(tail -n 1 <<<"$said")"
  tail -n 1 <<<"$said"
  said=$(systemd-analyze verify --man=no vouchgated.service vouchgated.socket 2>&1) || fail "verify: $said"
  same "systemd-analyze verify" "" "$said"
}

step_answers_its_operator() {
  local said
  said=$(vouchgate check) || fail "vouchgate check: $(grep -A 1 FAILED <<<"$said" | tr '\n' ' ')"
  echo "check: ${said##*$'\n'}"
  vouchgate status | grep -q connected || fail "vouchgate status does not say connected"
  vouchgate plan --rate 10 --size 200 | grep -q autonomy || fail "vouchgate plan tells no autonomy"
  python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:9464/metrics", timeout=60).read().decode())' >metrics
  grep -q '^vouchgate_session_connected.* 1' metrics || fail "vouchgate_session_connected is not 1 in /metrics"
}

about() { journalctl --no-pager -q -o cat "VOUCHGATE_DEVICE=$1" | awk 'NR == 1 {print} END {exit NR == 0}'; }

step_names_a_stranger() { # a child that the cloud does not know: found in the journal by its name
  devices pump-1 pump-2 pump-3 stranger
  reload 'any(c["device"] == "stranger" and c["state"] == "held-off" for c in s["children"])' >&2
  await 60 "a line with VOUCHGATE_DEVICE=stranger" about stranger
  devices pump-1 pump-2 pump-3
  reload 'not any(c["device"] == "stranger" for c in s["children"])' >&2
  about stranger
}

step_refuses_a_broken_reload() {
  local sessions
  sessions=$(sessions)
  cp "$settings" mended.yaml
  printf 'tokn: {}\nlog: {level: loud}\n' >>"$settings"
  reload 's["reload_problem"]' >&2
  journalctl --no-pager -o cat -u vouchgated.service >said
  grep -q "^$settings:.*tokn" said || fail "the journal does not list the unknown key"
  grep -q "^$settings:.*loud" said || fail "the journal does not list the second mistake"
  systemctl --no-pager -n 0 status vouchgated.service | grep -q 'Status:.*last reload failed' || fail "systemctl status does not tell"
  same "the daemon is" active "$(unit vouchgated ActiveState)"
  peer event pump-2 still
  cat mended.yaml >"$settings"
  reload 'not s["reload_problem"]' >&2
  same "sessions that the cloud saw" "$sessions" "$(sessions)"
  grep "^$settings:.*tokn" said | head -n 1
}

step_stops_for_good() {
  systemctl stop listener || true
  systemctl stop vouchgated.socket vouchgated.service
  same "the service" inactive "$(unit vouchgated.service ActiveState)"
  same "the socket" inactive "$(unit vouchgated.socket ActiveState)"
  same "its result" success "$(unit vouchgated Result)"
  same "its exit status" 0 "$(unit vouchgated ExecMainStatus)"
  local said
  said=$(vouchgate check) || fail "vouchgate check with the daemon stopped: $(grep -A 1 FAILED <<<"$said" | tr '\n' ' ')"
  echo "check: ${said##*$'\n'}"
  systemctl start vouchgated
  connected
}

with_secret() { # command...: as docs/security-model.md tells the administrator
  systemd-run -q --pipe --wait --collect --uid=vouchgate -p SupplementaryGroups=tss \
    -p LoadCredential=tpm-auth:/etc/credstore/tpm-auth "$@"
}

step_holds_a_secret() { # a second key, whose authorisation value only root can read
  mkdir -p -m 700 /etc/credstore /etc/systemd/system/vouchgated.service.d
  (umask 077 && printf 'what the key wants to hear' >/etc/credstore/tpm-auth)
  printf '[Service]\nLoadCredential=tpm-auth:/etc/credstore/tpm-auth\n' >/etc/systemd/system/vouchgated.service.d/key.conf
  cp "$settings" plain.yaml
  echo 'key: {tpm: {handle: 0x81000101, key_file: /var/lib/vouchgate/guarded.tss2.pem, auth_file: "credential:tpm-auth"}}' >>"$settings"
  ! runuser -u vouchgate -- vouchgate key create >refused 2>&1 || fail "a key was made without its authorisation value"
  grep -q 'systemd handed over no credentials' refused || fail "refused otherwise: $(head -n 1 refused)"
  with_secret vouchgate key create >&2
  with_secret vouchgate key export --format pem >guarded.pem
  register_key guarded.pem
  systemctl daemon-reload
  systemctl restart cloud vouchgated
  connected
  peer event pump-1 guarded
  await 60 "the event in the cloud" arrived pump-1 guarded
  with_secret vouchgate key remove --yes >&2
  cat plain.yaml >"$settings"
  register_key key.pem
  rm -r /etc/systemd/system/vouchgated.service.d /etc/credstore/tpm-auth
  systemctl daemon-reload
  systemctl restart cloud vouchgated
  connected
}

step_outage_fills_the_spool() {
  systemctl stop cloud
  peer numbers pump-3 1 3000
  peer holds 's["spool"]["total"]["pending"]'
}

step_upgrades() {
  local before invocation
  before=$(sha256sum <"$settings")
  invocation=$(unit vouchgated InvocationID)
  apt-get -q -y -o Dpkg::Options::=--force-confold install /share/raised.deb >&2
  [[ $(dpkg-query -f '${Version}' -W vouchgate) == *+raised ]] || fail "the version is not the higher one"
  same "the administrator's configuration" "$before" "$(sha256sum <"$settings")"
  [[ -f $settings.dpkg-dist ]] || fail "the package's own configuration is not beside it"
  [[ $(unit vouchgated InvocationID) != "$invocation" ]] || fail "the daemon was not restarted"
  same "the daemon" active "$(unit vouchgated.service ActiveState)"
  same "the socket" active "$(unit vouchgated.socket ActiveState)"
  same "units that failed" "" "$(systemctl list-units --failed --plain --no-legend "vouchgated*")"
  same "messages that wait" 3000 "$(peer holds 's["spool"]["total"]["pending"]' 60)"
  peer numbers pump-3 3001 3010
  dpkg-query -f '${Version}\n' -W vouchgate
}

step_outage_ends() {
  cloud_start
  peer holds 's["spool"]["total"]["pending"] == 0 and s["session"]["state"] == "connected"' 300 >&2
  vouchgate spool audit >&2 || fail "the spool's ledger does not add up"
  await 60 "the cloud's report of all of them" arrived pump-3 3010
  peer holds '"%(stored)d stored = %(delivered)d delivered" % s["spool"]["total"]'
}

step_power_is_cut() {
  systemctl stop cloud
  systemd-run -q --unit=writer -p WorkingDirectory="$PWD" python3 /share/guest/peer.py numbers pump-3 3011
  await 60 "the writer writes" grep -q '^3011$' /share/stored
  report writing
  systemctl is-active writer >&2
  sleep infinity # the host ends it
}
