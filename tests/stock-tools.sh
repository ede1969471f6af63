#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A bundle checked as docs/bundle.md tells an auditor to, with stock tools alone: a fresh one is good, a changed one is not.
# usage: stock-tools.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
passed=0 failed=0
cd "$work" || exit 1
for tool in sha256sum jq h5dump python3; do
  command -v $tool >/dev/null || { echo "stock-tools: $tool is not installed"; exit 1; }
done
check() { # name, command...
  local name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; head -n 5 check.out; fi
}

# The program of the documentation, word for word.
sed -n '/^   ```python$/,/^   ```$/p' "$TMSRIG_DATA/docs/bundle.md" | sed '1d;$d;s/^   //' >chain.py
[ -s chain.py ] || { echo "stock-tools: docs/bundle.md has no program"; exit 1; }

sums() { (cd "$1" && sha256sum --check --strict --quiet SHA256SUMS); }
none_added() {
  (cd "$1" && [ -z "$(find . -type f ! -path './signatures/*' ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort |
    diff - <(cut -c67- SHA256SUMS | LC_ALL=C sort))" ])
}
chain() { python3 chain.py "$1/events.jsonl" "$1/result.json"; }
complete() { h5dump -d /complete "$1/recording.h5" | grep -q TRUE; }
numbers() { [ "$(cd "$1" && cat pulses.csv measurements.csv judgements.csv | sha256sum | cut -d' ' -f1)" = "$(jq -r .results_sha256 "$1/result.json")" ]; }
head_of_events() { [ "$(tail -n 1 "$1/events.jsonl" | tr -d '\n' | sha256sum | cut -d' ' -f1)" = "$(jq -r .event_log.head "$1/result.json")" ]; }
ledger_holds() { python3 chain.py state/virtual/ledger.jsonl; }
in_ledger() { while read -r line; do printf %s "$line" | sha256sum | cut -d' ' -f1; done <state/virtual/ledger.jsonl | grep -qx "$(jq -r .run.ledger "$1/result.json")"; }
all() { sums "$1" && none_added "$1" && chain "$1" && complete "$1" && numbers "$1" && head_of_events "$1" && in_ledger "$1"; }

"$tmsrig" run smoke --seed 5 --out bundle --operator "A. Tester" --ambient temperature=21.5,humidity=40 --quiet >/dev/null 2>run.err ||
  { cat run.err; exit 1; }
for step in sums none_added chain complete numbers head_of_events ledger_holds in_ledger; do
  check "a fresh bundle: $step" $step bundle
done
check "environment: the air, the kernel, the libraries" jq -e '(.ambient | length) == 2 and .ambient[0].value == 21.5 and .operator == "A. Tester"
  and (.host.kernel | length) > 0 and (.program.versions.lua | test("5[.]4")) and (.program.versions.hdf5 | test("^1[.]")) and ([.program.loaded[].file | select(startswith("libhdf5"))] | length) == 1' bundle/environment.json
check "environment: no secrets" eval '! grep -qE "PATH=|HOME=|TOKEN|PASSWORD" bundle/environment.json'

# Each step finds what it is for.
changed() { # step, file, sed expression
  rm -rf other && cp -r bundle other && sed -i "$3" "other/$2" && ! cmp -s "bundle/$2" "other/$2" && ! "$1" other
}
check "sums: a changed verdict is found" changed sums result.json 's/"verdict": "pass"/"verdict": "fail"/'
check "sums: a changed input is found" changed sums inputs/smoke.lua '1s/$/ /'
check "chain: a changed event is found" changed chain events.jsonl '5s/"time": "2/"time": "3/'
check "chain: a removed event is found" changed chain events.jsonl 4d
check "chain: two lines exchanged are found" changed chain events.jsonl '4{h;d};5{G}'
check "chain: the last line changed is found" changed chain events.jsonl '$s/pass/fail/'
check "chain: the last line removed is found" changed chain events.jsonl '$d'
check "numbers: a changed table is found" changed numbers measurements.csv '2s/1/2/'
added() { rm -rf other && cp -r bundle other && echo x >other/inputs/extra && ! none_added other; }
check "added: a file put in is found" added
removed() { rm -rf other && cp -r bundle other && rm other/pulses.csv && ! sums other; }
check "sums: a removed file is found" removed
torn() { rm -rf other && cp -r bundle other && truncate -s -1 other/events.jsonl && ! chain other; }
check "chain: a torn line is found" torn
ledger_changed() { cp -r state before && sed -i '1s/smoke/smoky/' state/virtual/ledger.jsonl && ! ledger_holds; local s=$?; rm -r state; mv before state; return $s; }
check "ledger: a changed line is found" ledger_changed

# The packed bundle is the bundle.
check "zip: packed twice, the same bytes" eval '"$tmsrig" export bundle one.zip && "$tmsrig" export bundle two.zip && cmp one.zip two.zip'
check "zip: unpacked by a stock tool, every step holds" eval 'mkdir unpacked && (cd unpacked && python3 -m zipfile -e ../one.zip .) && diff -r bundle unpacked/bundle && all unpacked/bundle'
check "zip: what is not whole is not packed" eval 'rm -rf other && cp -r bundle other && echo >>other/pulses.csv && ! "$tmsrig" export other bad.zip && [ ! -e bad.zip ]'

# An auditor's signatures, where this build can make them.
if "$tmsrig" --help | grep -q "^  sign " && command -v minisign >/dev/null; then
  printf '\n\n' | minisign -G -W -f -p key.pub -s key.sec >/dev/null 2>&1
  check "signature: made by tmsrig, checked by minisign" eval 'chmod 600 key.sec && "$tmsrig" sign bundle --key key.sec --meaning performed --name "A. Tester" &&
    minisign -V -m bundle/signatures/01-performed.json -p key.pub && [ "$(jq -r .covers.SHA256SUMS bundle/signatures/01-performed.json)" = "$(sha256sum bundle/SHA256SUMS | cut -d" " -f1)" ] && all bundle'
fi
echo "stock-tools: $passed passed, $failed failed"
[ $failed = 0 ]
