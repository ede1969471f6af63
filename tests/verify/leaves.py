#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is every number and word of result.json and of the tables made again from the recording, or does `tmsrig verify` believe the bundle?

usage: leaves.py TMSRIG FOLDER [COUNT|kinds [SEED]]

FOLDER holds bundles (`bundles.py make TMSRIG FOLDER leaves`). Each member of each result.json, and each column of each table, is changed by itself to
something plausible, all hashes made anew as a forger would, and the bundle verified without a ledger and without a signature. What nobody notices must
stand in the list of docs/verify.md ("taken over"), and what stands there must be something nobody notices. kinds: every change on two members of each
kind; without it every member of the bundle `smoke` as well, one change each. COUNT: so many of these, drawn.
"""
import concurrent.futures
import copy
import hashlib
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES = ("pulses.csv", "measurements.csv", "judgements.csv")
GONE = object()


def documented():
    """The members that docs/verify.md says are taken over, as patterns."""
    with open(os.path.join(ROOT, "docs", "verify.md")) as file:
        block = re.search(r"^<!-- taken over -->$(.*?)^<!-- end -->$", file.read(), re.M | re.S)
    names = re.findall(r"`([a-z0-9_.\[\]*]+)`", block[1]) if block else []
    if not names:
        sys.exit("leaves: docs/verify.md has no list of what is taken over")
    return names


def matches(name, pattern):
    return name == pattern or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


def leaves(value, path=()):
    """Every member, those that hold others as well: they can be taken out."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, path + (key,))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from leaves(below, path + (number,))


def kind_of(path):
    """result.json's path as it is documented: requirements[].value."""
    text = ""
    for part in path:
        text += "[]" if isinstance(part, int) else ("." if text else "") + part
    return text


def other_text(text):
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
        return text[:8] + ("02" if text[8:10] != "02" else "03") + text[10:]
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return text[:-1] + ("0" if text[-1] != "0" else "1")
    return text + "x"


def changes(value, seen):
    """Plausible other values; seen: what the same kind of member is elsewhere. A member that is null says as much when it is not there."""
    if isinstance(value, bool):
        new = [not value, None]
    elif isinstance(value, int):
        new = [value + 1, 0 if value else 7, None]
    elif isinstance(value, float):
        new = [math.nextafter(value, math.inf), value * 1.5, None]
    elif isinstance(value, str):
        new = [other_text(value), None]
    elif value is None:
        new = ["x", 1.5, True]
    elif isinstance(value, list):
        new = [value[:-1], value + value[-1:]] if value else [["x"]]
    else:
        new = [{**value, "extra": 1}]
    new += [one for one in seen if type(one) is not type(value) or one != value][:3]
    return [one for i, one in enumerate(new) if not any(same(one, before) for before in new[:i]) and not same(one, value)] + ([] if value is None else [GONE])


def same(a, b):
    return type(a) is type(b) and a == b


def put(result, path, value):
    result = copy.deepcopy(result)
    at = result
    for part in path[:-1]:
        at = at[part]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return result


class Place:
    """A copy of a bundle in which files are changed and put back."""

    def __init__(self, work, bundle, tmsrig):
        self.folder, self.bundle, self.tmsrig = os.path.join(work, os.path.basename(bundle)), bundle, tmsrig
        shutil.copytree(bundle, self.folder)
        with open(os.path.join(bundle, "SHA256SUMS")) as file:
            self.sums = file.read()

    def verify(self, files):
        """Whether it is noticed, and what is said, with these files in place of the bundle's, and all sums made anew."""
        sums = self.sums
        for name, data in files.items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(data)
            sums = re.sub(rf"^[0-9a-f]{{64}}(  {re.escape(name)})$", hashlib.sha256(data).hexdigest() + r"\1", sums, flags=re.M)
        with open(os.path.join(self.folder, "SHA256SUMS"), "w") as file:
            file.write(sums)
        done = subprocess.run([self.tmsrig, "verify", self.folder], capture_output=True, text=True, errors="replace")
        for name in files:
            shutil.copyfile(os.path.join(self.bundle, name), os.path.join(self.folder, name))
        if done.returncode not in (0, 1):
            return None, done.stdout + done.stderr
        # The views are made from result.json: a forger makes them anew as well.
        return bool(re.search(r"^(?!views)[a-z-]+ +(FAILS|not done)", done.stdout, re.M)), done.stdout + done.stderr


def dumped(result):
    return json.dumps(result, indent=1).encode()


def with_table(result, tables, name, text):
    """The files of a bundle with another table, its hash in result.json made to fit."""
    tables = {**tables, name: text}
    digest = hashlib.sha256("".join(tables[one] for one in TABLES).encode()).hexdigest()
    return {name: text.encode(), "result.json": dumped({**result, "results_sha256": digest})}


def table_changes(result, tables, rng):
    """(kind, what, files) for a cell of each column, and for whole rows."""
    for name in TABLES:
        lines = tables[name].splitlines(keepends=True)
        columns = lines[0].rstrip("\n").split(",")
        plain = [i for i in range(1, len(lines)) if '"' not in lines[i]]
        for column, title in enumerate(columns if plain else []):
            filled = [i for i in plain if lines[i].rstrip("\n").split(",")[column]] or plain
            row = rng.choice(filled)
            cells = lines[row].rstrip("\n").split(",")
            try:
                cells[column] = repr(math.nextafter(float(cells[column]), math.inf)) if not cells[column].isdigit() else str(int(cells[column]) + 1)
            except ValueError:
                cells[column] += "1"
            yield f"{name}: {title}", f"row {row}", with_table(result, tables, name, "".join(lines[:row] + [",".join(cells) + "\n"] + lines[row + 1:]))
        if len(lines) > 2:
            yield f"{name}: a row removed", "", with_table(result, tables, name, "".join(lines[:1] + lines[2:]))
            yield f"{name}: two rows exchanged", "", with_table(result, tables, name, "".join([lines[0], lines[2], lines[1]] + lines[3:]))


def plan_changes(bundles, every, rng):
    """(bundle, kind, what, files) for all that is to be tried."""
    seen, planned = {}, []
    for bundle in bundles.values():
        for path, value in leaves(bundle["result"]):
            if not isinstance(value, (dict, list)):
                known = seen.setdefault(kind_of(path), [])
                if len(known) < 40 and not any(same(value, one) for one in known):
                    known.append(value)
    tried = {}
    for name, bundle in bundles.items():
        for path, value in leaves(bundle["result"]):
            kind = kind_of(path)
            possible = changes(value, seen.get(kind, []))
            tried[kind] = tried.get(kind, 0) + 1
            chosen = possible if tried[kind] <= 2 else [possible[tried[kind] % len(possible)]] if every and name == "smoke" else []
            planned += [(name, kind, (path, one)) for one in chosen]
        planned += [(name, kind, files) for kind, _, files in table_changes(bundle["result"], bundle["tables"], rng)]
    return planned


def files_of(bundle, change):
    return change if isinstance(change, dict) else {"result.json": dumped(put(bundle["result"], *change))}


def told(change):
    return "a table" if isinstance(change, dict) else f"{change[0]} made {'nothing' if change[1] is GONE else repr(change[1])[:60]}"


def main():
    tmsrig, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    every = len(sys.argv) == 3
    count = int(sys.argv[3]) if not every and sys.argv[3] != "kinds" else None
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    allowed = documented()
    os.environ["TMSRIG_DATA"] = ROOT
    bundles = {}
    # Small ones first: they are judged sooner.
    for name in sorted(os.listdir(folder), key=lambda name: os.path.getsize(os.path.join(folder, name, "pulses.csv")) if os.path.isfile(os.path.join(folder, name, "pulses.csv")) else 0):
        where = os.path.join(folder, name)
        if os.path.isfile(os.path.join(where, "result.json")):
            bundles[name] = {"result": json.load(open(os.path.join(where, "result.json"))), "tables": {one: open(os.path.join(where, one)).read() for one in TABLES}}
    planned = plan_changes(bundles, every, rng)
    if count is not None:
        planned = rng.sample(planned, min(count, len(planned)))
    # Two bundles at once; of one bundle one change at a time.
    with tempfile.TemporaryDirectory() as work:
        os.environ["TMSRIG_STATE"] = os.path.join(work, "none")
        pool, here = concurrent.futures.ThreadPoolExecutor(os.cpu_count()), threading.local()

        def place_of(name):
            places = here.__dict__.setdefault("places", {})
            if name not in places:
                places[name] = Place(tempfile.mkdtemp(dir=work), os.path.join(folder, name), tmsrig)
            return places[name]

        def untouched(name):
            return name, place_of(name).verify({"result.json": dumped(bundles[name]["result"])})

        def attempt(one):
            name, kind, change = one
            return one, place_of(name).verify(files_of(bundles[name], change))

        # What is written otherwise and says the same must hold, or every change would be noticed.
        broken = [f"{name}: {text}" for name, (noticed, text) in pool.map(untouched, bundles) if noticed is not False]
        missed, crashed = {}, []
        for (name, kind, change), (noticed, text) in pool.map(attempt, planned):
            if noticed is None or "signal" in text:
                crashed.append(f"{name}: {kind}: {told(change)}: {text[-300:]}")
            elif not noticed:
                missed.setdefault(kind, []).append(f"{name}: {told(change)}")
        pool.shutdown()
    undocumented = {kind: cases for kind, cases in missed.items() if not any(matches(kind, pattern) for pattern in allowed)}
    idle = [] if count is not None else [pattern for pattern in allowed if not any(matches(kind, pattern) for kind in missed)]
    for text in broken + crashed:
        print("not ok:", text)
    for kind, cases in sorted(undocumented.items()):
        print(f"not ok: {kind}: {len(cases)} changes were not noticed, and docs/verify.md does not say so; the first: {cases[0]}")
    for pattern in idle:
        print(f"not ok: {pattern}: docs/verify.md says that it is taken over, and every change of it was noticed")
    if count is None:
        print("taken over, and in docs/verify.md:", " ".join(sorted(set(missed) - set(undocumented))))
    kinds = len({kind for _, kind, _ in planned})
    unnoticed = sum(map(len, missed.values()))
    print(f"{len(planned)} changes of {kinds} kinds of members and columns in {len(bundles)} bundles: {len(planned) - unnoticed - len(crashed)} noticed, "
          f"{unnoticed} not, of {len(missed)} kinds, {len(undocumented)} of them not documented")
    return 1 if broken or crashed or undocumented or idle or not planned else 0


sys.exit(main())
