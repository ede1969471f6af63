#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand runs of a thousand pulses, as bundles: a real one, made again with other run ids, days and currents, is added to a history in portions
and removed, so that the disk does not have to hold them all. Prints what `tmsrig history add` took.
usage: history_bundles.py TMSRIG BUNDLE COUNT FOLDER DB..."""
import csv, hashlib, io, json, os, random, shutil, statistics, subprocess, sys, time

tmsrig, bundle, count, folder, databases = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:]
PORTION = 20
random.seed(1)
result = json.load(open(f"{bundle}/result.json"))
head, *rows = open(f"{bundle}/measurements.csv").read().splitlines(keepends=True)
column = {name: i for i, name in enumerate(next(csv.reader(io.StringIO(head))))}
peaks = [row.split(",") for row in rows if row.startswith("pulse.peak1,")]
rest = "".join(row for row in rows if not row.startswith("pulse.peak1,"))
values = [float(row[column["value"]]) for row in peaks]
measurand = next(m for m in result["measurands"] if m["id"] == "pulse.peak1")


def write(number):
    """The bundle of one run: its currents lie off by its own offset, and scatter anew."""
    name = f"{folder}/run{number}"
    os.makedirs(name)
    offset = 1 + 0.002 * random.gauss(0, 1)
    new = [value * offset * (1 + 0.003 * random.gauss(0, 1)) for value in values]
    for row, value in zip(peaks, new):
        row[column["value"]] = repr(value)
    table = head + "".join(map(",".join, peaks)) + rest
    day = time.gmtime(1767225600 + 21600 * number)
    result["run"]["id"] = time.strftime("%Y%m%dT%H%M%SZ", day) + f"-{number:012x}"
    result["run"]["started"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", day)
    result["run"]["ledger_place"]["line"] = 2 * number + 1
    measurand.update(mean=statistics.fmean(new), standard_deviation=statistics.stdev(new), minimum=min(new), maximum=max(new))
    texts = {"measurements.csv": table, "result.json": json.dumps(result, indent=2) + "\n"}
    for file, text in texts.items():
        with open(f"{name}/{file}", "w") as out:
            out.write(text)
    with open(f"{name}/SHA256SUMS", "w") as out:
        for file, text in sorted(texts.items()):
            out.write(f"{hashlib.sha256(text.encode()).hexdigest()}  {file}\n")
    return name


took = {db: [] for db in databases}
for first in range(0, count, PORTION):
    names = [write(number) for number in range(first, min(first + PORTION, count))]
    for db in databases:
        start = time.monotonic()
        done = subprocess.run([tmsrig, "history", "add", "--db", db, *names], capture_output=True, text=True)
        took[db].append(time.monotonic() - start)
        if done.returncode or done.stdout != f"{len(names)} added, 0 known already, 0 refused\n":
            sys.exit(f"history add: exit status {done.returncode}: {done.stdout}{done.stderr}")
    for name in names:
        shutil.rmtree(name)
for db in databases:
    kind = "PostgreSQL" if db.startswith("postgres") else "SQLite"
    print(f"{kind}: {count} bundles of {len(rows)} rows added in {sum(took[db]):.1f} s, {PORTION} in {min(took[db]):.2f} to {max(took[db]):.2f} s")
