#!/usr/bin/env bash
# The main job on one machine, no cloud account, no hardware: a child's telemetry reaches a cloud on a token signed inside
# a TPM, or a secure element. Installs what it needs (as root), builds, runs, proves, and stops everything it started.
# Loopback only.
#   packaging/demo.sh [--holder tpm|atecc608] [EVENTS_PER_CHILD]    VOUCHGATE_DEMO_DIR=/tmp/vouchgate-demo keeps its files there
# atecc608: a blank ATECC608 in software is configured, locked and used over the I2C interface of the kernel; needs root.
set -euo pipefail

holder=tpm
if [ "${1:-}" = --holder ]; then
  holder=${2:-}
  shift 2 || true
fi
case "$holder" in
  tpm) chip=TPM article=a ;;
  atecc608) chip=ATECC608 article=an ;;
  *)
    echo "usage: $0 [--holder tpm|atecc608] [EVENTS_PER_CHILD]" >&2
    exit 2
    ;;
esac
events=${1:-200}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=${VOUCHGATE_DEMO_DIR:-/tmp/vouchgate-demo}
build=$top/build/release
children=(pump-1 pump-2 thermo-1)
pids=()
step=start

say() { printf '%s\n' "$*"; }
begin() { # number, title: the start of a step's line
  step="$2"
  printf '[%s/7] %s ' "$1" "$2"
  printf '%*s' $((22 - ${#2})) '' | tr ' ' .
  printf ' '
}
stop_all() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
finish() {
  local code=$?
  stop_all
  if [ "$code" -ne 0 ]; then
    say ""
    say "FAILED at step '$step' (exit $code)."
    local log
    for log in step vouchgated emulator swtpm chip; do
      [ -s "$work/$log.log" ] && { say "--- last lines of $work/$log.log"; tail -n 15 "$work/$log.log"; }
    done
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM
quietly() { "$@" >>"$work/step.log" 2>&1; }
await() { # seconds, command...: until the command succeeds
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}
vouchgate() { "$build/vouchgate" --config "$work/vouchgate.yaml" "$@"; }

umount "$work/bus" 2>/dev/null || true # of a demo that was killed
rm -rf "$work"
mkdir -p "$work/tpm" "$work/state"
chmod 755 "$work"
say "Vouchgate demo: a child's telemetry reaches a cloud on a token signed inside $article $chip"

begin 1 dependencies
started=$SECONDS
before=$(dpkg-query -f '${Package}\n' -W 2>/dev/null | wc -l)
quietly "$top/packaging/install-deps.sh" build
say "$(($(dpkg-query -f '${Package}\n' -W | wc -l) - before)) packages installed, $((SECONDS - started)) s"

begin 2 build
started=$SECONDS
quietly cmake --preset release -S "$top" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
quietly cmake --build "$build"
say "release, $((SECONDS - started)) s"

begin 3 "software $chip"
if [ "$holder" = atecc608 ]; then
  mkdir "$work/bus"
  "$build/vouchgate-emulator-atecc608" --state "$work/chip.json" --preset blank --fuse "$work/bus" >"$work/chip.jsonl" 2>"$work/chip.log" &
  pids+=($!)
  await 10 grep -qs '"ready"' "$work/chip.jsonl"
  say "ATECC608 on $work/bus/i2c-9, blank"
else
  swtpm socket --tpm2 --tpmstate "dir=$work/tpm,mode=0600" --server "type=unixio,path=$work/tpm.sock" \
    --ctrl "type=unixio,path=$work/tpm.sock.ctrl" --flags not-need-init,startup-clear >>"$work/swtpm.log" 2>&1 &
  pids+=($!)
  tpm_answers() { swtpm_ioctl --unix "$work/tpm.sock.ctrl" -c >>"$work/swtpm.log" 2>&1; }
  await 10 tpm_answers
  say "swtpm on $work/tpm.sock, fresh"
fi

begin 4 key
config() { # port: the gateway's configuration; the CA exists once the cloud runs
  cat >"$work/vouchgate.yaml" <<YAML
key:
  holder: $holder
  algorithm: ES256
  tpm: {tcti: "swtpm:path=$work/tpm.sock", handle: 0x81000100, key_file: $work/state/key.tss2.pem}
  atecc608: {bus: $work/bus/i2c-9, address: 0x60, slot: 0}
token: {lifetime: 60s, renew_before: 20s, clock_skew: 10s, backdate: 0s}
cloud:
  endpoints: ["mqtts://localhost:$1"]
  tls: {ca_file: $work/cloud/ca.pem}
  limits: {messages_per_second: 200}
  iot_core: {project: demo, region: us-central1, registry: demo, gateway: gw-1}
devices: [{id: pump-1}, {id: pump-2}, {id: thermo-1}]
ingress: {unix: {path: $work/children.sock}}
control: {path: $work/control.sock}
spool: {path: $work/state/spool}
YAML
}
config 8883
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
if [ "$holder" = atecc608 ]; then # what is locked stays: on hardware each of these is a decision
  layout=$top/config/examples/atecc608-jwt-1.yaml
  serial=$(vouchgate --json atecc info | field serial)
  quietly vouchgate atecc write "$layout" --commit
  quietly vouchgate atecc lock-config "$layout" --commit --serial "$serial"
  quietly vouchgate atecc lock-data --commit --serial "$serial"
fi
quietly vouchgate key create
[ "$holder" != atecc608 ] || quietly vouchgate atecc lock-slot 0 --commit --serial "$serial"
vouchgate key export --format pem >"$work/gw-1.pub.pem"
name=$(vouchgate --json key show | field name)
where=$(vouchgate --json key show | field where)
say "ES256 at $where, born in the $chip, Name ${name:0:12}...${name: -2}"

begin 5 "bench cloud"
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
key = open(work + "/gw-1.pub.pem").read()
bound = ["pump-1", "pump-2", "thermo-1"]
devices = [{"id": "gw-1", "gateway": True, "gateway_auth": "association_only", "bound": bound,
            "keys": [{"format": "ES256_PEM", "key": key}]}] + [{"id": child} for child in bound]
json.dump({"project": "demo", "region": "us-central1", "registry": "demo", "clock_skew_s": 10, "devices": devices},
          open(work + "/registry.json", "w"), indent=1)
PY
"$build/vouchgate-emulator" --registry "$work/registry.json" --port 0 --state-dir "$work/cloud" \
  --plugin "$build/vouchgate_emulator_plugin.so" >"$work/cloud.jsonl" 2>"$work/emulator.log" &
pids+=($!)
await 20 grep -qs '"listening"' "$work/cloud.jsonl"
port=$(sed -n 's/.*"url":"mqtts:\/\/localhost:\([0-9]*\)".*/\1/p' "$work/cloud.jsonl" | head -n 1)
config "$port"
say "mqtts://localhost:$port, registry demo, gateway gw-1, ${#children[@]} children bound"

begin 6 vouchgated
"$build/vouchgated" --config "$work/vouchgate.yaml" >"$work/vouchgated.log" 2>&1 &
pids+=($!)
started=$(date +%s%N)
await 30 grep -qs '"connect"' "$work/cloud.jsonl"
took=$((($(date +%s%N) - started) / 1000000))
say "session up in $((took / 1000)).$((took % 1000 / 100)) s, token valid 60 s ($(python3 - "$work/cloud.jsonl" <<'PY'
import json, sys
first = next(e for e in map(json.loads, open(sys.argv[1])) if e["event"] == "connect")
print(f'verified by {first["verified_by"]}: {first["alg"]}, aud={first["aud"]}')
PY
))"
await 20 test -S "$work/children.sock"

begin 7 telemetry
senders=()
for child in "${children[@]}"; do
  seq 1 "$events" | vouchgate --json send --device "$child" --lines --rate 25 --timeout 120 >"$work/sent-$child.json" 2>>"$work/step.log" &
  senders+=($!)
done
for swap in 1 2; do # two planned token swaps while the events flow
  sleep 2
  await 20 quietly vouchgate renew
  await 20 sh -c "'$build/vouchgate' --config '$work/vouchgate.yaml' --json status | python3 -c 'import json,sys; sys.exit(json.load(sys.stdin)[\"session\"][\"swaps\"] < $swap)'"
done
for sender in "${senders[@]}"; do wait "$sender"; done
vouchgate --json status >"$work/status.json"
# The daemon first: a clean stop is part of the promise. Then the cloud, so that its last lines are written.
kill "${pids[2]}"
wait "${pids[2]}"
unset 'pids[2]'
kill "${pids[1]}"
wait "${pids[1]}" || true
unset 'pids[1]'
python3 - "$work" "$chip" "$events" "${children[@]}" <<'PY'
import json, sys
work, chip, events, children = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
arrived = {child: [] for child in children}
verified = set()
for event in map(json.loads, open(work + "/cloud.jsonl")):
    if event["event"] == "telemetry":
        arrived[event["device"]].append(int(event["payload"]))
    elif event["event"] == "connect":
        verified.add((event["alg"], event["verified_by"]))
session = json.load(open(work + "/status.json"))["session"]
print(f"{len(children)} children, {events * len(children)} events, {session['swaps']} token swaps under load\n")
print("        child        sent   stored  delivered   lost   reordered   repeated")
bad = session["swaps"] < 2
for child in children:
    sent = json.load(open(f"{work}/sent-{child}.json"))
    once = list(dict.fromkeys(arrived[child]))
    lost = events - len(set(once) & set(range(1, events + 1)))
    reordered = sum(1 for a, b in zip(once, once[1:]) if b < a)
    bad |= lost != 0 or reordered != 0 or not sent["sent"] == sent["stored"] == sent["delivered"] == events
    print(f"        {child:<10} {sent['sent']:>6} {sent['stored']:>8} {sent['delivered']:>10} {lost:>6} {reordered:>11} {len(arrived[child]) - len(once):>10}")
longest = max((swap["pause_ms"] for swap in session["recent_swaps"]), default=0)
print(f"      swaps: {session['swaps']}, longest pause {longest / 1000:.1f} s; every event above was accepted by the cloud on a token that only this {chip} can sign.")
sys.exit(bad)
PY
say "Done. Everything was stopped; files are in $work. Next: README.md, 'On a real gateway'."
