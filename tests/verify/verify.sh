#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `tmsrig verify`: a bundle judged again comes to the same, bit for bit, whatever the run was like; one that was changed does not, and the message says
# what. `all`: every shipped scenario on its bench, every fault, aborted and void runs (bundles.py), judged again by the same program, by TMSRIG2, a build by
# another compiler, and by libm's other code; every member of result.json changed (leaves.py); many hostile bundles.
# usage: verify.sh TMSRIG [all [TMSRIG2]]
set -u
tmsrig=$(realpath "$1")
how=${2:-brief}
other=${3:+$(realpath "$3")}
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
TMSRIG_STATE=$work/state
export TMSRIG_DATA TMSRIG_STATE
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
check() { # name, command...
  local check_name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $check_name"; head -n 12 check.out; fi
}
status_is() { # expected, command...
  local want=$1 got
  shift
  "$@" >out 2>err </dev/null
  got=$?
  [ "$got" = "$want" ] || { echo "exit status $got, expected $want"; tail -n 5 out err; return 1; }
}
made() { # a bundle made by `run` or `analyze` with this exit status
  local name=$1 want=$2 got
  shift 2
  "$tmsrig" "$@" --out "$name" --quiet >/dev/null 2>made.err </dev/null
  got=$?
  [ "$got" = "$want" ] && [ -s "$name/result.json" ] || { echo "exit status $got, expected $want"; tail -n 3 made.err; return 1; }
}
same() { # a bundle that comes to the same again, bit for bit
  status_is 0 "$tmsrig" verify "$1" && grep -q "^re-judging *holds .* bit for bit$" out && grep -q "^verified: $1 holds" out && [ ! -s err ]
}
again() { # name, exit status of the run, its arguments
  check "$1: the run itself" made "$@"
  check "$1: judged again" same "$1"
}
sums() { (cd "$1" && rm SHA256SUMS && find . -type f -printf '%P\n' | LC_ALL=C sort | grep -v '^signatures/' | xargs -d '\n' sha256sum >../sums && mv ../sums SHA256SUMS); }
tampered() { # name, what the message must have, a command that changes the bundle
  local name=$1 message=$2
  shift 2
  rm -rf changed && cp -r smoke changed && (cd changed && eval "$*")
  check "$name" eval "status_is 1 '$tmsrig' verify changed && grep -qE -- '$message' out && grep -q '^NOT VERIFIED: changed does not hold' out && [ ! -s err ]"
}

again smoke 0 run smoke --seed 3
again dropped 1 run smoke --fault drop_pulse=3
again doubled 1 run smoke --fault "double_pulse=5:2 ms" --fault "late_pulse=9:2 ms"
again undischarged 1 run smoke --fault no_discharge
again spontaneous 1 run smoke --fault "spontaneous=4:20 ms"
again threshold 0 run motor-threshold-ascending --motor-threshold 45
again rough 0 run smoke --bench virtual-rough
again monophasic 0 run single-pulse --bench virtual-monophasic --spec example-monophasic

pulse=$TMSRIG_DATA/fixtures/recordings/simulated-pulse.csv
again analyzed 0 analyze "$pulse" --bench recording-csv --spec recording --date 2026-11-01
again overdue 3 analyze "$pulse" --bench recording-csv --spec recording --date 2027-03-02
again override 0 analyze "$pulse" --bench recording-csv --spec recording --date 2027-03-02 --allow-overdue-calibration

# Files of one's own, beside each other, a scenario and a library of the same name, a sensor with a digital certificate.
mkdir -p own/lib
cp "$TMSRIG_DATA/fixtures/devices/magpro-x100-cool-b65.yaml" own/device.yaml
cp "$TMSRIG_DATA/fixtures/sensors/rogowski-dcc-example.yaml" own/sensor.yaml
cp "$TMSRIG_DATA"/fixtures/sensors/rogowski-dcc-example.xml own/
sed 's/^\( *device:\).*/\1 .\/device.yaml/; s/sensor: rogowski-example/sensor: .\/sensor.yaml/' "$TMSRIG_DATA/fixtures/benches/virtual.yaml" >own/bench.yaml
printf 'local pulses = {}\nfunction pulses.count() return 4 end\nreturn pulses\n' >own/lib/pulses.lua
cat >own/pulses.lua <<'END'
scenario { id = "own", title = "With a library of its own" }
local pulses = require "pulses"
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = pulses.count(), interval = seconds(1) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
END
again own-files 0 run own/pulses.lua --bench ./own/bench.yaml --spec smoke
check "all that was read is kept" eval '[ "$(cd own-files/inputs && ls | tr "\n" " ")" = "bench.yaml device.yaml hv-divider-example.yaml published.yaml pulses-2.lua pulses.lua rogowski-dcc-example.xml sensor.yaml smoke.yaml " ] || { ls own-files/inputs; false; }'
mv own gone
check "the files themselves may be gone" same own-files
mv gone own
check "a bundle may be moved" eval 'mkdir elsewhere && mv own-files elsewhere/moved && same elsewhere/moved'

# A run that ended before its plan: by the operator (nobody is there to press Enter), and by a device that does not become ready.
cat >stopped.lua <<'END'
scenario { id = "stopped", title = "Nobody confirms" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = seconds(1) }
prompt("Turn the coil")
single { pulses = 3, interval = seconds(1) }
disarm()
END
cat >refused.lua <<'END'
scenario { id = "refused", title = "Stopped by its emergency stop" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = seconds(1) }
drive("emergency_stop", true)
await("ready", seconds(2))
single { pulses = 3, interval = seconds(1) }
disarm()
END
again stopped 5 run ./stopped.lua
check "stopped: never a pass" eval '! grep -q "its verdict is pass" out'
again refused 4 run ./refused.lua
check "refused: it cannot be made to look ended by its plan" eval 'rm -rf changed && cp -r refused changed && sed -i "s/\"ended_by\": \"bench\"/\"ended_by\": \"plan\"/" changed/result.json && ! cmp -s refused/result.json changed/result.json && sums changed && status_is 1 "$tmsrig" verify changed && grep -q "its recording gives" out'
check "whole, but not renamed: no bundle" eval 'rm -rf cut.incomplete && cp -r refused cut.incomplete && status_is 1 "$tmsrig" verify cut.incomplete/ && grep -q "the name ends in .incomplete" out'
check "refused: never a pass" eval '! grep -q "its verdict is pass" out'

# Another machine: no scenarios, no fixtures but empty ones, no ledger.
mkdir -p bare/fixtures/devices
check "judged by what is in the bundle alone, and that there are no templates is told" eval '(export TMSRIG_DATA=$PWD/bare TMSRIG_STATE=$PWD/nothing; status_is 0 "$tmsrig" verify smoke) && grep -q "^re-judging *holds .* bit for bit$" out && grep -q "^views *partly" out && grep -q "^verified, but for the views named above: smoke holds" out && grep -q "^ledger *none" out && [ ! -e nothing ]'
check "the ledger of this machine has it" eval 'same smoke && grep -q "^ledger *holds .*attempt 1" out'
check "JSON" eval 'status_is 0 "$tmsrig" verify smoke --json && /usr/bin/python3 -c "
import json
v = json.load(open(\"out\"))
assert v[\"verified\"] and v[\"verdict\"] == \"pass\" and v[\"rejudging\"][\"differences\"] == 0 and v[\"rejudging\"][\"values\"] > 20000 and v[\"rejudging\"][\"same_build\"], v
assert {s[\"stage\"]: s[\"state\"] for s in v[\"stages\"]}[\"re-judging\"] == \"holds\""'

# Changed, and told what.
row='^    pulses.csv:5: pulse 3, column peak1_a: the bundle says 9999, its recording gives [0-9.]+$'
cell='awk -F, -vOFS=, "NR == 5 { \$6 = 9999 } 1" pulses.csv >p && mv p pulses.csv'
tampered "a number of a table" '^    pulses.csv: changed' "$cell"
tampered "and its sum made to fit: the recording tells" "$row" "$cell; sums ."
tampered "a verdict" '^    result.json: .*the bundle says "fail", its recording gives "pass"' "sed -i '0,/\"verdict\": \"pass\"/s//\"verdict\": \"fail\"/' result.json; sums ."
tampered "a limit in the result" '^    result.json: requirements\[AMP-ACC\].upper: the bundle says 9999, its recording gives ' "/usr/bin/python3 -c '
import json
r = json.load(open(\"result.json\"))
next(q for q in r[\"requirements\"] if q[\"id\"] == \"AMP-ACC\")[\"upper\"] = 9999
json.dump(r, open(\"result.json\", \"w\"))'; sums ."
tampered "a judgement, the smallest step of its value" '^    judgements.csv:[0-9]+: AMP-MEAN, column value: ' "/usr/bin/python3 -c '
import math, re
t = open(\"judgements.csv\").read()
value = re.search(r\"AMP-MEAN,1,[^,]*,pass,([^,]*),\", t)[1]
open(\"judgements.csv\", \"w\").write(t.replace(value, \"%.17g\" % math.nextafter(float(value), 1), 1))'; sums ."
tampered "a row removed" '^    measurements.csv:[0-9]+: .*: the bundle says' "sed -i 30d measurements.csv; sums ."
tampered "a column renamed" '^    pulses.csv:1: column 2: the bundle says onset, its recording gives onset_s' "sed -i '1s/onset_s/onset/' pulses.csv; sums ."
tampered "the recording of another run" 'the bundle says .*, its recording gives ' "cp ../rough/recording.h5 .; sums ."
tampered "the recording changed: HDF5 does not get to see it" '^re-judging *not done ' "printf x >>recording.h5"
tampered "the specification in inputs/" 'its recording gives ' "sed -i 's/tolerance: {relative: 5 %}/tolerance: {relative: 0.1 %}/' inputs/example.yaml; sums ."
tampered "the scenario in inputs/" 'comes to another plan now than in the run' "sed -i 's/trials = 2/trials = 3/' inputs/smoke.lua; sums ."
tampered "the library in inputs/" 'inputs: .*smoke.lua:3: no' "printf 'fail(\"no\")\n' >inputs/protocols.lua; sums ."
tampered "a file removed" '^    inputs/virtual.yaml: missing' "rm inputs/virtual.yaml"
tampered "a file put in" '^    note.txt: extra' "echo hello >note.txt"
tampered "no result" '^    result.json: missing' "rm result.json"
tampered "a result of deep brackets" 'result.json:[0-9]+:[0-9]+: ' "printf '[%.0s' {1..100000} >result.json; sums ."
tampered "a result with a number beyond all numbers" 'result.json:[0-9]+:[0-9]+: ' "sed -i '0,/\"exit_status\": 0/s//\"exit_status\": 1e999/' result.json; sums ."
member() { printf "/usr/bin/python3 -c '\nimport json\nr = json.load(open(\"result.json\"))\n%s\njson.dump(r, open(\"result.json\", \"w\"))'; sums ." "$1"; }
tampered "the day that calibrations are held against" '^    result.json: calibration.date: ' "$(member 'r["calibration"]["date"] = "2026-01-01"')"
tampered "the safe state taken out" '^    result.json: safe_state: it is not there' "$(member 'r["safe_state"] = None')"
tampered "the safe state not what the events say" '^    result.json: safe_state.proven is not' "$(member 'r["safe_state"]["proven"] = False')"
tampered "a run that says it is an analysis" '^    result.json: run.command: ' "$(member 'r["run"]["command"] = "analyze"')"
tampered "another run's name" '^    result.json: run.id is .x., events.jsonl says ' "$(member 'r["run"]["id"] = "x"')"
tampered "an end that there is not" '^    result.json: run.ended_by is .banana.' "$(member 'r["run"]["ended_by"] = "banana"')"
tampered "no log of events" '^    events.jsonl: not there' "$(member 'import os; r["event_log"] = None; os.remove("events.jsonl")')"
tampered "simulated" '^    result.json: run.simulated: the bundle says false, its recording gives true' "$(member 'r["run"]["simulated"] = False')"
tampered "a result that leads out of the folder" "no file .../../etc/hostname. in the folder.s inputs/" "sed -i 's#\"name\": \"inputs/virtual.yaml\"#\"name\": \"../../etc/hostname\"#' result.json; sums ."
tampered "a link instead of a file" '^    inputs/virtual.yaml: ' "ln -sf /etc/hostname inputs/virtual.yaml"
tampered "the end of the log of events" '^    events.jsonl: it ends with line ' "sed -i '\$d' events.jsonl; sums ."
tampered "a line of the log of events" 'events.jsonl:[0-9]+: ' "sed -i '3s/time/tine/' events.jsonl; sums ."
tampered "another result.json, all else in order: the ledger tells" '^    SHA256SUMS: its SHA-256 is ' "sed -i 's/\"operator\": null/\"operator\": \"Somebody\"/' result.json; sums ."
check "no bundle" eval 'status_is 2 "$tmsrig" verify state && grep -q "not a bundle" err && status_is 2 "$tmsrig" verify nosuch'

# Another revision of the requirements.
sed 's/^revision: .*/revision: 7/; s/tolerance: {relative: 5 %}/tolerance: {relative: 1 %}/; s/id: SHAPE-SLOPE/id: SHAPE-STEEPNESS/' "$TMSRIG_DATA/fixtures/specs/example.yaml" >stricter.yaml
check "another specification: what changes, and the status of run" eval 'status_is 1 "$tmsrig" verify smoke --with-spec ./stricter.yaml &&
  grep -q "^AMP-ACC: pass -> fail" out && grep -qF "limits    -5 to 5 % of planned -> -1 to 1 % of planned" out && grep -q "^SHAPE-SLOPE: only in the old: pass" out && grep -q "^SHAPE-STEEPNESS: only in the new: fail" out && grep -q "the verdict: pass -> fail$" out &&
  grep -q "^new  example revision 7" out'
check "the same specification changes nothing" eval 'status_is 0 "$tmsrig" verify smoke --with-spec example && grep -q "^0 requirements changed; the verdict: pass -> pass" out'
check "another specification, JSON" eval 'status_is 1 "$tmsrig" verify smoke --with-spec ./stricter.yaml --json && /usr/bin/python3 -c "
import json
v = json.load(open(\"out\"))
changes = {c[\"requirement\"]: c for c in v[\"changes\"]}
assert v[\"old\"][\"verdict\"] == \"pass\" and v[\"new\"][\"verdict\"] == \"fail\", v
share = {when: changes[\"AMP-ACC\"][when][\"upper\"] / changes[\"AMP-ACC\"][when][\"planned\"] for when in (\"old\", \"new\")}
assert abs(share[\"old\"] - 1.05) < 1e-12 and abs(share[\"new\"] - 1.01) < 1e-12, share
assert changes[\"SHAPE-SLOPE\"][\"new\"] is None"'
check "a wrong specification" eval 'status_is 2 "$tmsrig" verify smoke --with-spec nosuch && grep -q "no spec .nosuch." err'
rm -rf changed && cp -r smoke changed && echo >>changed/result.json
check "a bundle that does not hold is not judged by another one" status_is 4 "$tmsrig" verify changed --with-spec example

# Two bundles beside each other.
check "diff: a bundle and itself" eval 'status_is 0 "$tmsrig" diff smoke smoke && grep -q "^verdicts" out && [ "$(grep -c "no difference" out)" = 4 ]'
check "diff: what a fault changes" eval 'status_is 1 "$tmsrig" diff smoke dropped && grep -q "run seed  *3 -> 1" out && grep -q "of the session  *\"pass\" -> \"fail\"" out'
check "diff: numbers" eval 'status_is 1 "$tmsrig" diff smoke dropped --json && /usr/bin/python3 -c "
import csv, json, math, statistics
d = json.load(open(\"out\"))
one = next(m for m in d[\"measurands\"] if m[\"measurand\"] == \"pulse.peak1\")
rows = [r for r in csv.DictReader(open(\"smoke/measurements.csv\")) if r[\"measurand\"] == \"pulse.peak1\" and r[\"voided\"] == \"0\"]
values = [float(r[\"value\"]) for r in rows]
u = math.hypot(math.sqrt(sum(float(r[\"u_random\"]) ** 2 for r in rows)) / len(rows), statistics.fmean(float(r[\"u_systematic\"]) for r in rows))
assert one[\"a\"][\"count\"] == 25 and one[\"b\"][\"count\"] == 24
assert math.isclose(one[\"a\"][\"mean\"], statistics.fmean(values), rel_tol=1e-12) and math.isclose(one[\"a\"][\"standard_deviation\"], statistics.stdev(values), rel_tol=1e-9)
assert math.isclose(one[\"a\"][\"u\"], u, rel_tol=1e-9), (one, u)
assert math.isclose(one[\"in_units_of_u\"], one[\"difference\"] / math.hypot(one[\"a\"][\"u\"], one[\"b\"][\"u\"]), rel_tol=1e-9)"'
check "diff: another scenario" eval 'status_is 1 "$tmsrig" diff smoke threshold && grep -q "^  plan_sha256" out && grep -q "scenario id" out'
check "diff: a table with other columns" eval 'rm -rf changed && cp -r smoke changed && sed -i "1s/voided/void/" changed/measurements.csv && status_is 2 "$tmsrig" diff smoke changed && grep -q "measurements.csv:1: there is no column .voided." err'

# A processor of another kind: libm without FMA and AVX2 comes to other last digits, and says so by what it comes to alone.
if [ "$(uname -m)" = x86_64 ] && grep -qw fma /proc/cpuinfo; then
  without() { GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable "$@"; }
  check "libm's other code: within 1e-9, and not as if it were the same" eval 'without status_is 0 "$tmsrig" verify smoke && grep -qE "^re-judging +holds .*(within 1e-09|all equal) .libm chose other code.(, the largest difference [0-9.]+e-1[0-9] at .*)?$" out'
  check "and a last digit that was changed is within that" eval 'rm -rf changed && cp -r dropped changed && /usr/bin/python3 "$here/nudge.py" changed && sums changed && (export TMSRIG_STATE=$PWD/nothing; status_is 1 "$tmsrig" verify changed && without status_is 0 "$tmsrig" verify changed)'
else
  echo "NOT RUN: libm's other code (this processor has no FMA)"
fi
check "what people state is made again too" eval 'printf "laboratory: {name: A laboratory}\nitem: {received: 2026-11-01}\n" >about.yaml && made stated 0 run smoke --about ./about.yaml && mv about.yaml gone.yaml && same stated &&
  rm -rf changed && cp -r stated changed && sed -i "s/\"name\": \"A laboratory\"/\"name\": \"Another\"/" changed/result.json && sums changed && status_is 1 "$tmsrig" verify changed && grep -q "about.laboratory.name: the bundle says .Another., its recording gives .A laboratory." out'

# Recordings and archives made to break the reader, and changes of a byte, through the program.
have_h5py() { /usr/bin/python3 -c 'import h5py' 2>/dev/null || { echo "NOT RUN: hostile HDF5 (python3-h5py is not there)" >&2; false; }; }
if [ "$how" = brief ]; then
  check "hostile archives" /usr/bin/python3 "$here/hostile_zip.py" "$tmsrig" analyzed brief
  have_h5py && check "hostile HDF5" /usr/bin/python3 "$here/hostile_hdf5.py" "$tmsrig" analyzed 8
  check "tampering through the program" env TMSRIG_STATE="$work/state-tamper" /usr/bin/python3 "$here/../tamper/program.py" "$tmsrig" tamper 10
  check "hostile bundles" /usr/bin/python3 "$here/hostile.py" "$tmsrig" smoke 25 1
  mkdir few && cp -r stopped stated few/
  check "no member of result.json is believed that docs/verify.md does not name" /usr/bin/python3 "$here/leaves.py" "$tmsrig" few 15 "${SEED:-1}"
  check "deceptions" /usr/bin/python3 -B "$here/deceit.py" "$tmsrig" smoke brief
else
  check "bundles of every kind" /usr/bin/python3 "$here/bundles.py" make "$tmsrig" "$work/all"
  cat check.out
  # Each is judged again: here, by each other program that was named, and by libm's other code.
  judged() { # name, argument...
    local who=$1
    shift
    check "judged again: $who" /usr/bin/python3 "$here/bundles.py" judge "$work/all" "$@"
    tail -n 1 check.out
  }
  judged "by the same program" --same "the same program" "$tmsrig"
  [ -z "$other" ] || judged "by $other" "another compiler's program" "$other"
  declare -F without >/dev/null && judged "by libm's other code" "the same program, libm without FMA and AVX2" env GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable "$tmsrig"
  check "bundles whose members are changed" /usr/bin/python3 "$here/bundles.py" make "$tmsrig" "$work/leaves" leaves
  check "no member of result.json is believed that docs/verify.md does not name" /usr/bin/python3 "$here/leaves.py" "$tmsrig" "$work/leaves"
  cat check.out
  check "hostile bundles" /usr/bin/python3 "$here/hostile.py" "$tmsrig" smoke 1000 2
  cat check.out
  /usr/bin/python3 "$here/hostile_zip.py" "$tmsrig" smoke
  check "hostile archives" [ $? = 0 ]
  have_h5py && { /usr/bin/python3 "$here/hostile_hdf5.py" "$tmsrig" smoke; check "hostile HDF5" [ $? = 0 ]; }
  TMSRIG_STATE=$work/state-tamper /usr/bin/python3 "$here/../tamper/program.py" "$tmsrig" tamper 10000
  check "tampering through the program" [ $? = 0 ]
  /usr/bin/python3 -B "$here/deceit.py" "$tmsrig" smoke
  check "deceptions" [ $? = 0 ]
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 60 ]
