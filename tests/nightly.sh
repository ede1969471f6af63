#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What takes too long for every push: many seeds, a day of sessions, fuzzing with an engine, Debian 13.
# usage: nightly.sh [SECONDS_OF_FUZZING]
set -euo pipefail
cd "$(dirname "$0")/.."
fuzz_seconds=${1:-300}
tmsrig=$PWD/build/release/rig/cli/tmsrig
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== faults and 200 healthy seeds"
SEEDS=200 tests/faults.sh "$tmsrig"

echo "== interlocks: every fault, 59 trials of each, 200 healthy seeds"
TRIALS=59 SEEDS=200 tests/interlocks.sh "$tmsrig" all

echo "== a day of ten iTBS-1800 sessions, 18000 pulses"
for session in $(seq 1 10); do
  "$tmsrig" run protocols/itbs-1800 --seed "$session" --out "$work/session$session" --quiet >/dev/null
  rm -rf "$work/session$session"
done
echo "10 passed, 0 failed"

echo "== adversarial: ten thousand recordings made to mislead"
build/bench/tests/adversarial/adversarial --count 10000 | tail -n 1

echo "== spice: the virtual stimulator beside ngspice"
build/bench/tests/spice/spice fixtures

echo "== accuracy: truth against stated uncertainty, three draws of everything"
for seed in 1 2 3; do
  build/bench/tests/accuracy/accuracy "$seed"
done

echo "== fuzzing, $fuzz_seconds s a target"
CC=clang meson setup build/fuzz --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link \
  -Dfuzz_engine=true >/dev/null 2>&1 || [ -f build/fuzz/build.ninja ]
for target in config scenario recording; do
  ninja -C build/fuzz "tests/fuzz/fuzz_$target" >/dev/null
  mkdir -p "$work/corpus"
  case $target in
    config) find fixtures tests/negative/yaml -name '*.yaml' -exec cp {} "$work/corpus" \; ;;
    scenario) find scenarios tests/negative/lua -name '*.lua' -exec cp {} "$work/corpus" \; ;;
    recording) cp tests/fuzz/corpus/recording/* "$work/corpus" ;;
  esac
  TMSRIG_FIXTURES=$PWD/fixtures TMSRIG_SCENARIO_LIB=$PWD/scenarios/lib "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$fuzz_seconds" \
    -max_len=65536 -timeout=30 -artifact_prefix="$work/" "$work/corpus" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }
  tail -n 1 "$work/log"
  rm -rf "$work/corpus"
done
echo "== instruments: every server killed at 20 random moments; 60 s at 1 and at 10 MSa/s"
tests/instruments/e2e.sh build/release/rig/cli/tmsrig kill 20
tests/instruments/e2e.sh build/release/rig/cli/tmsrig sustained 60
echo "== lab: a whole iTBS-600 through the real drivers, twice"
./dev lab-kernel >/dev/null
[ -f build/lab/build.ninja ] || meson setup build/lab --buildtype=release -Dtests=false -Dlab=true >/dev/null
ninja -C build/lab >/dev/null
LAB_SECONDS=1800 LAB_CASE_SECONDS=600 tests/lab/lab.sh build/lab itbs
echo "== Debian 13: libgpiod 2 and libiio 0.26, unit tests and lab"
tests/trixie.sh

echo "nightly passed"
