#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What an auditor does who has no tmsrig: every command of "Checking without tmsrig" in docs/bundle.md and docs/signing.md, word for word, one step each.
# Runs in a bare Debian, in a folder with bundle/, ledger.jsonl, chain.py (of docs/bundle.md), meier.pub, sato.pub, tsa-ca.pem.
# usage: auditor.sh steps [BUNDLE]   prints each step, its output and whether it holds; exit status 1 when one does not
#        auditor.sh commands         prints the commands alone
#        auditor.sh tampered         copies of bundle/, each changed in one way; each must be refused by the step that is there for it
set -u

# name | what is right about the output | command
STEPS=(
  "sums | silent | sha256sum --check --strict --quiet SHA256SUMS"
  "added | silent | find . -type f ! -path './signatures/*' ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | diff - <(cut -c67- SHA256SUMS | LC_ALL=C sort)"
  "chain | status | python3 chain.py events.jsonl result.json"
  "ledger | status | python3 chain.py ledger.jsonl"
  "head | equal | tail -n 1 events.jsonl | tr -d '\n' | sha256sum; jq -r .event_log.head result.json"
  "complete | true | h5dump -d /complete recording.h5"
  "numbers | equal | cat pulses.csv measurements.csv judgements.csv | sha256sum; jq -r .results_sha256 result.json"
  "performed | status | minisign -V -m signatures/01-performed.json -p meier.pub"
  "approved | status | minisign -V -m signatures/02-approved.json -p sato.pub"
  "covers-1 | equal | jq -r '.covers.SHA256SUMS' signatures/01-performed.json; sha256sum SHA256SUMS"
  "covers-2 | status | jq -r '.covers | to_entries[] | .value + \"  \" + .key' signatures/02-approved.json | sha256sum --check --strict"
  "covers-all | before | jq -r '.covers | keys[]' signatures/02-approved.json"
  "stamp | status | openssl ts -verify -data signatures/01-performed.json -in signatures/01-performed.json.tsr -CAfile tsa-ca.pem"
  "stamp-signed | signed | sha256sum signatures/01-performed.json.tsr"
  "attempt | ledger | jq '.run | {id, attempt, reason, ledger, earlier}' result.json"
)

# In the bundle's folder. $1: what is right, $2: exit status, $3: a file with the output
is_right() {
  case $1 in
    silent) [ "$2" = 0 ] && [ ! -s "$3" ] ;;
    status) [ "$2" = 0 ] ;;
    true) [ "$2" = 0 ] && grep -q '(0): TRUE' "$3" ;;
    equal) [ "$2" = 0 ] && [ "$(cut -d' ' -f1 "$3" | sort -u | wc -l)" = 1 ] && [ "$(wc -l <"$3")" = 2 ] && grep -qE '^[0-9a-f]{64}' "$3" ;;
    # SHA256SUMS and every file of a smaller number
    before) [ "$2" = 0 ] && diff "$3" <(echo SHA256SUMS; find signatures -name '01-*' | LC_ALL=C sort) ;;
    signed) [ "$2" = 0 ] && minisign -V -m signatures/01-performed.json -p "$here/meier.pub" | grep -qF "tsr:$(cut -d' ' -f1 "$3")" ;;
    # The line of the ledger that the run wrote when it began.
    ledger) [ "$2" = 0 ] && while read -r line; do printf %s "$line" | sha256sum | cut -d' ' -f1; done <"$here/ledger.jsonl" | grep -qx "$(jq -r .ledger "$3")" ;;
    *) false ;;
  esac
}

# Sets `refused` to the names of the steps that do not hold.
refused=
steps() {
  local step name right command output status
  output=$(mktemp)
  refused=
  for step in "${STEPS[@]}"; do
    IFS='|' read -r name right _ <<<"$step"
    name=${name% } right=${right// /} command=${step#*|*| }
    # Files of the auditor's own lie beside the bundle; with its signatures away a step has nothing to look at and does not hold.
    (cd "$1" && eval "$(printf %s "$command" | sed -E "s#(chain.py|ledger.jsonl|[a-z]+\.pub|tsa-ca\.pem)#$here/\1#g")") >"$output" 2>&1
    status=$?
    if (cd "$1" && is_right "$right" "$status" "$output") >/dev/null 2>&1; then
      [ -n "${quiet:-}" ] || { echo "holds: $name: $command"; sed 's/^/    /' "$output" | head -n 6; }
    else
      refused="$refused $name"
      [ -n "${quiet:-}" ] || { echo "DOES NOT HOLD: $name: $command"; sed 's/^/    /' "$output" | head -n 6; }
    fi
  done
  rm -f "$output"
  [ -z "$refused" ]
}

sums_anew() { find . -type f ! -path './signatures/*' ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | xargs -d '\n' sha256sum >sums.new && mv sums.new SHA256SUMS; }
tables_anew() { sed -i "s/\"results_sha256\": \"[0-9a-f]*\"/\"results_sha256\": \"$(cat pulses.csv measurements.csv judgements.csv | sha256sum | cut -d' ' -f1)\"/" result.json; }

passed=0 failed=0
# tampered NAME, the step that must refuse it, a command in the copy
tampered() {
  rm -rf copy && cp -r bundle copy && cp ledger.jsonl kept.jsonl
  (cd copy && eval "$3") || { failed=$((failed + 1)); echo "not ok: $1: could not be changed"; return; }
  if diff -r bundle copy >/dev/null && cmp -s ledger.jsonl kept.jsonl; then failed=$((failed + 1)); echo "not ok: $1: nothing was changed"; return; fi
  quiet=1 steps copy
  mv kept.jsonl ledger.jsonl
  case " $refused " in
    *" $2 "*) passed=$((passed + 1)); echo "ok: $1: refused by$refused" ;;
    *) failed=$((failed + 1)); echo "not ok: $1: refused by '$refused', not by $2" ;;
  esac
}

here=$PWD
case $1 in
  commands) for step in "${STEPS[@]}"; do printf '%s\n' "${step#*|*| }"; done ;;
  steps) steps "${2:-bundle}" ;;
  tampered)
    tampered "a verdict changed" sums "sed -i 's/\"verdict\": \"pass\"/\"verdict\": \"fail\"/' result.json"
    tampered "an input changed" sums "sed -i '1s/\$/ /' inputs/smoke.lua"
    tampered "a file taken out" sums "rm pulses.csv"
    tampered "a file put in" added "echo x >inputs/extra"
    tampered "a file put in that the sums name" covers-1 "echo x >inputs/extra; sums_anew"
    tampered "two inputs exchanged" sums "mv inputs/smoke.lua x; mv inputs/virtual.yaml inputs/smoke.lua; mv x inputs/virtual.yaml"
    tampered "an event changed" chain "sed -i '5s/\"time\": \"2/\"time\": \"3/' events.jsonl"
    tampered "an event taken out, the sums anew" chain "sed -i 4d events.jsonl; sums_anew"
    tampered "two events exchanged, the sums anew" chain "sed -i '4{h;d};5{G}' events.jsonl; sums_anew"
    tampered "the last event changed, the sums anew" head "sed -i '\$s/pass/fail/' events.jsonl; sums_anew"
    tampered "the last event taken out, the sums anew" chain "sed -i '\$d' events.jsonl; sums_anew"
    tampered "the last event torn, the sums anew" chain "truncate -s -1 events.jsonl; sums_anew"
    tampered "a number of a table, the sums anew" numbers "sed -i '2s/1/2/' measurements.csv; sums_anew"
    tampered "a number of a table, all hashes anew" covers-1 "sed -i '2s/1/2/' measurements.csv; tables_anew; sums_anew"
    tampered "the recording cut, the sums anew" complete "truncate -s 100000 recording.h5; sums_anew"
    tampered "a verdict changed, all hashes anew" covers-2 "sed -i 's/\"verdict\": \"pass\"/\"verdict\": \"fail\"/' result.json; sums_anew"
    tampered "another name in a statement" performed "sed -i 's/A. Meier/B. Meier/' signatures/01-performed.json"
    tampered "another meaning in a statement" approved "sed -i 's/approved/reviewed/' signatures/02-approved.json"
    tampered "a signature changed" approved "sed -i '2s/A/B/2' signatures/02-approved.json.minisig"
    tampered "the signatures exchanged" performed "cp signatures/02-approved.json.minisig signatures/01-performed.json.minisig"
    tampered "the first signature taken out" covers-2 "rm signatures/01-*"
    tampered "the last signature taken out" approved "rm signatures/02-*"
    tampered "the statement of another bundle" covers-1 "cp ../other/signatures/* signatures/"
    tampered "the time stamp of another statement" stamp "cp ../other/signatures/01-performed.json.tsr signatures/"
    tampered "the time stamp of another statement, which its signature does not name" stamp-signed "cp ../other/signatures/01-performed.json.tsr signatures/"
    tampered "a line of the ledger changed" ledger "sed -i '1s/smoke/smoky/' ../ledger.jsonl"
    tampered "the run taken out of the ledger" attempt "sed -i '/\"begun\"/d' ../ledger.jsonl"
    echo "$passed tampered copies refused, $failed not ok"
    [ "$failed" = 0 ] && [ "$passed" -ge 27 ]
    ;;
  *) sed -n '3,9p' "$0"; exit 2 ;;
esac
