#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The contract of the command line: help, exit status, what goes where, what is left on disk.
# usage: cli.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/../.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
cd "$work" || exit 1
passed=0 failed=0
check() { # name, command...
  local name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; head -n 5 check.out; fi
}
status_is() { # expected, command...
  local want=$1 got
  shift
  "$@" >out 2>err </dev/null
  got=$?
  [ "$got" = "$want" ] || { echo "exit status $got, expected $want"; tail -n 5 err; return 1; }
}
narrow() { ! awk 'length > 80 { print; wide = 1 } END { exit !wide }' "$1"; }

check "no command: usage on stderr, status 2" eval 'status_is 2 "$tmsrig" && [ ! -s out ] && grep -q "^Usage:" err'
check "--help on stdout" eval 'status_is 0 "$tmsrig" --help && grep -q "^Usage:" out && [ ! -s err ] && narrow out'
check "--version" eval 'status_is 0 "$tmsrig" --version && grep -q "^tmsrig [0-9]" out'
for command in run check analyze report export budget measurands ledger trace import history trend qualify keygen sign verify diff; do
  check "$command --help" eval 'status_is 0 "$tmsrig" '"$command"' --help && grep -q "^Usage: tmsrig '"$command"'" out && [ ! -s err ] && narrow out'
  check "$command --usage" eval 'status_is 0 "$tmsrig" '"$command"' --usage && [ ! -s err ]'
done
not_in_manual() { while read -r command; do grep -q "^\.B tmsrig $command" "$TMSRIG_DATA/docs/tmsrig.1" || echo "docs/tmsrig.1 lacks $command"; done; }
check "the manual page has every command" eval '"$tmsrig" --help | sed -n "s/^  \([a-z]*\) .*/\1/p" >commands && [ "$(wc -l <commands)" -ge 19 ] && ! not_in_manual <commands | grep .'
known_keys() { sed -nE 's/.*(\{|SOURCED\()"([a-z0-9_]+)", .*/\2/p' "$TMSRIG_DATA"/rig/config/config_{adc,bench,device,fault,limit,sensor,spec}.c | grep -v "^unknown$"; }
known_calls() { sed -nE 's/.*\{"([a-z_]+)", (api|plan)_.*/\1/p' "$TMSRIG_DATA/rig/plan/plan_api.c"; }
undocumented() { for word; do grep -qw -- "$word" "$TMSRIG_DATA/docs/files.md" || echo "docs/files.md lacks $word"; done; }
check "every key of the files is documented" eval '[ "$(known_keys | wc -l)" -gt 100 ] && ! undocumented $(known_keys) | grep .'
check "every call of a scenario is documented" eval '[ "$(known_calls | wc -l)" -gt 12 ] && ! undocumented $(known_calls) | grep .'
check "measurands lists" eval 'status_is 0 "$tmsrig" measurands && [ "$(wc -l <out)" -ge 25 ]'
check "a measurand is explained" eval 'status_is 0 "$tmsrig" measurands pulse.peak1 && grep -q "^unit: A" out'

check "smoke conforms" status_is 0 "$tmsrig" run smoke --out ev --seed 7 --serial SN-1 --operator "A. Tester"
lacking() { for f in report.html junit.xml needs.json requirements.reqif atml.xml result.json events.jsonl environment.json recording.h5 pulses.csv measurements.csv judgements.csv SHA256SUMS; do [ -s "$1/$f" ] || echo "no $f"; done; }
check "evidence is whole" eval '! lacking ev | grep .'
check "sums verify" eval '(cd ev && sha256sum --quiet -c SHA256SUMS)'
check "nothing incomplete is left" eval '[ -z "$(find . -name "*.incomplete")" ]'
check "serial and operator are kept" eval 'grep -q "SN-1" ev/result.json && grep -q "A. Tester" ev/result.json'
check "environment.json names the program by its hash and its sources" eval 'grep -qF "\"sha256\": \"$(sha256sum <"$tmsrig" | cut -d" " -f1)\"" ev/environment.json && grep -q "\"build\": \".*, source [0-9a-f]\{12\}\|source not known" ev/environment.json'
check "report says SIMULATED" grep -q SIMULATED ev/report.html
check "junit is XML" xmllint --noout ev/junit.xml
check "h5dump reads the store" eval 'h5dump -H ev/recording.h5 | grep -q windows'
check "result.json fits its schema" /usr/bin/python3 -c "
import json, jsonschema, sys
jsonschema.validate(json.load(open('ev/result.json')), json.load(open('$TMSRIG_DATA/reports/result.schema.json')))"
check "budget: every requirement with a value" eval 'status_is 0 "$tmsrig" budget ev && grep -q "^AMP-ACC: pulse.peak1" out && grep -q "sensor gain" out && grep -q "k = " out && ! grep -qi nan out && awk "length > 100 { wide = 1 } END { exit wide }" out'
check "budget of one value, measured again" eval 'status_is 0 "$tmsrig" budget ev pulse.peak1 --index 3 && grep -q "^pulse.peak1 of pulse 3" out && [ ! -s err ]'
check "budget: JSON that adds up to the table of the run" eval 'status_is 0 "$tmsrig" budget ev pulse.peak1 --index 3 --json && /usr/bin/python3 -c "
import csv, json, math
b = json.load(open(\"out\"))
row = [r for r in csv.DictReader(open(\"ev/measurements.csv\")) if r[\"measurand\"] == \"pulse.peak1\" and r[\"index\"] == \"3\"][0]
u = math.sqrt(sum(line[\"share\"] ** 2 for line in b[\"budget\"]))
assert abs(u / float(row[\"u\"]) - 1) < 1e-12 and abs(b[\"value\"] / float(row[\"value\"]) - 1) < 1e-15, (u, row)
assert abs(b[\"expanded\"] / float(row[\"U\"]) - 1) < 1e-12"'
check "budget: no such index" eval 'status_is 2 "$tmsrig" budget ev pulse.peak1 --index 999 && grep -q "no pulse.peak1 of index 999" err'
check "no colour codes off a terminal" eval '! grep -q "$(printf "\\033")" out'
check "an evidence folder is never overwritten" eval 'status_is 2 "$tmsrig" run smoke --out ev && grep -q "ev" err'
check "same seed, same results" eval 'status_is 0 "$tmsrig" run smoke --out ev2 --seed 7 && [ "$(grep -o "results_sha256[^,]*" ev/result.json)" = "$(grep -o "results_sha256[^,]*" ev2/result.json)" ] && cmp ev/recording.h5 ev2/recording.h5 && cmp ev/pulses.csv ev2/pulses.csv && cmp ev/measurements.csv ev2/measurements.csv'
check "another seed, other results" eval 'status_is 0 "$tmsrig" run smoke --out ev3 --seed 8 && ! cmp -s ev/recording.h5 ev3/recording.h5'
check "--json prints the result" eval 'status_is 0 "$tmsrig" run smoke --out ev4 --json && /usr/bin/python3 -c "import json; assert json.load(open(\"out\"))[\"verdict\"] == \"pass\""'
check "--quiet prints no table" eval 'status_is 0 "$tmsrig" run smoke --out ev5 --quiet && ! grep -q "^requirement " out && [ "$(wc -l <out)" -le 5 ]'
check "a fault is nonconformant" status_is 1 "$tmsrig" run smoke --out ev6 --fault drop_pulse=1
check "several scenarios, one folder each" eval 'status_is 0 "$tmsrig" run smoke single-pulse --out many && [ "$(find many -name result.json | wc -l)" = 2 ]'
check "report again, same bytes" eval 'status_is 0 "$tmsrig" report ev --out again && cmp ev/report.html again/report.html && cmp ev/junit.xml again/junit.xml'
check "check prints a timeline" eval 'status_is 0 "$tmsrig" check protocols/itbs-600 && grep -q "600" out'
check "check --json" eval 'status_is 0 "$tmsrig" check protocols/itbs-600 --json && /usr/bin/python3 -c "
import json
plan = json.load(open(\"out\"))
assert plan[\"pulses\"] == 600 and abs(plan[\"first_to_last_onset_s\"] - 191.84) < 1e-6 and plan[\"duration_s\"] >= 191.84, plan"'
check "the example recording conforms" eval 'status_is 0 "$tmsrig" analyze "$TMSRIG_DATA/fixtures/recordings/simulated-pulse.csv" --bench recording-csv --spec recording --date 2026-11-01 --out pulse && grep -q "8 pass" out'
pulse() { local out=$1 status=$2; shift 2; status_is "$status" "$tmsrig" analyze "$TMSRIG_DATA/fixtures/recordings/simulated-pulse.csv" --bench recording-csv --spec recording --out "$out" "$@"; }
check "overdue: no statement on what rests on the sensor, the rest is judged" eval 'pulse overdue 3 --date 2027-03-02 && grep -q "5 pass, 3 inconclusive" out && grep -q "was due on 2027-03-01" overdue/result.json && grep -q "\"verdict\": \"inconclusive\"" overdue/result.json && grep -q "type=\"inconclusive\"" overdue/junit.xml'
check "a recording from before the certificate is not calibrated" eval 'pulse before 3 --date 2026-02-28 && grep -q "is of 2026-03-01, after the recording of 2026-02-28" before/result.json'
check "the override judges, and every output says so" eval 'pulse override 0 --date 2027-03-02 --allow-overdue-calibration && grep -q "8 pass" out && grep -q "CALIBRATION NOT IN FORCE" out && grep -q "CALIBRATION NOT IN FORCE" override/report.html && grep -q "calibration.overridden\" value=\"true\"" override/junit.xml && grep -q "\"overridden\": true" override/result.json'
check "an override of nothing is not announced" eval 'pulse needless 0 --date 2026-11-01 --allow-overdue-calibration && ! grep -q "NOT IN FORCE" out needless/report.html && grep -q "\"overridden\": false" needless/result.json'
check "the results of these fit the schema" /usr/bin/python3 -c "
import json, jsonschema
for folder in 'overdue', 'override':
    jsonschema.validate(json.load(open(folder + '/result.json')), json.load(open('$TMSRIG_DATA/reports/result.schema.json')))"
check "nothing fires while a later scenario is wrong" eval 'status_is 2 "$tmsrig" run smoke nosuch --out none && [ ! -e none ] && [ "$(wc -l <err)" = 1 ]'
check "a scenario of one's own finds the shipped library" eval 'cp "$TMSRIG_DATA/scenarios/protocols/itbs-600.lua" own.lua && status_is 0 "$tmsrig" check ./own.lua'
check "the log ends with every pulse" eval '"$tmsrig" run smoke --out ev7 2>&1 >out | grep -q "^100 % .* 25 of 25 pulses"'
check "output that cannot be written is no success" eval '! "$tmsrig" check smoke >/dev/full 2>err && grep -q "standard output" err'
check "a full disk is a message, not a signal" eval '(ulimit -f 40; "$tmsrig" run smoke --out big --quiet >out 2>err; [ $? = 4 ]) && grep -q "File too large" err && [ ! -e big ]'
check "an abort ends with status 5 and a record" eval '
  "$tmsrig" run protocols/rt1-1800 --out stopped --quiet >out 2>err & pid=$!; sleep 0.7; kill -INT $pid; wait $pid; [ $? = 5 ] && grep -q "stopped by the operator" err &&
  grep -q "\"aborted\": *true" stopped/result.json && ! grep -q "\"verdict\": *\"pass\",$" <(head -n 60 stopped/result.json | grep -A0 "^  \"verdict\"")'
again() { status_is 0 "$tmsrig" run smoke --seed 7 --serial SN-1 --quiet "$@"; }
earlier() { /usr/bin/python3 -c "
import json, sys
run = json.load(open(sys.argv[1] + '/result.json'))['run']
before = [json.load(open(d + '/result.json'))['run']['id'] for d in sys.argv[3:]]
assert run['attempt'] == int(sys.argv[2]) and [e['id'] for e in run['earlier']] == before, run" "$@"; }
check "the first attempt is the first" earlier ev 1
check "another seed is another device" earlier ev3 1
check "a repeat names what came before, and its reason" eval 'again --out again1 --reason "coil moved" && earlier again1 2 ev && grep -q "<b>Attempt 2</b>" again1/report.html && grep -q "coil moved" again1/report.html'
check "a repeat without a reason says so" eval 'again --out again2 && earlier again2 3 ev again1 && grep -q "no reason given" again2/report.html && grep -q "repeated because: coil moved" again2/report.html && ! grep -q "Attempt" ev/report.html'
check "the ledger lists them" eval 'status_is 0 "$tmsrig" ledger virtual && [ "$(grep -c "SN-1, simulated, seed 7" out)" = 3 ] && grep -q "; reason: coil moved" out && grep -q "0 without an end; the chain of" out'
ledger_of() { local want=$1; shift; status_is "$want" "$tmsrig" ledger virtual "$@"; }
check "a bundle that is missing or changed is told" eval 'ledger_of 1 again1 && grep "$(grep -o "\"id\": \"2[^\"]*" again1/result.json | cut -d\" -f4)" out | grep -q "bundle: again1" && grep -q "bundle: MISSING" out &&
  cp -r again1 moved && sed -i "s/pass/fail/" moved/SHA256SUMS && echo >>moved/SHA256SUMS && ledger_of 1 moved && grep -q "bundle: CHANGED" out'
check "a bundle of another bench is told" eval 'ledger_of 1 pulse && grep -q "^pulse: not a run of this ledger" out'
check "a changed ledger is told, and stops runs" eval 'cp "$TMSRIG_STATE/virtual/ledger.jsonl" kept && sed -i "3s/smoke/smoky/" "$TMSRIG_STATE/virtual/ledger.jsonl" && ledger_of 1 && grep -q "ledger.jsonl:4: the chain is broken" err &&
  status_is 2 "$tmsrig" run smoke --out refused && grep -q "the ledger of the bench was changed" err && [ ! -e refused ] && [ -e refused.failed/events.jsonl ] && [ ! -e refused.failed/result.json ] && cp kept "$TMSRIG_STATE/virtual/ledger.jsonl"'
check "an unknown bench has no ledger" eval 'status_is 2 "$tmsrig" ledger nosuch && grep -q "no run of bench" err && status_is 2 "$tmsrig" ledger ./nosuch.yaml'
check "the air is kept, or refused" eval 'status_is 2 "$tmsrig" run smoke --out hot --ambient temperature=294 && grep -q "from -20 to 60 degC" err && [ ! -e hot ]'
dead_bench() { sed "s|uri: .*|uri: \"ip:127.0.0.1:1\"|" "$TMSRIG_DATA/fixtures/benches/served-client.yaml" >dead.yaml; grep -q "127.0.0.1:1" dead.yaml; }
check "a run that cannot start leaves a record, and no result" eval 'dead_bench && status_is 4 "$tmsrig" run smoke --bench ./dead.yaml --out dead && [ ! -e dead ] && [ ! -e dead.incomplete ] && [ "$(cd dead.failed && echo *)" = "environment.json events.jsonl" ] &&
  tail -n 2 dead.failed/events.jsonl | head -n 1 | grep -q "\"event\": \"error\"" && grep -q "dead.failed" err && status_is 4 "$tmsrig" run smoke --bench ./dead.yaml --out dead && [ -e dead.failed.2/events.jsonl ]'
sr_values() { sigrok-cli -i "$1" --show >shown 2>err && grep -q "Samplerate: 1000000" shown && grep -q "coil_current_A: analog" shown && grep -q "RECORDED: logic" shown; }
check "export: sigrok-cli reads it" eval 'status_is 0 "$tmsrig" export ev pulse3.sr --pulse 3 && sr_values pulse3.sr && grep -q "^Analog sample count: [1-9]" shown'
check "export: samples are those of the store" eval 'status_is 0 "$tmsrig" export ev part.sr --pulse 3 --channels coil_current && /usr/bin/python3 -c "
import csv, struct, zipfile
z = zipfile.ZipFile(\"part.sr\")
name = [n for n in z.namelist() if n.startswith(\"analog-1-\")]
assert len(name) == 1, name
raw = z.read(name[0])
values = struct.unpack(\"<%df\" % (len(raw) // 4), raw)
assert set(z.read(\"logic-1-1\")[k] >> 3 & 1 for k in range(len(values))) == {1}, \"all of it is as recorded\"
peak = max(float(r[\"peak1_a\"]) for r in csv.DictReader(open(\"ev/pulses.csv\")) if r[\"pulse\"] in (\"3\", \"4\"))
assert abs(max(values) / peak - 1) < 0.01, (max(values), peak)"'
check "export: same bytes again, nothing overwritten" eval 'status_is 0 "$tmsrig" export ev again3.sr --pulse 3 && cmp pulse3.sr again3.sr && status_is 2 "$tmsrig" export ev pulse3.sr --pulse 3 && grep -q "nothing is overwritten" err'
round_trip() {
  printf "%s\n" "bench: back" "adc:" "  driver: file" "  format: sr" "  sample_rate: 1 MHz" "  clock_accuracy: 2 ppm" "  channels:" \
    "    coil_current: {column: coil_current_A, scale: 1 A}" "    trigger: {column: trigger_V, scale: 1 V, threshold: 1.5 V}" >back.yaml
  "$tmsrig" export ev whole.sr >out && "$tmsrig" analyze whole.sr --bench ./back.yaml --out back --quiet >out 2>err
  [ -s back/result.json ] && /usr/bin/python3 -c "
import csv
a, b = (list(csv.DictReader(open(p + '/pulses.csv'))) for p in ('ev', 'back'))
assert len(a) == len(b) == 25, (len(a), len(b))
worst = max(abs(float(x['peak1_a']) - float(y['peak1_a'])) for x, y in zip(a, b))
step = max(float(x['peak1_a']) for x in a) / 30000
print('worst', worst, 'A, a count is', step)
assert worst < 4 * step, (worst, step)
assert max(abs(float(x['onset_s']) - float(y['onset_s'])) for x, y in zip(a, b)) < 3e-7"
}
check "export: measured again, the same peaks" round_trip
check "export: an unknown channel, an empty range, no such pulse" eval 'status_is 2 "$tmsrig" export ev no.sr --channels colour && grep -q "no channel .colour" err && status_is 2 "$tmsrig" export ev no.sr --from "1 ks" && grep -q "nothing was recorded" err && status_is 2 "$tmsrig" export ev no.sr --pulse 999 && grep -q "no pulse 999" err && [ ! -e no.sr ]'
check "a session recorded by sigrok-cli is read" eval '
  sigrok-cli -d demo:analog_channels=1:logic_channels=1 --config samplerate=1m --samples 20000 -C D0,A0 -o demo.sr &&
  printf "%s\n" "bench: sr" "adc:" "  driver: file" "  format: sr" "  sample_rate: 1 MHz" "  clock_accuracy: 50 ppm" "  channels:" \
    "    coil_current: {column: A0, scale: 100 A}" "    trigger: {column: D0, scale: 1 V, threshold: 2.5 V}" >sr.yaml &&
  "$tmsrig" analyze demo.sr --bench ./sr.yaml --out sr --quiet >out 2>err; [ $? = 4 ] && grep -q "begins with the current away" sr/result.json && grep -q "\"total_frames\": 20000\b" sr/result.json &&
  grep -q "\"sample_rate_hz\": 1000000\b" sr/result.json && grep -q "$(sha256sum demo.sr | cut -c1-64)" sr/result.json'
for verb in probe test; do
  check "bench $verb --help" eval 'status_is 0 "$tmsrig" bench '"$verb"' --help && grep -q "^Usage: tmsrig bench '"$verb"'" out && [ ! -s err ] && narrow out'
done
check "bench: --help, and usage without a verb" eval 'status_is 0 "$tmsrig" bench --help && grep -q "^Usage:" out && status_is 2 "$tmsrig" bench && status_is 2 "$tmsrig" bench nosuch && grep -q "no .nosuch." err'
check "bench test: all is good on a virtual bench" eval 'status_is 0 "$tmsrig" bench test virtual && grep -q "^OK  *adc.rate " out && grep -q " 0 FAILED, 0 NOT TESTED; SIMULATED" out && [ ! -s err ]'
check "bench test: JSON" eval 'status_is 0 "$tmsrig" bench test virtual-2ch --json && /usr/bin/python3 -c "
import json
t = json.load(open(\"out\"))
assert t[\"failed\"] == 0 and t[\"simulated\"] and len(t[\"checks\"]) == t[\"ok\"] + t[\"not_tested\"] > 30
assert {c[\"status\"] for c in t[\"checks\"]} <= {\"ok\", \"not_tested\"}"'
printf '%s\n' "bench: dead" "adc:" "  driver: iio" "  uri: \"ip:127.0.0.1:1\"" "  instrument: none-there" "  sample_rate: 1 MHz" "  clock_accuracy: 5 ppm" \
  "  gaps: clock" "  channels: {coil_current: {channel: voltage0, per_volt: 1 A}}" >dead.yaml
check "bench test: an instrument that is not there fails, status 4" eval 'status_is 4 "$tmsrig" bench test ./dead.yaml && grep -Eq "^FAILED  *adc.(opens|driver) " out && grep -q "^NOT TESTED  *adc.samples" out'
check "bench test: recordings are refused, status 2" eval 'status_is 2 "$tmsrig" bench test recording && grep -q "tmsrig analyze" err'
check "bench test: a file that is wrong, status 2" status_is 2 "$tmsrig" bench test nosuch
check "bench probe lists" eval 'status_is 0 "$tmsrig" bench probe && grep -q "^GPIO chips:" out && grep -q "^IIO contexts:" out && grep -q "^Devices of libsigrok:" out && grep -q "^Serial ports:" out'
check "bench probe: a bench file that loads, and is not overwritten" eval 'status_is 0 "$tmsrig" bench probe --uri ip:127.0.0.1:1 --write new.yaml && status_is 0 "$tmsrig" check smoke --bench ./new.yaml && ! grep -q "^gpio" new.yaml && cp new.yaml kept.yaml && status_is 2 "$tmsrig" bench probe --write new.yaml && cmp -s new.yaml kept.yaml'
check "bench probe: JSON" eval 'status_is 0 "$tmsrig" bench probe --json && /usr/bin/python3 -c "
import json
p = json.load(open(\"out\"))
assert {\"missing\", \"gpio\", \"iio\", \"sigrok\", \"serial\"} == set(p)"'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
