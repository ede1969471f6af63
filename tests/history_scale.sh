#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A million pulses of history through the program: 1000 runs of 1000 pulses with all their measurands, from bundles in the form of a real one, in SQLite and
# in a PostgreSQL server started here. Each question is a process of its own, timed whole, first with nothing in the caches, then five times; the trends must
# take less than a second, best of the five, less what the processes waited for a processor (the kernel's schedstat); what they waited is printed.
# usage: history_scale.sh TMSRIG [RUNS]
set -u
tmsrig=$(realpath "$1") runs=${2:-1000}
TMSRIG_DATA=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export TMSRIG_DATA TMSRIG_STATE=$work/state
unset TMSRIG_HISTORY
# shellcheck source=tests/postgresql.sh
. "$TMSRIG_DATA/tests/postgresql.sh"
# shellcheck disable=SC2317
stop() {
  pg_stop
  rm -rf "$work"
}
trap stop EXIT
cat >"$work/thousand.lua" <<'LUA'
scenario { id = "thousand", title = "A thousand pulses at 20 Hz", verifies = { "PULSE-COUNT", "AMP-ACC" } }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 1000, rate = 20 }
disarm()
LUA
"$tmsrig" run "$work/thousand.lua" --serial SN-1 --out "$work/one" --quiet >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
pg_make "$work" && pg_start || exit 1
mkdir "$work/bundles"
/usr/bin/python3 "$TMSRIG_DATA/tests/bench/history_bundles.py" "$tmsrig" "$work/one" "$runs" "$work/bundles" "$work/h.sqlite" "$pg_server" || exit 1
du -m "$work/h.sqlite" | awk '{ print "SQLite: the file has " $1 " MB" }'
cold() { # what the kernel and the server keep is dropped, as far as this user may
  pg_stop; pg_start >/dev/null
  /usr/bin/python3 -c "
import os, sys
for folder in sys.argv[1:]:
    for path, _, files in os.walk(folder) if os.path.isdir(folder) else [('', [], [folder])]:
        for file in files:
            fd = os.open(os.path.join(path, file), os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)" "$work/h.sqlite" "$work/pg/data"
}
failed=0
for db in "$work/h.sqlite" "$pg_server"; do
  for question in "trend pulse.peak1" "trend AMP-ACC" "trend pulse.peak1 --values" "trend" "history --flaky"; do
    cold
    # shellcheck disable=SC2086
    /usr/bin/python3 - "$db" "$question" "$tmsrig" $question --only-simulated --db "$db" <<'PYTHON' || failed=1
import os, subprocess, sys, time
db, question, command = sys.argv[1], sys.argv[2], sys.argv[3:]
def once():
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pid, waited = child.pid, 0.0
    out, err = b"", b""
    os.set_blocking(child.stdout.fileno(), True)
    out = child.stdout.read()
    try:
        waited = int(open(f"/proc/{pid}/schedstat").read().split()[1]) * 1e-9
    except (OSError, IndexError):
        pass
    err = child.stderr.read()
    if child.wait() != 0 or not out:
        sys.exit(f"{question}: exit status {child.returncode}: {err.decode()}")
    return time.monotonic() - start, waited
first, trials = once()[0], [once() for _ in range(5)]
best = min(total - waited for total, waited in trials)
kind = "PostgreSQL" if db.startswith("postgres") else "SQLite"
limit = 1.0 if question.startswith("trend ") else None
print(f"{kind}: {question}: cold {first:.3f} s, warm {' '.join(f'{t:.3f}' for t, _ in trials)} s, best less waiting {best:.3f} s"
      f"{'' if limit is None else ' (limit 1 s)'}")
sys.exit(0 if limit is None or best < limit else 1)
PYTHON
  done
done
[ $failed = 0 ] && echo "the trends take less than a second" || echo "A TREND TAKES MORE THAN A SECOND"
exit $failed
