# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# The kernel's wall clock is stepped by an hour, forwards and backwards, in the midst of a session with the real drivers: its verdicts are those of one
# whose clock was left alone, its evidence holds.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: bistim2" "100 us"
step() { date -s "@$(($(date +%s) + $1))" >/dev/null; }
session smoke calm
calm=$(sed -n "s/^status //p" log)
{ sleep 1.5; step 3600; sleep 1.7; step -7200; sleep 1.9; step 3600; } &
session smoke stepped
same "stepped: ends as the one left alone" "$calm" "$(sed -n "s/^status //p" log)"
check "both were judged" grep -q ',pass,' calm/judgements.csv
same "stepped: the verdicts" "$(verdicts calm)" "$(verdicts stepped)"
check "the clock was stepped within the session" awk -F'"time": "' 'function day(t) { return substr(t, 12, 2) * 3600 + substr(t, 15, 2) * 60 + substr(t, 18, 2) }
  { d = day($2) - last; if (NR > 1 && (d > 3000 || d < -3000)) steps++; last = day($2) } END { exit steps < 2 }' stepped/events.jsonl
check "the bundle verifies" tmsrig verify stepped
check "the ledger holds" tmsrig ledger served-client
