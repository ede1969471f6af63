#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lateness of the firing thread beside cyclictest's, taken in turns so that both see the same machine.
usage: jitter.py BENCH_JITTER [ROUNDS]"""
import re
import subprocess
import sys
from collections import Counter

SLEEPS, PRIORITY = 5000, 70


def histogram(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = re.findall(r"^(\d{6}) (\d{6})", output, re.M)
    return Counter({int(us): int(count) for us, count in rows if int(count)})


def percentile(counts, share):
    wanted, seen = share * counts.total(), 0
    for us in sorted(counts):
        seen += counts[us]
        if seen >= wanted:
            return us
    raise ValueError("empty histogram")


ours, theirs = Counter(), Counter()
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 4):
    ours += histogram([sys.argv[1], str(SLEEPS)])
    # Lateness of one thread with an absolute sleep every millisecond; -m holds its memory as the rig does.
    theirs += histogram(["cyclictest", "-q", "-m", "-t1", f"-p{PRIORITY}", "-i1000", f"-l{SLEEPS}", "-h20000"])
print(f"{ours.total()} and {theirs.total()} sleeps of 1 ms, lateness in us")
for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
    a, b = percentile(ours, share), percentile(theirs, share)
    print(f"{name:6} tmsrig {a:6d}   cyclictest {b:6d}   ratio {(a + 0.5) / (b + 0.5):.2f}")
