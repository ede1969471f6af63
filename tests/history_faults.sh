#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What goes wrong with a history: writers at once, a server that dies, a full disk, folders and files that may not be written, other people's databases,
# hostile names. A run's verdict and exit status never change by it, a run is in the history whole or not at all, and whoever is not in it is told.
# usage: history_faults.sh TMSRIG [KILLS]    (how often the server is killed; 2 by default)
set -u
tmsrig=$(realpath "$1") kills=${2:-2}
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export TMSRIG_DATA TMSRIG_STATE=$work/state
unset TMSRIG_HISTORY
passed=0 failed=0
ok() { passed=$((passed + 1)); }
not_ok() { failed=$((failed + 1)); echo "not ok: $1"; [ ! -f "$work/err" ] || tail -n 5 "$work/err"; }
check() { # words, command...
  local words=$1
  shift
  if "$@" >"$work/check" 2>&1; then ok; else not_ok "$words"; tail -n 5 "$work/check"; fi
}
# shellcheck source=tests/postgresql.sh
. "$TMSRIG_DATA/tests/postgresql.sh"
# shellcheck disable=SC2317
stop() {
  pg_stop
  rm -rf "$work"
}
trap stop EXIT
pg_make "$work" && pg_start || exit 1
try() { # status, command...: what it says stays in out and err
  local wanted=$1
  shift
  "$@" >"$work/out" 2>"$work/err"
  [ $? = "$wanted" ]
}
said() { grep -qF -- "$1" "$work/err"; }
run() { try "$1" "$tmsrig" run smoke --quiet --out "$work/ev/$2" "${@:3}"; }
count() { "$tmsrig" history --include-simulated --json "$@" 2>/dev/null | grep -c '"id":'; }
mkdir "$work/ev"

# Bundles to add: one real one, its run id changed and sealed again.
run 0 first --serial SN-1 || { not_ok "a first run"; exit 1; }
mkdir "$work/many"
/usr/bin/python3 - "$work/ev/first" "$work/many" 24 <<'PYTHON'
import hashlib, json, os, sys
bundle, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
result, table = json.load(open(f"{bundle}/result.json")), open(f"{bundle}/measurements.csv").read()
for n in range(count):
    result["run"]["id"] = f"20260101T0000{n:02d}Z-{n:012x}"
    result["run"]["ledger_place"]["line"] = 2 * n + 3
    result["run"]["started"] = f"2026-01-{n + 1:02d}T00:00:00Z"
    texts = {"measurements.csv": table, "result.json": json.dumps(result)}
    os.mkdir(f"{folder}/b{n:02d}")
    for name, text in texts.items():
        open(f"{folder}/b{n:02d}/{name}", "w").write(text)
    open(f"{folder}/b{n:02d}/SHA256SUMS", "w").writelines(f"{hashlib.sha256(t.encode()).hexdigest()}  {f}\n" for f, t in sorted(texts.items()))
PYTHON

# Several at once: two benches add to one file, ten runs to one server.
"$tmsrig" history add --db "$work/two.sqlite" "$work"/many/b0? "$work"/many/b1[01] >"$work/a" 2>&1 & first=$!
"$tmsrig" history add --db "$work/two.sqlite" "$work"/many/b1[2-9] "$work"/many/b2? >"$work/b" 2>&1 & second=$!
wait $first; first=$?; wait $second
check "two add to one file at once: both say so" [ "$first$?" = 00 ]
check "two add to one file at once: 24 runs" [ "$(count --db "$work/two.sqlite")" = 24 ]
pids=()
for n in 0 1 2 3 4 5 6 7 8 9; do
  "$tmsrig" run smoke --quiet --seed $n --out "$work/ev/ten$n" --history="$pg_server" >"$work/ten$n" 2>&1 & pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=$((bad + 1)); done
check "ten runs into one server at once: every verdict stands" [ $bad = 0 ]
check "ten runs into one server at once: none is missing" [ "$(count --db "$pg_server")" = 10 ]

# The server is killed in the midst of adding: what was added is whole, what was not is told, and adding again completes it.
torn=0 completed=0 told=0
for n in $(seq 1 "$kills"); do
  "$tmsrig" history add --db "$pg_server" "$work"/many/b?? >"$work/out" 2>"$work/err" & adding=$!
  /usr/bin/python3 -c "import random, time; time.sleep(random.uniform(0.05, 0.4))"
  pid=$(pg_pid)
  kill -9 "$pid"
  # The backends find out by themselves and end; a new server waits for the last of them.
  wait $adding && status=0 || status=$?
  [ $status = 0 ] || grep -q "PostgreSQL:" "$work/err" && told=$((told + 1))
  for _ in $(seq 1 100); do pg_start >"$work/restart" && break; sleep 0.2; done
  # A run that is in it has all its rows: as many judgements and values as any other.
  "$tmsrig" trend AMP-ACC --include-simulated --csv --db "$pg_server" 2>/dev/null | tail -n +2 | cut -d, -f1 | sort >"$work/judged"
  "$tmsrig" trend pulse.peak1 --values --include-simulated --csv --db "$pg_server" 2>/dev/null | tail -n +2 | cut -d, -f1 | sort | uniq -c | awk '$1 != 25' >"$work/short"
  "$tmsrig" history --include-simulated --csv --db "$pg_server" 2>/dev/null | tail -n +2 | cut -d, -f1 | sort >"$work/ids"
  { cmp -s "$work/judged" "$work/ids" && [ ! -s "$work/short" ] && [ -s "$work/ids" ]; } || torn=$((torn + 1))
  "$tmsrig" history add --db "$pg_server" "$work"/many/b?? >/dev/null 2>&1 && [ "$(count --db "$pg_server")" = 34 ] && completed=$((completed + 1))
  "$pg_bin/psql" -q "$pg_server" -c "DELETE FROM earlier_runs WHERE run IN (SELECT number FROM runs WHERE started < '2026-02'); DELETE FROM single_values WHERE run IN (SELECT number FROM runs WHERE started < '2026-02'); DELETE FROM statistics WHERE run IN (SELECT number FROM runs WHERE started < '2026-02'); DELETE FROM judgements WHERE run IN (SELECT number FROM runs WHERE started < '2026-02'); DELETE FROM runs WHERE started < '2026-02'" 2>"$work/psql"
done
echo "the server killed $kills times while bundles were added: $torn runs torn, $told told or done, $completed completed by adding again"
check "a server killed while bundles are added: no run is torn" [ $torn = 0 ]
check "a server killed while bundles are added: adding again completes it" [ $completed = "$kills" ]
check "a server killed while bundles are added: it is told" [ $told = "$kills" ]
"$tmsrig" run protocols/itbs-600 --quiet --out "$work/ev/dies" --history="$pg_server" >"$work/out" 2>"$work/err" & running=$!
kill -9 "$(pg_pid)"
wait $running
check "the server dies during a run: the verdict stands" [ $? = 0 ]
check "the server dies during a run: it is told" said "warning: the run is NOT in the history"
pg_stop
run 1 fails --fault amplitude=0.9 --history="$pg_server"
check "no server, a device that fails: exit status 1 as ever" [ $? = 0 ]
check "no server: it is told" said "NOT in the history"

# A history that may not or cannot be written.
limited() { # as somebody who may not write everywhere
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi
}
mkdir "$work/shut" "$work/open"
chmod 777 "$work/open"
cp "$work/two.sqlite" "$work/shut/h.sqlite"
[ -x "$tmsrig" ] && cp "$tmsrig" "$work/open/tmsrig" && chmod 755 "$work/open/tmsrig"
chmod 444 "$work/shut/h.sqlite"; chmod 555 "$work/shut"
anybody() { limited env TMSRIG_STATE="$work/open/state" "$work/open/tmsrig" "$@"; }
check "a file and a folder that may only be read can be looked at" eval '[ "$(anybody history --include-simulated --json --db "$work/shut/h.sqlite" | grep -c "\"id\":")" = 24 ]'
check "and nothing was left there" [ "$(find "$work/shut" -type f | wc -l)" = 1 ]
check "adding to it is refused" eval 'try 4 anybody history add --db "$work/shut/h.sqlite" "$work/ev/first" && said "$work/shut/h.sqlite: "'
check "a run with it: the verdict stands, and it is told" eval 'try 0 anybody run smoke --quiet --out "$work/open/ev1" --history="$work/shut/h.sqlite" && said "NOT in the history"'
check "a file in a folder that is not there" eval 'try 0 anybody run smoke --quiet --out "$work/open/ev2" --history="$work/shut/no/h.sqlite" && said "NOT in the history"'
cp "$work/two.sqlite" "$work/newer.sqlite"
/usr/bin/python3 -c "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('UPDATE tmsrig_history SET version = 99'); c.commit()" "$work/newer.sqlite"
check "tables of a newer version" eval 'run 0 newer --history="$work/newer.sqlite" && said "tables of version 99"'
check "tables of a newer version, looked at" eval 'try 2 "$tmsrig" history --db "$work/newer.sqlite" && said "tables of version 99"'
/usr/bin/python3 -c "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE customers (name)'); c.commit()" "$work/foreign.sqlite"
cp "$work/foreign.sqlite" "$work/foreign.before"
check "somebody else's database" eval 'run 0 foreign --history="$work/foreign.sqlite" && said "is no history of tmsrig"'
check "somebody else's database, looked at" eval 'try 2 "$tmsrig" history --db "$work/foreign.sqlite" && said "no history here yet"'
check "somebody else's database got no tables" eval '[ "$(/usr/bin/python3 -c "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(\"SELECT COUNT(*) FROM sqlite_master\").fetchone()[0])" "$work/foreign.sqlite")" = 1 ]'
head -c 100000 /dev/urandom >"$work/noise.sqlite"
check "no database at all" eval 'run 0 noise --history="$work/noise.sqlite" && said "NOT in the history"'
check "a folder in its place" eval 'run 0 folder --history="$work/many" && said "NOT in the history"'
cp "$work/two.sqlite" "$work/cut.sqlite" && truncate -s 50000 "$work/cut.sqlite"
check "a file that was cut: no crash" eval 'run 0 cut --history="$work/cut.sqlite"; "$tmsrig" trend --include-simulated --db "$work/cut.sqlite" >/dev/null 2>&1; [ $? -lt 6 ]'

# A full disk: a small one in a mount of its own, where that is allowed.
cat >"$work/full.sh" <<'FULL'
mkdir "$2/full" && mount -t tmpfs -o size=300k tmpfs "$2/full" || exit 99
"$1" history add --db "$2/full/h.sqlite" "$2"/many/b?? >"$2/out" 2>"$2/err"
echo "$? $("$1" history --include-simulated --json --db "$2/full/h.sqlite" 2>/dev/null | grep -c '"id":') $("$1" trend AMP-ACC --include-simulated --csv --db "$2/full/h.sqlite" 2>/dev/null | tail -n +2 | wc -l)"
"$1" run smoke --quiet --out "$2/ev/full" --history="$2/full/h.sqlite" >"$2/out" 2>"$2/err"
echo "$?"
FULL
user=(); [ "$(id -u)" -eq 0 ] || user=(-r)
if unshare -m "${user[@]}" true 2>/dev/null && full=$(unshare -m "${user[@]}" bash "$work/full.sh" "$tmsrig" "$work" 2>"$work/mount"); then
  read -r status runs judged verdict <<<"$(echo "$full" | tr '\n' ' ')"
  check "a full disk is told ($full)" eval '[ "$status" != 0 ]'
  check "a full disk: what is there is whole" [ "$runs" = "$judged" ]
  check "a full disk: the verdict of a run stands" [ "$verdict" = 0 ]
  check "a full disk: it is told" said "NOT in the history"
else
  echo "NOT RUN: the full disk (no mounts are allowed here)"
fi

# Hostile names, all the way to the spreadsheet.
evil="=cmd|' /C calc'!A0\"; DROP TABLE runs; --"
check "a serial number that is SQL, a formula and a quote" run 0 evil --serial "$evil" --reason "+1+1" --operator "@SUM(A1)" --history="$work/evil.sqlite"
check "it is found again" eval '[ "$(count --db "$work/evil.sqlite" --serial "$evil")" = 1 ]'
check "in CSV no cell is a formula" /usr/bin/python3 -c "
import csv, io, subprocess, sys
text = subprocess.run(['$tmsrig', 'history', '--include-simulated', '--csv', '--db', '$work/evil.sqlite'], capture_output=True, text=True, check=True).stdout
rows = list(csv.DictReader(io.StringIO(text)))
assert rows[0]['serial'] == \"'\" + sys.argv[1], rows[0]['serial']
assert all(not cell or cell[0] not in '=+-@\t\r' for row in rows for cell in row.values()), rows" "$evil"
printf -v escape 'SN\033]0;title\007\n'
check "a serial number that moves the cursor" run 0 escape --serial "$escape" --history="$work/evil.sqlite"
check "no control character reaches the terminal" eval '! "$tmsrig" history --include-simulated --db "$work/evil.sqlite" | LC_ALL=C grep -q "[[:cntrl:]]"'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
