#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every virtual bench, one device each, fires single pulses and conforms to the small spec; the monophasic one to its own.
# usage: benches.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
passed=0 failed=0
for bench in "$TMSRIG_DATA"/fixtures/benches/virtual*.yaml; do
  name=$(basename "$bench" .yaml)
  # Without a channel for the capacitor nothing can be said of its discharge.
  [ "$name" = virtual-2ch ] && continue
  spec=smoke
  [ "$name" = virtual-monophasic ] && spec=example-monophasic
  if "$tmsrig" run single-pulse --bench "$name" --spec "$spec" --out "$work/$name" --quiet >/dev/null 2>"$work/err"; then
    passed=$((passed + 1))
    echo "ok: $name"
  else
    failed=$((failed + 1))
    echo "not ok: $name"
    tail -n 3 "$work/err"
  fi
done

# A recording that is as rough as they are meets the whole example specification.
for scenario in smoke protocols/itbs-600; do
  if "$tmsrig" run "$scenario" --bench virtual-rough --spec example --out "$work/rough-${scenario##*/}" --quiet >/dev/null 2>"$work/err"; then
    passed=$((passed + 1))
    echo "ok: virtual-rough, $scenario"
  else
    failed=$((failed + 1))
    echo "not ok: virtual-rough, $scenario"
    tail -n 3 "$work/err"
  fi
done

# Edges by the logic analyser alone, whose start only the host's clock tells: the latency of a healthy device is not known well enough, or it passes.
mkdir "$work/benches"
sed 's/^bench: .*/bench: logic-only/; /^    trigger: *{channel/d' "$TMSRIG_DATA/fixtures/benches/virtual.yaml" >"$work/benches/logic-only.yaml"
for seed in $(seq 1 "${SEEDS:-20}"); do
  "$tmsrig" run smoke --seed "$seed" --bench "$work/benches/logic-only.yaml" --spec example --out "$work/logic$seed" --quiet >/dev/null 2>"$work/err"
  if told=$(/usr/bin/python3 - "$work/logic$seed/result.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
latency = [r["verdict"] for r in result["requirements"] if r["measurand"] == "pulse.latency"]
failed = [r["id"] for r in result["requirements"] if r["verdict"] == "fail"]
print(latency, failed)
sys.exit(not latency or bool(failed) or not set(latency) <= {"pass", "not_capable"} or result["counts"]["matched"] != 25)
END
  ); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok: logic analyser alone, seed $seed: $told"
    tail -n 3 "$work/err"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 7 ]
