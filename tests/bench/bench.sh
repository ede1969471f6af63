#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The benchmarks, each beside a limit of the machine or a peer measured in the same run.
# usage: bench.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
tmsrig=$build/rig/cli/tmsrig
seconds() { local start; start=$(date +%s.%N); "$@" >/dev/null 2>&1; echo "$(date +%s.%N) - $start" | awk '{printf "%.2f", $1 - $3}'; }

echo "== analyze: 60 s, 2 channels, 1 MSa/s, 10 pulses a second, s16le"
"$build/tests/bench/make_recording" "$work/recording.raw" 60
"$build/tests/bench/bench_analyze" "$work/recording.raw" "$root/fixtures" 9
/usr/bin/python3 "$here/peers.py" "$work/recording.raw" 5
took=$(seconds "$tmsrig" analyze "$work/recording.raw" --bench recording --out "$work/evidence" || true)
echo "tmsrig analyze, whole command with evidence and report: $took s ($(awk -v t="$took" 'BEGIN { printf "%.0f", 120 / t }') MSa/s)"

echo
echo "== scan and measure in memory, by CPU time, beside a min/max of the same memory"
"$build/tests/bench/bench_scan"

echo
echo "== run: sessions on the virtual bench (wall time, peak memory)"
# The same train, ten times as long: memory must not follow.
for pulses in 1800 18000; do
  cat >"$work/train-$pulses.lua" <<END
scenario { id = "train-$pulses", title = "$pulses pulses at 10 Hz", verifies = { "PULSE-COUNT" } }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = $pulses, rate = 10 }
disarm()
END
done
for row in "protocols/hf10-std virtual-2ch" "protocols/hf10-std virtual" "protocols/itbs-1800 virtual" "$work/train-1800.lua virtual-2ch" "$work/train-18000.lua virtual-2ch"; do
  set -- $row
  rm -rf "$work/run"
  /usr/bin/python3 - "$tmsrig" "$1" "$2" "$work/run" <<'END'
import os, resource, subprocess, sys, time, json
tmsrig, scenario, bench, out = sys.argv[1:]
start = time.monotonic()
status = subprocess.run([tmsrig, "run", scenario, "--bench", bench, "--out", out, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
wall = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
result = json.load(open(out + "/result.json"))
session = result["recording"]["duration_s"]
channels = len(result["bench"]["channels"])
samples = result["recording"]["total_frames"] * channels
size = sum(os.path.getsize(os.path.join(out, f)) for f in os.listdir(out) if os.path.isfile(os.path.join(out, f))) / 1e6
print(f"{scenario.split('/')[-1]} on {bench}: {result['scenario']['pulses']} pulses, {session:.0f} s session in {wall:.2f} s wall ({session / wall:.0f} x real time, {samples / wall / 1e6:.0f} MSa/s), peak {peak:.0f} MiB, evidence {size:.0f} MB, exit status {status}")
END
done

echo
echo "== trigger: how late the firing thread wakes, beside cyclictest"
/usr/bin/python3 "$here/jitter.py" "$build/tests/bench/bench_jitter"
