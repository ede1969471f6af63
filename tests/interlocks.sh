#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every interlock of the virtual device made wrong on purpose is caught by its scenario, by the requirement it breaks; the healthy device passes
# them all, and its reactions are measured within 0.1 ms of what its bench file says.
# usage: interlocks.sh TMSRIG [all|healthy]   (brief without all: one fault an interlock; healthy: no fault at all; TRIALS=N: of the healthy runs, 3;
# MINUTES=N: of the negative test at the beginning of each, instead of 20 pulses; SEEDS=N: N healthy runs more, each with a seed of its own; ONLY=IL21: that interlock alone)
set -u
tmsrig=$(realpath "$1")
extent=${2:-brief}
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
export TMSRIG_STATE=$work/state
trap 'rm -rf "$work"' EXIT
bench=virtual-interlocks

# fault, requirement that has to fail, trials; the first of an interlock is the brief one
table() {
  cat <<'END'
IL01:ignored IL01-STOP 1
IL01:late:20 ms IL01-READY 3
IL01:self_reset IL01-READY 1
IL01:wire IL01-STOP 3
IL01:no_dump IL01-DUMP 1
IL02:ignored IL02-REFUSE 1
IL03:ignored IL03-STOP 1
IL03:late:1 s IL03-READY 2
IL03:self_reset IL03-READY 1
IL03:wire IL03-STOP 4
IL03:no_dump IL03-DUMP 1
IL04:one_channel IL04-STOP 9
IL04:ignored IL04-STOP 1
IL04:late:2 ms IL04-READY 2
IL04:self_reset IL04-READY 1
IL04:wire IL04-STOP 3
IL04:no_dump IL04-DUMP 1
IL05:ignored IL05-COUNT 8
IL05:late:20 ms IL05-DELAY 2
IL06:wire IL06-STOP 3
IL06:ignored IL06-STOP 1
IL06:late:20 ms IL06-READY 2
IL06:self_reset IL06-READY 1
IL06:no_dump IL06-DUMP 1
IL07:late:20 ms IL07-READY 1
IL07:ignored IL07-STOP 1
IL07:self_reset IL07-READY 1
IL07:wire IL07-STOP 4
IL07:no_dump IL07-DUMP 1
IL08:ignored IL08-AMPLITUDE 2
IL09:no_dump IL09-DUMP 1
IL09:late:1 s IL09-DUMP 1
IL10:queued IL-UNTRIGGERED 2
IL10:ignored IL10-REFUSE 4
IL11:ignored IL11-INTERVAL 1
IL11:queued IL-UNTRIGGERED 1
IL12:ignored IL12-COUNT 1
IL13:ignored IL13-STOP 1
IL13:late:1 s IL13-READY 1
IL13:self_reset IL13-READY 1
IL13:no_dump IL13-DUMP 1
IL14:ignored IL14-REFUSE 1
IL15:ignored IL15-REFUSE 1
IL16:ignored IL16-REFUSE 1
IL17:self_reset IL17-STOP 1
IL17:ignored IL17-STOP 1
IL17:late:20 ms IL17-READY 1
IL17:no_dump IL17-DUMP 1
IL18:ignored IL18-COUNT 1
IL18:late:30 ms IL18-FAULT 1
IL18:no_dump IL18-DUMP 1
IL19:ignored IL19-FAULT 1
IL19:late:200 ms IL19-FAULT 1
IL20:self_reset IL20-READY 1
IL20:ignored IL20-STOP 1
IL20:late:800 ms IL20-READY 1
IL20:wire IL20-STOP 3
IL20:no_dump IL20-DUMP 1
IL21:ignored IL21-PAIR 1
IL21:late:20 ms IL21-READY 1
IL21:self_reset IL21-READY 1
IL21:wire IL21-PAIR 1
IL21:one_channel IL21-PAIR 1
IL21:one_channel:1 IL21-STOP 1
IL21:one_channel:2 IL21-STOP 1
IL22:ignored IL22-REFUSE 5
END
}

scenario_of() { # IL04 -> interlocks/il04-emergency-stop
  local file
  file=$(echo "$TMSRIG_DATA/scenarios/interlocks/$(echo "$1" | tr IL il)"-*.lua)
  echo "interlocks/$(basename "$file" .lua)"
}

# Judges a run: the requirement that has to fail (or "pass"), and the reactions against the truth. $1 name, $2 folder, $3 exit status, $4 requirement
judge() {
  /usr/bin/python3 - "$@" "$TMSRIG_DATA/fixtures/benches/$bench.yaml" <<'END'
import csv, json, re, sys
name, out, status, wanted, bench = sys.argv[1:6]
try:
    result = json.load(open(out + "/result.json"))
except OSError:
    print(f"not ok: {name}: exit status {status}, no result: " + open(out + ".err").read()[-300:])
    sys.exit()
failed = [r["id"] for r in result["requirements"] if r["verdict"] == "fail"]
others = [f"{r['id']} {r['verdict']} ({r['reason']})" for r in result["requirements"] if r["verdict"] not in ("pass", "fail", "not_tested")]
wrong = []
if wanted == "pass":
    if status != "0" or result["verdict"] != "pass":
        wrong.append(f"exit status {status}, {result['verdict']}; failed: {failed} {others}")
elif status != "1" or wanted not in failed:
    wrong.append(f"exit status {status}, failed: {failed} {others}; expected {wanted}")
# The truth: what the bench file says the virtual device takes, and what the fault adds. IL18's switch closes 1 ms after it is told to.
truth = None
interlock = result["scenario"]["id"][:4].upper()
times = dict(re.findall(r"^ +(IL\d\d): ([\d.]+ m?s)", open(bench).read(), re.M))
def seconds(text):
    number, unit = text.split()
    return float(number) * (1e-3 if unit == "ms" else 1)
how = name.split(":")
if interlock in times and interlock not in ("IL05", "IL19") and (wanted == "pass" or "late" in how):
    truth = seconds(times[interlock]) + (seconds(how[2]) if "late" in how else 0) + (1e-3 if interlock == "IL18" else 0)
worst, n = 0.0, 0
if truth is not None:
    for row in csv.DictReader(open(out + "/measurements.csv")):
        if row["measurand"] == "interlock.fault" and row["voided"] == "0":
            n += 1
            worst = max(worst, abs(float(row["value"]) - truth))
    if n == 0 or not worst <= 1e-4:
        wrong.append(f"{n} reactions, worst {worst * 1e3:.3f} ms from the truth of {truth * 1e3:g} ms")
told = ""
if wanted == "pass":
    counts = {r["measurand"]: r["value"] for r in csv.DictReader(open(out + "/measurements.csv")) if r["measurand"].startswith("session.trip")}
    pulses = sum(1 for _ in open(out + "/pulses.csv")) - 1
    bound = float(counts.get("session.trip_rate_bound", "nan")) * 3600
    told = f", {pulses} pulses, {counts.get('session.trips', '?')} trips (at most {bound:.2f} an hour at 95 %)"
told += f", {n} reactions of {truth * 1e3:g} ms, worst error {worst * 1e6:.2f} us" if n else ""
print(f"{'not ok' if wrong else 'ok'}: {name}" + (f" breaks {' '.join(failed)}" if failed else "") + told + "".join("\n    " + w for w in wrong))
END
}

# One line of the list: name | scenario | fault or - | requirement | trials | seed
one() {
  IFS='|' read -r name scenario fault requirement trials seed <<<"$1"
  local out arguments=(--set "trials=$trials" --set "seed=$seed" --seed "$seed")
  out=$work/$(echo "$name-$seed" | tr ': /' '___')
  [ "$fault" = - ] && arguments+=(--set "healthy_minutes=${MINUTES:-0}")
  [ "$fault" = - ] || arguments+=(--fault "interlock=$fault")
  "$tmsrig" run "$scenario" --bench "$bench" --spec interlocks --out "$out" --quiet "${arguments[@]}" >/dev/null 2>"$out.err"
  # Lines of several runs may come at once on the terminal; what counts is in a file of each.
  judge "$name" "$out" $? "$requirement" | tee "$out.verdict"
  rm -rf "$out"
}
export -f one judge
export tmsrig work bench

prefix=$(echo "${ONLY:+$ONLY-}" | tr IL il)
scenarios=$(cd "$TMSRIG_DATA/scenarios" && echo interlocks/"$prefix"*.lua)
{
  last=
  [ "$extent" = healthy ] || table | while read -r line; do
    trials=${line##* } rest=${line% *}
    requirement=${rest##* } fault=${rest% *} id=${line%%:*}
    [ "$id" = "${ONLY:-$id}" ] || continue
    [ "$extent" = brief ] && [ "$id" = "$last" ] && continue
    last=$id
    echo "$fault|$(scenario_of "$id")|$fault|$requirement|$trials|1"
  done
  for scenario in $scenarios; do
    name=${scenario%.lua}
    echo "healthy $name|$name|-|pass|${TRIALS:-3}|1"
  done
  list=($scenarios)
  for seed in $(seq 1 "${SEEDS:-0}"); do
    name=${list[seed % ${#list[@]}]%.lua}
    echo "healthy $name, seed $seed|$name|-|pass|5|$seed"
  done
} >"$work/list"
xargs -P "$(nproc)" -d '\n' -I{} bash -c 'one "$1"' - {} <"$work/list"
cat "$work"/*.verdict >"$work/log"
passed=$(grep -c '^ok: ' "$work/log")
failed=$(grep -c '^not ok: ' "$work/log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq "$(wc -l <"$work/list")" ]
