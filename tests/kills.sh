#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 at random moments of a run: what is left is whole, or recognisably not, and readable to the last flush. Then death and failure at the calls of
# the kernel that change the disk, one in EVERY (calls.py), and runs that do not start (unstarted.sh).
# usage: kills.sh TMSRIG [COUNT [EVERY]]
set -u
tmsrig=$(realpath "$1")
count=${2:-20} every=${3:-150}
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
export TMSRIG_DATA
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMSRIG_STATE=$work/state
RANDOM=${SEED:-$$}
cd "$work" || exit 1
failed=0 whole=0 incomplete=0 before=0 recorded=0 events=0
wrong() { failed=$((failed + 1)); echo "not ok: kill $1 after $2 ms: $3"; tail -n 2 err 2>/dev/null; }

# Every line up to the last newline is in the chain; what is behind it is no line yet. Prints the count and the last event.
cat >chain.py <<'END'
import hashlib, json, sys
lines = open(sys.argv[1], "rb").read().split(b"\n")[:-1]
head, last = "0" * 64, ""
for n, line in enumerate(lines):
    event = json.loads(line)
    assert event["n"] == n and event["prev"] == head, f"line {n + 1}"
    head, last = hashlib.sha256(line).hexdigest(), event["event"]
    assert n > 0 or last in ("started", "begun"), last
print(len(lines), "recorded" if any(b'"event": "recording"' in line for line in lines) else "not")
END

# A recording that was begun opens with stock tools, every dataset to its last row, and is not complete unless it was finished.
readable() {
  cp "$1" copy.h5 && h5clear --status --increment=0 copy.h5 >/dev/null 2>&1
  h5dump copy.h5 >dump 2>err && grep -q 'DATASET "complete"' dump && ! grep -q "unable to" dump err
}

# Every command that reads bundles refuses what is left, says why, and makes nothing of it.
refused() {
  local folder=$1 status command
  "$tmsrig" verify "$folder" >out 2>err
  status=$?
  { [ $status = 1 ] && grep -q "^NOT VERIFIED: $folder does not hold" out && grep -q "^    $folder: the name ends in .incomplete" out; } ||
    { [ $status = 2 ] && grep -q "not a bundle" err; } || { echo "verify: exit status $status"; return 1; }
  for command in "report $folder -o made.html" "sign $folder --key killed.key --meaning performed --name X" "diff $folder first" "diff first $folder" \
    "trace --spec example $folder" "history add --db made.sqlite $folder" "export $folder made.zip"; do
    # shellcheck disable=SC2086
    "$tmsrig" $command >out 2>err
    status=$?
    { [ $status = 2 ] && grep -q "$folder" err; } || { echo "$command: exit status $status"; return 1; }
  done
  [ ! -e made.html ] && [ ! -e made.zip ] && [ ! -e "$folder/signatures" ] || { echo "something was made of it"; return 1; }
  rm -f made.sqlite
}

start=$(date +%s%N)
"$tmsrig" run smoke --out first --quiet >out 2>err || { echo "kills: the run that is to be killed does not pass"; cat err; exit 1; }
full_ms=$((($(date +%s%N) - start) / 1000000))
"$tmsrig" keygen --no-password --out killed.key >/dev/null || exit 1
for n in $(seq 1 "$count"); do
  after_ms=$(((RANDOM * 32768 + RANDOM) % (full_ms * 11 / 10 + 1)))
  "$tmsrig" run smoke --seed "$n" --out "run$n" --quiet >out 2>err &
  pid=$!
  sleep "$((after_ms / 1000)).$(printf %03d $((after_ms % 1000)))"
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  if [ -d "run$n" ]; then
    whole=$((whole + 1))
    (cd "run$n" && sha256sum --check --strict --quiet SHA256SUMS >../out 2>&1) || wrong "$n" $after_ms "a whole folder does not check"
    "$tmsrig" verify "run$n" >out 2>err || wrong "$n" $after_ms "a whole folder does not verify"
    [ -e "run$n.incomplete" ] && wrong "$n" $after_ms "both names are there"
  elif [ -d "run$n.incomplete" ]; then
    incomplete=$((incomplete + 1))
    dir=run$n.incomplete
    dir=run$n.incomplete
    why=$(refused "$dir") || wrong "$n" $after_ms "taken for a bundle: $why"
    [ -s "$dir/events.jsonl" ] || { rm -rf "$dir"; continue; }
    read -r lines state < <(python3 chain.py "$dir/events.jsonl" 2>err) || { wrong "$n" $after_ms "its events are not a chain"; continue; }
    events=$((events + lines))
    if [ "${state:-}" = recorded ]; then
      recorded=$((recorded + 1))
      readable "$dir/recording.h5" || wrong "$n" $after_ms "its recording cannot be read"
      "$tmsrig" export "$dir" "cut$n.sr" >out 2>err || grep -q "no samples\|nothing" err || wrong "$n" $after_ms "tmsrig cannot read its recording"
    fi
  else
    before=$((before + 1))
  fi
  rm -rf "run$n" "run$n.incomplete" "cut$n.sr" "cut$n.zip"
done
# The ledger came through all of it, and knows the ones without an end.
"$tmsrig" ledger virtual >out 2>err || wrong all - "the ledger is broken"
[ "$(grep -c 'NO END' out)" -ge "$((recorded > 0))" ] || wrong all - "no run without an end"
python3 chain.py "$TMSRIG_STATE/virtual/ledger.jsonl" >/dev/null || wrong all - "the ledger is no chain"
[ $((whole + incomplete + before)) = "$count" ] || wrong all - "lost count"
for part in "calls.py $tmsrig $every" "unstarted.sh $tmsrig"; do
  mkdir -p part && cd part || exit 1
  # shellcheck disable=SC2086
  case $part in *.py*) TMSRIG_STATE=$PWD/state /usr/bin/python3 "$here/kills/"$part ;; *) TMSRIG_STATE=$PWD/state bash "$here/kills/"$part ;; esac ||
    failed=$((failed + 1))
  cd .. && rm -rf part
done
echo "kills: $count at random in $full_ms ms: $whole whole, $incomplete incomplete ($recorded with a recording, $events events), $before before the folder; $failed failed"
[ $failed = 0 ]
