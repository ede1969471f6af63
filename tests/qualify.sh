#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The qualification of the tool passes here, leaves a record that checks, and is no rubber stamp: expectations that are not so are told.
# usage: qualify.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export TMSRIG_DATA TMSRIG_STATE=$work/state
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
check() { # name, command...
  local name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; tail -n 8 check.out; fi
}

start=$(date +%s)
"$tmsrig" qualify --out record --operator "A. Tester" >out 2>err
status=$?
echo "qualified in $(($(date +%s) - start)) s: $(grep ' cases, ' out)"
check "it qualifies" [ $status = 0 ]
[ $status = 0 ] || grep -A9 "NOT OK" out
check "every fault that the simulator knows is among the cases, or has a suite of its own" eval '(
  for fault in $(sed -n "s/.*form_of.*//; s/.*example; .*//; s/^\tcase SIM_FAULT_\([A-Z_]*\): return (struct.*/\L\1/p" "$TMSRIG_DATA/rig/config/config_fault.c"); do
    grep -q "faults:.*\"$fault" "$TMSRIG_DATA/fixtures/qualification/virtual.yaml" || grep -rq "fault.*$fault=" "$TMSRIG_DATA"/tests/interlocks* || { echo "no case of $fault"; exit 1; }
  done)'
check "the record checks" eval '(cd record && sha256sum --quiet -c SHA256SUMS)'
check "it names who, what and where" eval 'grep -q "A. Tester" record/qualification.txt && grep -q "$(sha256sum "$tmsrig" | cut -c 1-64)" record/qualification.json && grep -q "$(uname -r)" record/qualification.json'
check "it says what it does not show" grep -q "^This does not show:" record/qualification.txt
check "the JSON tells the same" /usr/bin/python3 -c "
import json
r = json.load(open('record/qualification.json'))
assert r['schema'] == 'tmsrig-qualification-1' and r['qualified'] and all(c['ok'] for c in r['checks']) and len(r['checks']) >= 100, len(r['checks'])
assert {'safe state', 'measured again', 'verdict'} <= {c['check'] for c in r['checks']}"
check "a record is never overwritten" eval '! "$tmsrig" qualify --out record 2>err && grep -q "already exists" err'
check "no ledger and no lock of the user's benches" [ ! -e state/virtual ]

# wrong NAME CASE-LINES EXPECTED-WORDS: a case that is not as it says ends with status 4 and names the check.
wrong() {
  printf 'qualification: wrong\ntitle: An expectation that is not so\ncases:\n  - id: one\n    title: one\n    scenario: single-pulse\n    spec: smoke\n%s\nnot_shown: [{what: x, by: y}]\n' "$2" >"wrong-$1.yaml"
  "$tmsrig" qualify --file "./wrong-$1.yaml" --out "record-$1" >out 2>err
  local status=$?
  check "wrong $1: status 4" [ $status = 4 ]
  check "wrong $1: the row" grep -qE "NOT OK +$3" out
  check "wrong $1: no other row" [ "$(grep -c '^  NOT OK' out)" = 1 ]
  check "wrong $1: the record says so" grep -q '"qualified": false' "record-$1/qualification.json"
}
wrong verdict '    expect: {verdict: fail}' 'verdict +expected fail, seen pass'
wrong fails '    expect: {verdict: pass, fails: [PULSE-MISSING]}' 'PULSE-MISSING +expected fail, seen'
wrong unknown '    expect: {verdict: pass, voids: [NO-SUCH]}' 'NO-SUCH +expected void, seen nothing'
wrong count '    expect: {verdict: pass, extra: 3}' 'pulses extra +expected 3, seen 0'
wrong truth '    expect: {verdict: pass, truth: [pulse.half_width]}' 'truth of pulse.half_width'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
