# shellcheck shell=bash
# What the steps of every boot use: reporting, waiting, comparing. A step's standard output is the detail of its line.

report() { printf '%s\n' "$*" >>/share/report; }

# The first reason counts: what fails after it is its consequence.
why() { [[ -s why ]] || printf '%s\n' "$*" >why; }
fail() {
  why "$*"
  return 1
}

same() { # what, wanted, got
  [[ $2 == "$3" ]] || fail "$1: wanted '$2', got '$3'"
}

await() { # seconds, what, command...: until the command succeeds
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "not within the deadline: $what" || return
    sleep 0.2
  done
}

peer() { python3 /share/guest/peer.py "$@"; }

unit() { systemctl show -P "$2" "$1"; } # unit, property

evidence() {
  cat why
  systemctl --no-pager --lines=0 status vouchgated.socket vouchgated.service cloud.service
  journalctl --no-pager -b -u vouchgated.service -u vouchgated.socket -u cloud.service -o short-precise | tail -n 80
}

cloud_start() {
  local before
  before=$(grep -c '"listening"' /share/cloud.jsonl) || true
  systemctl start cloud.service
  await 120 "the cloud listens" eval "[[ \$(grep -c '\"listening\"' /share/cloud.jsonl) -gt $before ]]"
}

# shellcheck disable=SC2034 # the steps use it
settings=/etc/vouchgate/vouchgate.yaml

connected() { peer holds 's["session"]["state"] == "connected"' 120 >&2; }

register_key() { # PEM file: the gateway's only one, once the cloud has started anew
  python3 - "$1" <<'PY'
import json, sys
registry = json.load(open("registry.json"))
registry["devices"][0]["keys"] = [{"format": "ES256_PEM", "key": open(sys.argv[1]).read()}]
json.dump(registry, open("registry.json", "w"))
PY
}

sessions() { grep -c '"event":"connect","device":"gw-1"' /share/cloud.jsonl; }

arrived() { # device, payload
  grep -q "\"event\":\"telemetry\",\"device\":\"$1\".*\"payload\":\"$2\"" /share/cloud.jsonl
}

to_child() { # topic, text
  mosquitto_pub --cafile /var/tmp/cloud/ca.pem -h localhost -p 8883 -u admin -P admin-password -t "$1" -m "$2" -q 1
}
