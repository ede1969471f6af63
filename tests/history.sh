#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The history in PostgreSQL: a real server of this machine, started here in a scratch folder on a Unix socket, and gone afterwards. The tests of the
# database, then a run, its bundle, a trend and a CSV through the program, the same from SQLite; then a million values in both.
# usage: history.sh TMSRIG TEST_HISTORY_DATABASE BENCH_HISTORY
set -u
tmsrig=$(realpath "$1") test_program=$(realpath "$2") bench_program=$(realpath "$3")
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export TMSRIG_DATA TMSRIG_STATE=$work/state
unset TMSRIG_HISTORY
passed=0 failed=0
check() { # name, command...
  local name=$1
  shift
  if "$@" >"$work/check.out" 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; tail -n 8 "$work/check.out"; fi
}

# shellcheck source=tests/postgresql.sh
. "$TMSRIG_DATA/tests/postgresql.sh"
# shellcheck disable=SC2317
stop() {
  pg_stop
  rm -rf "$work"
}
trap stop EXIT
pg_make "$work" && pg_start -c fsync=off || exit 1
server=$pg_server
echo "PostgreSQL $("$pg_bin/postgres" --version | grep -oE '[0-9.]+' | head -n 1) as $pg_user"

# The database's tests, all of them in both.
tests=$(grep -c '^Test(' "$TMSRIG_DATA/tests/unit/test_history_database.c")
check "the tests of the database" env TMSRIG_TEST_POSTGRESQL="$server" "$test_program"
cp "$work/check.out" "$work/tests.out"
check "they ran in PostgreSQL" eval '[ "$(grep -c "in PostgreSQL too" "$work/tests.out")" -ge 11 ]'
check "all $tests of them" grep -q "Tested: $tests | Passing: $tests |" "$work/tests.out"

# The program: the same runs into both; what comes out must be the same to the byte.
for seed in 1 2 3 4; do
  fault=
  [ $seed = 3 ] && fault="--fault amplitude=0.9"
  # shellcheck disable=SC2086
  "$tmsrig" run smoke --seed $seed $fault --serial SN-1 --out "$work/ev$seed" --quiet --history="$server" >"$work/out" 2>"$work/err"
  status=$?
  check "run $seed: its verdict stands" [ $status = "$([ $seed = 3 ] && echo 1 || echo 0)" ]
  check "run $seed: no warning" eval '! grep -q "NOT in the history" "$work/err"'
done
check "the same runs into SQLite" eval '"$tmsrig" history add "$work"/ev? | grep -qx "4 added, 0 known already, 0 refused"'
check "again: none is added" eval '"$tmsrig" history add "$work"/ev? | grep -qx "0 added, 4 known already, 0 refused"'
check "again: none is added to PostgreSQL" eval '"$tmsrig" history add --db "$server" "$work"/ev? | grep -qx "0 added, 4 known already, 0 refused"'
same() { "$tmsrig" "$@" >"$work/sqlite" 2>"$work/err1" && "$tmsrig" "$@" --db "$server" >"$work/postgresql" 2>"$work/err2" && cmp "$work/sqlite" "$work/postgresql" && [ -s "$work/sqlite" ]; }
for form in "" --csv --json; do
  # shellcheck disable=SC2086
  check "history $form is the same from both" same history --only-simulated $form
  check "trend of a measurand $form is the same from both" same trend pulse.peak1 --only-simulated $form
  check "trend of a requirement $form is the same from both" same trend AMP-ACC --include-simulated $form
  check "trend of single values $form is the same from both" same trend pulse.latency --values --include-simulated $form
  check "flaky $form is the same from both" same history --flaky --only-simulated $form
done
check "simulated runs are left out, and that is said" eval '"$tmsrig" history >"$work/out" 2>"$work/err" && grep -qx "no such runs" "$work/out" && grep -q "4 simulated runs are left out" "$work/err"'
check "a flaky requirement is found" eval '"$tmsrig" history --flaky --only-simulated | grep -q "^AMP-ACC revision 1: 3 pass, 1 fail, 0 other in 4 runs of smoke"'
check "100 values of the latency" eval '[ "$("$tmsrig" trend pulse.latency --values --only-simulated --csv 2>"$work/err" | wc -l)" = 101 ]'
check "the mean in the history is that of the table" /usr/bin/python3 -c "
import csv, io, json, subprocess
rows = list(csv.DictReader(io.StringIO(subprocess.run(['$tmsrig', 'trend', 'pulse.peak1', '--only-simulated', '--csv'], capture_output=True, text=True, check=True).stdout)))
table = [float(r['value']) for r in csv.DictReader(open('$work/ev1/measurements.csv')) if r['measurand'] == 'pulse.peak1' and r['voided'] == '0']
run = json.load(open('$work/ev1/result.json'))['run']['id']
row = [r for r in rows if r['id'] == run][0]
assert len(rows) == 4 and abs(float(row['value']) / (sum(table) / len(table)) - 1) < 1e-12, row
assert float(row['minimum']) == min(table) and int(row['n']) == len(table)"
check "the overview is the same from both" same trend --only-simulated
check "the overview --csv is the same from both" same trend --only-simulated --csv
check "the overview --json is the same from both" same trend --only-simulated --json
check "no name: a line for every measurand, with the numbers of its own trend" /usr/bin/python3 -c "
import csv, io, json, subprocess
def ask(*words):
    return subprocess.run(['$tmsrig', 'trend', *words, '--only-simulated'], capture_output=True, text=True, check=True).stdout
lines = {line['measurand']: line for line in csv.DictReader(io.StringIO(ask('--csv')))}
assert len(lines) > 50, len(lines)
for name in ('pulse.peak1', 'pulse.latency', 'session.idle_peak'):
    one, line = json.loads(ask(name, '--json')), lines[name]
    assert float(line['mean']) == one['mean'] and float(line['drift']) == one['drift']['slope'] and float(line['p']) == one['drift']['p'], (one, line)
least = min((json.loads(ask(r, '--json'))['capability']['cpk'], r) for r in ('AMP-ACC',))
assert (float(lines['pulse.peak1']['cpk']), lines['pulse.peak1']['requirement']) == least and lines['pulse.peak1']['failed'] == '1', lines['pulse.peak1']"
if /usr/bin/python3 -c "import scipy" 2>"$work/err"; then
  check "drift is that of scipy.stats.linregress" /usr/bin/python3 -c "
import csv, io, subprocess
from scipy import stats
def ask(*words):
    return list(csv.DictReader(io.StringIO(subprocess.run(['$tmsrig', 'trend', *words, '--only-simulated', '--csv'], capture_output=True, text=True, check=True).stdout)))
held = 0
for line in ask()[:20]:
    if line['p'] and float(line['standard_deviation']) > 0:
        y = [float(point['value']) for point in ask(line['measurand']) if point['value']]
        theirs, held = stats.linregress(range(len(y)), y), held + 1
        for ours, other in ((line['drift'], theirs.slope), (line['u_drift'], theirs.stderr), (line['p'], theirs.pvalue)):
            assert abs(float(ours) - other) <= 1e-9 * abs(other), (line, theirs)
assert held >= 10, held"
else
  echo "NOT RUN: drift against scipy (python3-scipy)"
fi
cp -r "$work/ev1" "$work/forged" && sed -i "s/SN-1/SN-2/; s/\"verdict\": \"pass\"/\"verdict\": \"fail\"/" "$work/forged/result.json"
refused() { "$@" >"$work/out" 2>"$work/err"; [ $? = 2 ]; }
check "a changed bundle is refused by a history that does not know it" eval 'refused "$tmsrig" history add --db "$work/new.sqlite" "$work/forged" && grep -q "is not as it was sealed, so it is not added: result.json: changed" "$work/err"'
check "and nothing of it is kept" eval '"$tmsrig" history --db "$work/new.sqlite" --include-simulated | grep -qx "no such runs"'
(cd "$work/forged" && rm SHA256SUMS && find . -type f -printf "%P\n" | LC_ALL=C sort | xargs sha256sum >../forged.sums && mv ../forged.sums SHA256SUMS)
check "one that was sealed again is refused beside the first" eval 'refused "$tmsrig" history add --db "$server" "$work/forged" && grep -q "one of the two was changed" "$work/err"'

# A history that cannot be reached changes no verdict, and is told; a password is never shown.
"$tmsrig" run smoke --out "$work/ev9" --quiet --history="postgresql://rig:geheim@/postgres?host=$work/nowhere" >"$work/out" 2>"$work/err"
status=$?
check "no server: the verdict stands" [ $status = 0 ]
check "no server: it is told" grep -q "warning: the run is NOT in the history" "$work/err"
check "no server: no password in the message" eval '! grep -q geheim "$work/err" "$work/out"'

# A million pulses of history: 1000 runs of 1000. With MILLION_ROWS set a million rows of statistics beside them (in PostgreSQL a minute).
# The limit holds for the best of five, less what the processes waited for a processor.
for where in "$work/million.sqlite" "$server&options=-csearch_path%3Dpublic"; do
  "$bench_program" "$where" 1 ${MILLION_ROWS:+rows} >"$work/bench" 2>&1
  status=$?
  cat "$work/bench"
  check "a million: under a second" [ $status = 0 ]
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
