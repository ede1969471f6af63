#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every shipped scenario on the virtual bench: pulses planned = fired = detected, none missing, extra or untriggered, the planned first-to-last onset
# measured within the tolerance of the device's clock and the ADC's.
# usage: protocols.sh TMSRIG [SCENARIO...]      (without scenarios: all)
set -u
tmsrig=$(realpath "$1")
shift
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
if [ $# -eq 0 ]; then
  mapfile -t scenarios < <(cd "$TMSRIG_DATA/scenarios" && find . -name '*.lua' -not -path './lib/*' -not -path './interlocks/*' | sed 's#^\./##; s#\.lua$##' | sort)
else
  scenarios=("$@")
fi
export tmsrig work
one() {
  local scenario=$1 out=$work/${1//\//-}
  "$tmsrig" run "$scenario" --out "$out" --quiet >/dev/null 2>"$out.err"
  local status=$?
  /usr/bin/python3 - "$scenario" "$out" $status <<'END'
import csv, json, sys
scenario, out, status = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    result = json.load(open(out + "/result.json"))
except OSError as error:
    print(f"not ok: {scenario}: no result (exit status {status})\n" + open(out + ".err").read()[-400:])
    sys.exit()
counts, plan = result["counts"], result["scenario"]
wrong = []
n = plan["pulses"]
if not (counts["expected"] == counts["detected"] == counts["matched"] == counts["trigger_edges"] == n):
    wrong.append(f"planned {n}, expected {counts['expected']}, triggered {counts['trigger_edges']}, detected {counts['detected']}")
for name in ("missing", "extra", "untriggered", "gaps"):
    if counts[name]:
        wrong.append(f"{counts[name]} {name}")
if status != 0:
    wrong.append(f"exit status {status}: " + "; ".join(f"{r['id']} {r['verdict']} {r['reason']}" for r in result["requirements"] if r["verdict"] not in ("pass", "not_tested")))
measured = float("nan")
with open(out + "/pulses.csv") as rows:
    onsets = [float(row["onset_s"]) for row in csv.DictReader(rows)]
if onsets:
    measured = onsets[-1] - onsets[0]
# A scenario of one section has an exact planned duration; the ADC's clock (2 ppm limits) and the trigger's jitter stand between.
if scenario.startswith("protocols/") and abs(measured - plan["first_to_last_onset_s"]) > 4e-6 * measured + 20e-6:
    wrong.append(f"first to last onset {measured:.6f} s, planned {plan['first_to_last_onset_s']:.6f} s")
print(f"{'not ok' if wrong else 'ok'}: {scenario}: {n} pulses, {measured:.6f} s (planned {plan['first_to_last_onset_s']:.6f} s)" + "".join("\n    " + w for w in wrong))
END
  rm -rf "$out"
}
export -f one
printf '%s\n' "${scenarios[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one {}' | tee "$work/log"
passed=$(grep -c '^ok: ' "$work/log")
failed=$(grep -c '^not ok: ' "$work/log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq ${#scenarios[@]} ]
