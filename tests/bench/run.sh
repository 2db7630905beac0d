#!/usr/bin/env bash
# Builds the benches in the release preset and runs them; see --help. Never installs anything: says what is missing.
# Loopback only. Figures depend on what else the machine does: the bridge in the same run is the yardstick.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

missing=()
for program in cmake ninja g++ python3 swtpm openssl; do
  command -v "$program" > /dev/null || missing+=("$program")
done
PATH="$PATH:/usr/sbin" command -v mosquitto > /dev/null || missing+=(mosquitto)
[[ -e /usr/include/mosquitto.h ]] || missing+=(libmosquitto-dev)
if ((${#missing[@]} > 0)); then
  echo "bench: missing: ${missing[*]}" >&2
  echo "  hint: run 'packaging/install-deps.sh build' as root once" >&2
  exit 1
fi

build=build/release
if [[ " $* " != *" --help "* && " $* " != *" -h "* ]]; then
  cmake --preset release -DVOUCHGATE_BENCH=ON > /dev/null
  ninja -C "$build" vouchgated vouchgate vouchgate-emulator vouchgate_emulator_plugin bench_feeder bench_counter delay_proxy chip_bench > /dev/null
fi
export VOUCHGATE_BINARY_DIR=$PWD/$build VOUCHGATE_SOURCE_DIR=$PWD PYTHONPATH=tests/integration:tests/support:tests/bench PYTHONDONTWRITEBYTECODE=1
exec python3 -W ignore tests/bench/run.py "$@"
