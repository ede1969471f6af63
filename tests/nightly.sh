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
export TMSRIG_STATE=$work/state

echo "== faults and 200 healthy seeds"
SEEDS=200 tests/faults.sh "$tmsrig"

echo "== history: a million rows of statistics beside a million pulses, in SQLite and PostgreSQL"
MILLION_ROWS=1 tests/history.sh build/bench/rig/cli/tmsrig build/test/tests/unit/test_history_database build/bench/tests/bench/bench_history
echo "== history: the server killed 20 times while bundles are added, full disks, hostile names"
tests/history_faults.sh "$tmsrig" 20
echo "== history: 1000 bundles of 1000 pulses, and what is asked of them through the program"
tests/history_scale.sh "$tmsrig" 1000
echo "== interlocks: every fault, 59 trials of each, 200 healthy seeds"
TRIALS=59 SEEDS=200 tests/interlocks.sh "$tmsrig" all
echo "== interlocks: an hour with nothing wrong, in every scenario"
TRIALS=2 MINUTES=60 tests/interlocks.sh "$tmsrig" healthy

echo "== a day of ten iTBS-1800 sessions, 18000 pulses"
for session in $(seq 1 10); do
  "$tmsrig" run protocols/itbs-1800 --seed "$session" --out "$work/session$session" --quiet >/dev/null
  rm -rf "$work/session$session"
done
echo "10 passed, 0 failed"

echo "== adversarial: ten thousand recordings made to mislead"
build/bench/tests/adversarial/adversarial --count 10000 | tail -n 1

echo "== confusion: forty thousand pulses of every waveform"
build/bench/tests/adversarial/confusion --count 40000 --seed 100000

echo "== 100 runs killed at random moments; death and failure at every call that changes the disk; runs that do not start"
tests/kills.sh "$tmsrig" 100 1

echo "== spice: the virtual stimulator beside ngspice"
build/bench/tests/spice/spice fixtures

echo "== accuracy: truth against stated uncertainty, three draws of everything, four times over the grid"
for seed in 1 2 3; do
  build/bench/tests/accuracy/accuracy "$seed" 4
done

echo "== verify: every shipped scenario judged again, by gcc's build and by clang's"
[ -f build/clang/build.ninja ] || CC=clang meson setup build/clang --buildtype=release -Dtests=false >/dev/null
ninja -C build/clang rig/cli/tmsrig >/dev/null
tests/verify/verify.sh "$tmsrig" all "$PWD/build/clang/rig/cli/tmsrig"
echo "== report: a PDF of every kind of run, and everything that could change its bytes"
if command -v weasyprint >/dev/null; then tests/report.sh "$tmsrig" all; else echo "NOT RUN: weasyprint is not installed (./dev report-tools)"; fi
echo "== elsewhere: a bare Debian 12, Debian 13, aarch64, other x86-64"
tests/elsewhere.sh "$tmsrig"
echo "== trace: what other tools read, of every shipped scenario and bench"
tests/trace.sh "$tmsrig" all
echo "== signing: ten thousand changed bytes"
tests/signing.sh "$tmsrig" build/bench/tests/tamper/tamper 10000

echo "== fuzzing, $fuzz_seconds s a target"
CC=clang meson setup build/fuzz --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link \
  -Dfuzz_engine=true >/dev/null 2>&1 || [ -f build/fuzz/build.ninja ]
for target in bundle compare config dcc history import remote result scenario serve recording signature store; do
  ninja -C build/fuzz "tests/fuzz/fuzz_$target" >/dev/null
  mkdir -p "$work/corpus"
  case $target in
    config) find fixtures tests/negative/yaml -name '*.yaml' -exec cp {} "$work/corpus" \; ;;
    scenario) find scenarios tests/negative/lua -name '*.lua' -exec cp {} "$work/corpus" \; ;;
    *) cp tests/fuzz/corpus/"$target"/* "$work/corpus" ;;
  esac
  TMSRIG_REPORTS=$PWD/reports TMSRIG_FIXTURES=$PWD/fixtures TMSRIG_SCENARIO_LIB=$PWD/scenarios/lib "build/fuzz/tests/fuzz/fuzz_$target" -max_total_time="$fuzz_seconds" \
    -max_len=65536 -timeout=30 -artifact_prefix="$work/" "$work/corpus" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }
  tail -n 1 "$work/log"
  rm -rf "$work/corpus"
done
echo "== lost samples by count against the clock, in 60 000 made-up recordings"
TMSRIG_ARRIVALS=20000 build/test/tests/unit/test_bench_arrivals -j1 2>/dev/null
echo "== instruments: every server killed at 20 random moments; 200 runs with a loss; 60 s at 1 and at 10 MSa/s"
tests/instruments/e2e.sh build/release/rig/cli/tmsrig kill 20
tests/instruments/e2e.sh build/release/rig/cli/tmsrig loss 200 1 4
tests/instruments/e2e.sh build/release/rig/cli/tmsrig sustained 60
echo "== safety: torture of every call of every port in every manner; some hundred of them with the sanitizers"
build/bench/tests/torture/torture "$PWD" "$work/torture" 0 | grep -v ' calls, '
rm -rf "$work/torture"
build/test/tests/torture/torture "$PWD" "$work/torture" 3 | grep -v ' calls, '
echo "== safety: the rig killed at 100 random moments of served sessions"
tests/safety.sh "$tmsrig" 100
echo "== chaos: 300 runs in which anything may happen"
tests/chaos.sh "$tmsrig" 300
echo "== instruments: an oscilloscope with every fault"
tests/instruments/scope.sh build/release/rig/cli/tmsrig
echo "== lab: smoke and a whole iTBS-600 through the real drivers, each twice; the GPIO chip pulled out in the midst of a session"
./dev lab-kernel >/dev/null
[ -f build/lab/build.ninja ] || meson setup build/lab --buildtype=release -Dtests=false -Dlab=true >/dev/null
ninja -C build/lab >/dev/null
LAB_SECONDS=3600 LAB_CASE_SECONDS=1800 tests/lab/lab.sh build/lab smoke
LAB_SECONDS=3600 LAB_CASE_SECONDS=1800 tests/lab/lab.sh build/lab itbs
LAB_SECONDS=1800 LAB_CASE_SECONDS=1700 tests/lab/lab.sh build/lab faults
LAB_TIMES=virtual LAB_SECONDS=600 LAB_CASE_SECONDS=500 tests/lab/lab.sh build/lab scope
LAB_TIMES=virtual LAB_SECONDS=5400 LAB_CASE_SECONDS=5300 tests/lab/lab.sh build/lab kills clock-steps
echo "== lab: the scenarios of interlocks through real drivers"
LAB_TIMES=virtual LAB_SECONDS=7200 LAB_CASE_SECONDS=7100 tests/lab/lab.sh build/lab interlocks
echo "== Debian 13: libgpiod 2 and libiio 0.26, unit tests and lab"
tests/trixie.sh

echo "nightly passed"
