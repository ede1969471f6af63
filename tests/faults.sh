#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A virtual device made wrong on purpose is caught, each time by the requirement it breaks; the healthy one passes with many seeds.
# usage: faults.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
passed=0 failed=0

# caught FAULT MEASURAND [SCENARIO]: exit status 1, and a requirement on MEASURAND is among those that failed.
caught() {
  local fault=$1 measurand=$2 scenario=${3:-protocols/ctbs-300} out=$work/fault
  rm -rf "$out"
  "$tmsrig" run "$scenario" --fault "$fault" --out "$out" --quiet >/dev/null 2>"$work/err"
  local status=$?
  local broken
  broken=$(/usr/bin/python3 - "$out/result.json" <<'END'
import json, sys
print(" ".join(sorted({r["measurand"] for r in json.load(open(sys.argv[1]))["requirements"] if r["verdict"] == "fail"})))
END
)
  if [ $status = 1 ] && [[ " $broken " == *" $measurand "* ]]; then
    passed=$((passed + 1))
    echo "ok: $fault breaks: $broken"
  else
    failed=$((failed + 1))
    echo "not ok: $fault: exit status $status, failed: $broken; expected $measurand"
    tail -n 3 "$work/err"
  fi
}

caught drop_pulse=17 session.missing
caught double_pulse=17 session.extra
caught amplitude=0.97 pulse.peak1_error
caught "late_pulse=40:2 ms" pulse.interval
caught inverted=23 pulse.polarity
caught half_wave=31 pulse.waveform
caught no_discharge discharge.reached
caught "spontaneous=50:0.05 s" session.untriggered

# One pulse for another leaves the count as it was; a specification that only counts must not pass over it.
"$tmsrig" run smoke --spec smoke --fault drop_pulse=4 --fault double_pulse=6 --out "$work/two" --quiet >/dev/null 2>"$work/err"
status=$?
if [ $status = 3 ] || [ $status = 4 ]; then
  passed=$((passed + 1))
  echo "ok: a dropped and a doubled pulse do not pass the smoke specification"
else
  failed=$((failed + 1))
  echo "not ok: a dropped and a doubled pulse with the smoke specification: exit status $status"
fi

for seed in $(seq 1 "${SEEDS:-20}"); do
  if "$tmsrig" run protocols/ctbs-300 --seed "$seed" --out "$work/seed$seed" --quiet >/dev/null 2>"$work/err"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok: the healthy device with seed $seed"
    /usr/bin/python3 -c "
import json, sys
for r in json.load(open(sys.argv[1]))['requirements']:
    if r['verdict'] not in ('pass', 'not_tested'): print('  ', r['id'], r['verdict'], r['reason'])" "$work/seed$seed/result.json"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
