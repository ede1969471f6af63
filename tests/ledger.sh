#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Repeats never hide: a run that failed, made again until it passes, shows wherever somebody looks; and every way of cheating the ledger of the bench is
# tried. What cannot be seen is in docs/bundle.md, "The ledger".
# usage: ledger.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_DATA TMSRIG_STATE=$work/state
unset TMSRIG_HISTORY
cd "$work" || exit 1
passed=0 failed=0
check() { # words, command...
  local words=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $words"; tail -n 6 check.out out err 2>/dev/null; fi
}
try() { # status, command...
  local wanted=$1
  shift
  "$@" >out 2>err
  [ $? = "$wanted" ]
}
run() { # status, folder, option...: the same test of the same device
  try "$1" "$tmsrig" run smoke --serial SN-1 --seed 7 --quiet --out "ev/$2" "${@:3}"
}
ledger=state/virtual/ledger.jsonl
mkdir ev

# A spec of which the device fails one requirement; then the spec as it is.
/usr/bin/python3 - "$TMSRIG_DATA/fixtures/specs/example.yaml" >strict.yaml <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
start = text.index("- id: AMP-REPEAT")
sys.stdout.write(text[:start] + re.sub(r"maximum: [0-9.]+ %", "maximum: 0.001 %", text[start:], count=1))
PYTHON
check "the first attempt fails" run 1 a --spec strict.yaml
check "its ledger begins with it, and that is said" grep -qx "ledger:   begins with this run" out
check "the report says so" grep -q "The ledger of the bench begins with this run" ev/a/report.html
cp $ledger after-a
check "the second passes" run 0 b
check "the terminal names the first" grep -q "^ATTEMPT 2: 1 run of this test came before, 1 of them no pass; the first, .*: fail. Reason for the repeat: no reason given$" out
check "the report names the first" grep -q "This is attempt 2: 1 run of this test came before.*the first attempt counts" ev/b/report.html
check "JUnit has the attempt" grep -q '<property name="attempt" value="2"/>' ev/b/junit.xml
check "JUnit has the verdict of the first" grep -q '<property name="attempt.earlier.1" value=".*FAIL.*"/>' ev/b/junit.xml
check "JUnit says it in its output" grep -q "<system-out>This is attempt 2" ev/b/junit.xml
cp $ledger after-b
check "the third says why" run 0 c --reason "cable changed"
check "and is told as third" grep -q "^ATTEMPT 3: 2 runs .* Reason for the repeat: cable changed$" out
state_of() { "$tmsrig" trace --json --spec "$1" "${@:2}" 2>err | jq -r '.requirements[] | select(.id == "AMP-ACC") | .state'; }
check "trace: with both the attempts a pass is a pass" [ "$(state_of example ev/a ev/b)" = simulated ]
check "trace: the second alone, without a reason, decides nothing" [ "$(state_of example ev/b)" = undecided ]
check "trace: and says which is missing" eval '"$tmsrig" trace --spec example ev/b | grep -q "attempt 2, NOT AMONG THESE: run .*, fail; repeated without a reason"'
check "trace: the third has its reason, and the first is named" eval '[ "$(state_of example ev/c)" = simulated ] && "$tmsrig" trace --spec example ev/c | grep -q "NOT AMONG THESE: run .*, fail; repeated with a reason"'
check "trace: a later pass does not outvote" [ "$("$tmsrig" trace --json --spec strict.yaml ev/a ev/b | jq -r '.requirements[] | select(.id == "AMP-REPEAT") | .state')" = failed ]
campaign() { rm -f campaign.html; try 0 "$tmsrig" report --out campaign.html --view campaign "$@"; }
check "the campaign's verdict is that of the worst" eval 'campaign ev/a ev/b && grep -q "section class=.verdict fail" campaign.html'
check "the campaign names the repeat" eval 'campaign ev/b && grep -q "Repeated runs: " campaign.html && grep -q "This is attempt 2" campaign.html'
check "the history has all three, and the attempts" eval 'try 0 "$tmsrig" history add --db h.sqlite ev/a ev/b ev/c && try 0 "$tmsrig" history --only-simulated --db h.sqlite && grep -q "(attempt 2: no reason given)" out && grep -q "(attempt 3: cable changed)" out && ! grep -q "^tmsrig: warning" err'
check "the history without the first says that it is not there" eval 'try 0 "$tmsrig" history add --db without.sqlite ev/b ev/c && try 0 "$tmsrig" history --only-simulated --db without.sqlite && grep -q "1 earlier attempt that these runs name, 1 of them no pass, left bundles and are not in this history" err'
check "and so does a trend" eval 'try 0 "$tmsrig" trend AMP-REPEAT --only-simulated --db without.sqlite && grep -q "left bundles and are not in this history" err'
check "all are there" eval 'try 0 "$tmsrig" ledger virtual ev && grep -q "3 runs since .*, 0 without an end" out'

# Bundles.
told() { try 1 "$tmsrig" ledger virtual ev && grep -q -- "$1" out; }
mv ev/a away
check "a bundle that is thrown away" told "fail .*; bundle: MISSING$"
mv away ev/a
cp ev/a/result.json kept
sed -i 's/"verdict": "fail"/"verdict": "pass"/' ev/a/result.json
check "a bundle that is edited" told "bundle: CHANGED (ev/a)$"
cp ev/a/SHA256SUMS sums
(cd ev/a && grep -v "result.json$" ../../sums >SHA256SUMS && sha256sum result.json >>SHA256SUMS && LC_ALL=C sort -k2 -o SHA256SUMS SHA256SUMS)
check "a bundle that is edited and sealed again" told "bundle: CHANGED (ev/a)$"
mv kept ev/a/result.json; mv sums ev/a/SHA256SUMS
cp -r ev/b ev/copy
check "a copy of a bundle is none the worse" try 0 "$tmsrig" ledger virtual ev
rm -r ev/copy

# The ledger.
cp $ledger whole
refuses() { ! "$tmsrig" run smoke --quiet --out ev/never >out 2>err && grep -q "the ledger of the bench was changed" err && ! grep -q triggers ev/never*/events.jsonl; }
changed() { # words, pattern of the message of `tmsrig ledger`, command that makes the ledger from whole
  eval "$3" <whole >$ledger
  check "$1: told" eval 'try 1 "$tmsrig" ledger virtual ev && grep -q -- "'"$2"'" out err'
  check "$1: nothing is fired" refuses
  rm -rf ev/never*
}
changed "a line is changed" ":3: the chain is broken" 'sed "2s/fail/pass/"'
changed "lines are taken out of the middle" ":3: the chain is broken" 'sed 3,4d'
changed "the first lines are taken off" ":1: the chain is broken" 'sed 1,2d'
changed "lines are swapped" "the chain is broken" '{ head -n 2; tail -n 2 whole; sed -n 3,4p whole; }'
head -n 4 whole >$ledger
check "lines are taken off the end: told" told "ev/c: not a run of this ledger .*: it was one; lines were taken out, or an older copy"
check "lines are taken off the end: verify" eval 'try 1 "$tmsrig" verify ev/c && grep -q "the bench.s ledger has lost this run" out'
cp after-b $ledger
check "an older copy is put back and the run made again" run 0 d
check "the run in between is told" told "ev/c: not a run of this ledger .*: it was one;"
check "and the history sees two runs in one line" eval 'try 0 "$tmsrig" history add --db h.sqlite ev/d && "$tmsrig" history --only-simulated --db h.sqlite 2>&1 | grep -q "2 runs stand in one line of its ledger"'
rm -rf ev/d
rm $ledger
check "the ledger is taken away, and the run made again" run 0 e
check "it says that its ledger begins with it" grep -qx "ledger:   begins with this run" out
check "older runs are told as those of another ledger" told "ev/a: not a run of this ledger .*: it is one of another ledger, which began"
check "and the history sees two ledgers" eval 'try 0 "$tmsrig" history add --db h.sqlite ev/e && "$tmsrig" history --only-simulated --db h.sqlite 2>&1 | grep -q "stand in 2 ledgers"'
rm -rf ev/e
cp whole $ledger
check "elsewhere, to hide the first attempt" eval 'TMSRIG_STATE=$PWD/elsewhere run 0 f'
check "elsewhere: the bundle says that its ledger begins with it" eval 'jq -e ".run.attempt == 1 and .run.ledger_place.runs_before == 0" ev/f/result.json'
check "elsewhere: it is told beside the others" told "ev/f: not a run of this ledger .*: it is one of another ledger"
rm -rf ev/f
mkdir -p state/other && cp whole state/other/ledger.jsonl
check "a ledger that is copied to another bench does not make its runs that bench's" eval 'try 1 "$tmsrig" ledger other ev && grep -q "A RUN OF ANOTHER BENCH, virtual" out'
check "and that bench does not run with it" eval 'sed "s/^bench: .*/bench: other/" "$TMSRIG_DATA/fixtures/benches/virtual.yaml" >other.yaml && ! "$tmsrig" run smoke --quiet --bench other.yaml --out ev/never >out 2>err && grep -q ":1: a run of another bench" err && ! grep -q triggers ev/never*/events.jsonl'
rm -rf state/other ev/never*
: >$ledger
check "an emptied ledger begins anew, and that is said" eval 'run 0 g && grep -qx "ledger:   begins with this run" out'
rm -rf ev/g
cp whole $ledger

# The clock, the processor, the disk.
/usr/bin/python3 - whole >$ledger <<'PYTHON'
import hashlib, json, sys
lines, head = [json.loads(line) for line in open(sys.argv[1])], "0" * 64
for line in lines[2:]:
    line["time"] = line["time"].replace("20", "19", 1)
for line in lines:
    line["prev"] = head
    text = json.dumps(line)
    head = hashlib.sha256(text.encode()).hexdigest()
    print(text)
PYTHON
check "a clock that was set back is told" eval '"$tmsrig" ledger virtual >out; grep -q "THE CLOCK WENT BACK" out'
cp whole $ledger
"$tmsrig" run smoke --serial SN-1 --seed 7 --quiet --out ev/h1 >h1 2>&1 & one=$!
"$tmsrig" run smoke --serial SN-1 --seed 7 --quiet --out ev/h2 >h2 2>&1 & two=$!
wait $one; one=$?; wait $two
check "two at one moment both pass" [ "$one$?" = 00 ]
check "they are the fourth and the fifth attempt" eval '[ "$(jq -s "map(.run.attempt) | sort | tojson" ev/h1/result.json ev/h2/result.json)" = "\"[4,5]\"" ]'
check "and the chain holds" try 0 "$tmsrig" ledger virtual ev
"$tmsrig" run protocols/itbs-1800 --quiet --out ev/cut >h1 2>&1 & cut=$!
for _ in $(seq 1 500); do grep -q itbs-1800 $ledger && break; sleep 0.01; done
kill -9 $cut; wait $cut 2>err
check "a run that is killed has no end" eval '"$tmsrig" ledger virtual >out; grep "itbs-1800" out | grep -q "NO END"'
cp whole $ledger; rm -rf ev/cut* ev/h?
if [ "$(id -u)" -eq 0 ]; then as=(setpriv --reuid=nobody --regid=nogroup --clear-groups); else as=(); fi
chmod 755 .; cp "$tmsrig" tmsrig.copy; chmod 755 tmsrig.copy
mkdir shut free && chmod 555 shut && chmod 777 free
check "a state folder that may not be written: nothing is fired" eval 'try 2 "${as[@]}" env TMSRIG_STATE="$work/shut" ./tmsrig.copy run smoke --quiet --out free/x && ! grep -q triggers free/x.failed/events.jsonl && [ ! -e free/x ]'
cat >full.sh <<'FULL'
mkdir full && mount -t tmpfs -o size=16k tmpfs full && mkdir full/virtual && head -c 20000 /dev/zero >full/fill 2>/dev/null
TMSRIG_STATE=$PWD/full "$1" run smoke --quiet --out ev/full
FULL
user=(); [ "$(id -u)" -eq 0 ] || user=(-r)
if unshare -m "${user[@]}" mount -t tmpfs tmpfs shut 2>/dev/null; then
  check "a full disk: nothing is fired" eval 'try 4 unshare -m "${user[@]}" bash full.sh "$tmsrig" && [ -d ev/full.failed ] && ! grep -q triggers ev/full.failed/events.jsonl && [ ! -e ev/full ]'
else
  echo "NOT RUN: the full disk (no mounts are allowed here)"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
