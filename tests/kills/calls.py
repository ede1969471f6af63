# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call of the kernel by which a command changes the disk: the process dies at it (SIGKILL), or it fails (ENOSPC, EIO). Of a run: all of them from
the last sample on, and one in some before. After each, what is there is whole and says so everywhere, or is refused by every command that reads
bundles; and the next go works. Then the order in which things are brought to the disk, for a power cut.

usage: calls.py TMSRIG [EVERY [SEED]]      EVERY: one call in so many (default: all of them)
Needs strace. Works in the current folder, with TMSRIG_STATE set. Exit status 1 when something did not hold.
"""
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys

TMSRIG = os.path.abspath(sys.argv[1])
EVERY = int(sys.argv[2]) if len(sys.argv) > 2 else 1
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
STATE = os.environ["TMSRIG_STATE"]
CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "openat", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir",
         "ftruncate", "symlink"]
ERRORS = {"fsync": "EIO", "fdatasync": "EIO", "unlink": "EIO", "unlinkat": "EIO", "rmdir": "EIO"}
SCENARIO = """scenario { id = "three", title = "Three pulses" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = ms(100) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
"""
trials = failures = 0


def check(good, what, detail=""):
    global failures
    if not good:
        failures += 1
        if failures <= 20:
            print(f"not ok: {what}: {str(detail)[-400:]}", flush=True)
    return good


def run(*command):
    return subprocess.run([TMSRIG, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120)


def remove(*names):
    for name in names:
        if os.path.isdir(name) and not os.path.islink(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.remove(name)


def tree(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def traced(command, options, out):
    """Of the main thread alone: of the others the order changes from run to run."""
    return subprocess.run(["strace", "-qq", "-y", "-o", out, *options, TMSRIG, *command], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=120)


LINE = re.compile(r"^(\w+)\((.*)")


def changes(line):
    """Whether a line of the trace is of a call that changes the disk."""
    match = LINE.match(line)
    if not match:
        return None
    name, rest = match.groups()
    if name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync"):
        return name if re.match(r"\d+</", rest) and not re.match(r"\d+</(dev|proc|sys|memfd)", rest) and not re.match(r"[012]<", rest) else None
    if name == "openat":
        return name if "O_CREAT" in rest else None
    return name


def calls_of(command, after=None):
    """(name, its number among the calls of that name, whether it comes after the mark) of each call that changes the disk."""
    done = traced(command, ["-e", "trace=" + ",".join(CALLS)], "trace")
    if done.returncode != 0:
        print(f"calls: {command[0]} does not work under strace: {done.stderr[-300:]}")
        sys.exit(1)
    counts, found, late = {}, [], after is None
    for line in open("trace", errors="replace"):
        match = LINE.match(line)
        if not match:
            continue
        counts[match[1]] = counts.get(match[1], 0) + 1
        late = late or after in line
        if changes(line):
            found.append((match[1], counts[match[1]], late))
    return found


def hurt(command, name, number, how):
    what = "signal=KILL" if how == "dies" else f"error={ERRORS.get(name, 'ENOSPC')}"
    return traced(command, ["-e", "trace=" + name, "-e", f"inject={name}:{what}:when={number}"], "hurt")


def refused_everywhere(folder, what):
    """No command that reads bundles takes it for one."""
    attempts = {"verify": ["verify", folder], "report": ["report", folder, "-o", "refused.html"],
                "sign": ["sign", folder, "--key", "key", "--meaning", "performed", "--name", "X"], "diff": ["diff", folder, "whole"],
                "diff, the other way": ["diff", "whole", folder], "trace": ["trace", "--spec", "smoke", folder],
                "history add": ["history", "add", "--db", "refused.sqlite", folder], "export": ["export", folder, "refused.zip"]}
    for name, command in attempts.items():
        done = run(*command)
        told = done.stdout + done.stderr
        check(done.returncode in (1, 2), f"{what}: {name} of what was left: exit status {done.returncode}", told)
        named = os.path.basename(folder) in told or "SHA256SUMS" in told
        check(named and "verified:" not in done.stdout.replace("NOT VERIFIED:", ""), f"{what}: {name}: the message", told)
    check(not os.path.lexists("refused.html") and not os.path.lexists("refused.zip") and not os.path.lexists(folder + "/signatures"),
          f"{what}: nothing was made of it", os.listdir("."))
    remove("refused.sqlite", "refused.html", "refused.zip")


class Run:
    name, after, statuses = "run", "inputs", (4,)
    command = ["run", "./three.lua", "-s", "smoke", "-q", "-o", "run"]

    def prepare(self):
        remove("run", "run.incomplete", *(name for name in os.listdir(".") if name.startswith("run.failed")))

    def ledger(self):
        """The verdict of the last run in the ledger; None: it has no end."""
        listed = run("ledger", "virtual")
        check(listed.returncode == 0, "the ledger holds", listed.stdout[-200:] + listed.stderr)
        lines = [line for line in listed.stdout.splitlines() if " three " in line]
        return None if not lines or "NO END" in lines[-1] else lines[-1].split()[3]

    def look(self, what, claimed):
        whole, left = os.path.isdir("run"), [name for name in os.listdir(".") if name.startswith("run.")]
        check(len(left) + whole <= 1, f"{what}: one folder", os.listdir("."))
        if whole:
            verified = run("verify", "run")
            check(verified.returncode == 0 and self.ledger() == "pass", f"{what}: a whole folder verifies, and the ledger has its end",
                  verified.stdout + verified.stderr)
        for folder in left:
            refused_everywhere(folder, what)
            listed = run("ledger", "virtual", ".")
            check(f"{folder}: not a run" not in listed.stdout, f"{what}: the ledger knows what was left", listed.stdout)
        if claimed is not None:
            check(whole == claimed, f"{what}: it {'claims' if claimed else 'denies'} to have come to its end", os.listdir("."))
        return "whole" if whole else "not whole" if left else "nothing"

    def again(self, what):
        self.prepare()
        done = run(*self.command)
        check(done.returncode == 0 and run("verify", "run").returncode == 0, f"{what}: the next run", done.stderr)


class Sign:
    name, after, statuses = "sign", None, (4,)
    command = ["sign", "signed", "--key", "key", "--meaning", "performed", "--name", "A. Meier"]

    def prepare(self):
        remove("signed")
        shutil.copytree("whole", "signed")

    def look(self, what, claimed):
        verified = run("verify", "signed", "--trust", "key.pub")
        signed = " 1 signatures, 1 by keys that are trusted" in verified.stdout
        good = verified.returncode == 0 or (verified.returncode == 1 and re.search(r"^    signatures[./]", verified.stdout, re.M))
        check(good, f"{what}: it holds, or the message names the signature", verified.stdout + verified.stderr)
        if claimed is not None:
            check(not claimed or (signed and verified.returncode == 0), f"{what}: what claims to be signed is", verified.stdout)
        return "whole" if verified.returncode == 0 and signed else "not whole" if verified.returncode else "nothing"

    def again(self, what):
        done = run(*self.command, "--again")
        verified = run("verify", "signed", "--trust", "key.pub", "--require", "performed")
        check(done.returncode == 0 and verified.returncode == 0, f"{what}: the next signing", done.stderr + verified.stdout)


class File:
    """A command that makes one file."""
    after = None

    def __init__(self, name, command, out, statuses=(4,)):
        self.name, self.command, self.out, self.statuses = name, command, out, statuses
        run(*command)
        with open(out, "rb") as file:
            self.wanted = file.read()

    def prepare(self):
        remove(self.out)

    def same(self):
        with open(self.out, "rb") as file:
            return file.read() == self.wanted

    def look(self, what, claimed):
        there = os.path.exists(self.out)
        check(not there or self.same(), f"{what}: what has its name is whole")
        if claimed is not None:
            check(there or not claimed, f"{what}: it claims to have made it", os.listdir("."))
        return "whole" if there else "nothing"

    def again(self, what):
        self.prepare()
        done = run(*self.command)
        check(done.returncode == 0 and self.same(), f"{what}: the next one", done.stderr)


class Views:
    """A command that makes a folder of files, each of them whole or not there."""
    name, after, statuses = "report, every view", None, (4,)
    command = ["report", "whole", "-o", "views"]

    def __init__(self):
        self.prepare()
        run(*self.command)
        self.wanted = tree("views")

    def prepare(self):
        remove("views")

    def look(self, what, claimed):
        there = {name: digest for name, digest in tree("views").items() if not name.endswith(".partial")}
        check(all(self.wanted.get(name) == digest for name, digest in there.items()), f"{what}: every view is whole", sorted(there))
        check(not claimed or there == self.wanted, f"{what}: it claims to have made them", sorted(there))
        return "whole" if there == self.wanted else "not whole" if there else "nothing"

    def again(self, what):
        done = run(*self.command)
        there = {name: digest for name, digest in tree("views").items() if not name.endswith(".partial")}
        check(done.returncode == 0 and there == self.wanted, f"{what}: the next report", done.stderr)


class History:
    name, after, statuses = "history add", None, (4, 2)
    command = ["history", "add", "--db", "history.sqlite", "whole"]

    def prepare(self):
        remove(*(name for name in os.listdir(".") if name.startswith("history.sqlite")))

    def runs(self):
        listed = run("history", "--db", "history.sqlite", "--csv", "--only-simulated")
        return len(listed.stdout.splitlines()) - 1 if listed.returncode == 0 else 0

    def look(self, what, claimed):
        runs = self.runs()
        check(runs in (0, 1) and (not claimed or runs == 1), f"{what}: it has the run once or not at all", runs)
        return "whole" if runs else "nothing"

    def again(self, what):
        done = run(*self.command)
        check(done.returncode == 0 and self.runs() == 1, f"{what}: the next one", done.stdout + done.stderr)


def torment(subject):
    """Death at every call, then failure of every call."""
    global trials
    subject.prepare()
    calls = calls_of(subject.command, subject.after)
    for how in ("dies", "fails"):
        ends, statuses, done = {}, {}, 0
        for name, number, late in calls:
            if rng.randrange(EVERY if late else EVERY * 8) != 0:
                continue
            subject.prepare()
            what = f"{subject.name} {how} at {name} number {number}"
            hurted = hurt(subject.command, name, number, how)
            done += 1
            claimed = None
            if how == "fails":
                claimed = hurted.returncode == 0
                statuses[hurted.returncode] = statuses.get(hurted.returncode, 0) + 1
                check(hurted.returncode in (0, *subject.statuses), f"{what}: exit status {hurted.returncode}", hurted.stderr)
                check(claimed or "tmsrig: " in hurted.stderr, f"{what}: it says so", hurted.stderr)
            end = subject.look(what, claimed)
            ends[end] = ends.get(end, 0) + 1
            subject.again(what)
        trials += done
        told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
        codes = ", exit status " + ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items())) if statuses else ""
        print(f"{subject.name} {how} at {done} of {len(calls)} calls: {told}{codes}", flush=True)


def events_of(path):
    """The calls of a trace by the paths they are about: (name, path, second path)."""
    found = []
    for line in open(path, errors="replace"):
        line = re.sub(r"^\d+ +", "", line)
        match = LINE.match(line)
        if not match or " = -1 " in line:
            continue
        name, rest = match.groups()
        handle = re.match(r"\d+<([^>]*)>", rest)
        names = re.findall(r'"([^"]*)"', rest)
        if name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync"):
            found.append(("sync" if "sync" in name else "write", os.path.normpath(handle[1]) if handle else "", ""))
        elif name.startswith("rename"):
            found.append(("rename", *(os.path.abspath(one) for one in names[:2])))
        elif name == "openat" and "O_CREAT" in rest or name.startswith("mkdir"):
            found.append(("make", os.path.abspath(names[0]), ""))
    return found


def order(subject, final, ledger=None):
    """Everything below what is renamed to `final` is on the disk before, with the names of its files; then the new name is."""
    subject.prepare()
    if ledger:
        remove(ledger)
    done = subprocess.run(["strace", "-f", "-qq", "-y", "-o", "order", "-e", "trace=" + ",".join(CALLS), TMSRIG, *subject.command],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    check(done.returncode == 0, f"{subject.name}: under strace", done.stderr)
    events, final = events_of("order"), os.path.abspath(final)
    renames = [i for i, event in enumerate(events) if event[0] == "rename" and event[2] == final]
    if not check(len(renames) == 1, f"{subject.name}: one rename to {final}", events[-10:]):
        return
    at, work = renames[0], events[renames[0]][1]
    last = {}  # of each file and folder, its last change before the rename, and its last sync
    for i, (kind, path, second) in enumerate(events[:at]):
        if not path.startswith(work):
            continue
        last.setdefault(path, [-1, -1])
        if kind == "sync":
            last[path][1] = i
        elif kind == "write":
            last[path][0] = i
        if kind == "rename":
            last.pop(path, None)
            last.setdefault(second, [-1, -1])
        if kind in ("make", "rename") and path != work and os.path.dirname(path).startswith(work):
            last.setdefault(os.path.dirname(path), [-1, -1])[0] = i
    # What was moved was brought to the disk under its first name, or is again.
    for path, (changed, synced) in last.items():
        if os.path.exists(path.replace(work, final, 1)):
            moved = any(event[0] == "rename" and event[2] == path for event in events[:at])
            check(synced > changed or (moved and changed == -1), f"{subject.name}: {path} is on the disk before it gets its name", (changed, synced))
    names = {os.path.relpath(path, work) for path in last}
    if os.path.isdir(final):
        missing = [name for name in tree(final) if os.path.normpath(name) not in names]
        check(not missing, f"{subject.name}: every file was seen", missing)
    after = [i for i, event in enumerate(events) if i > at and event[:2] == ("sync", os.path.dirname(final))]
    check(after, f"{subject.name}: its name is brought to the disk", events[at:])
    if ledger:
        lines = [i for i, event in enumerate(events) if event[:2] == ("write", ledger)]
        syncs = [i for i, event in enumerate(events) if event[:2] == ("sync", ledger)]
        samples = [i for i, event in enumerate(events) if event[0] in ("write", "make") and event[1].endswith("recording.h5")]
        check(len(lines) == 2 and len(syncs) == 2 and lines[0] < syncs[0] < samples[0] and lines[1] < syncs[1] < at,
              f"{subject.name}: begun is on the disk before the first sample, ended before the name", (lines, syncs, samples[:1], at))
        place = [i for i, event in enumerate(events) if event[:2] == ("sync", os.path.dirname(ledger))]
        check(place and place[0] < samples[0], f"{subject.name}: the name of a new ledger is on the disk before the first sample", place)
    print(f"order of {subject.name}: {len(last)} files and folders on the disk before the rename, the name after it", flush=True)


def main():
    try:
        can = subprocess.run(["strace", "-qq", "-e", "trace=write", "-e", "inject=write:error=ENOSPC", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        can = False
    if not can:
        print("NOT RUN: deaths at calls of the kernel (strace is not there, or may not trace)", file=sys.stderr)
        return 0
    with open("three.lua", "w") as file:
        file.write(SCENARIO)
    made = run("run", "./three.lua", "-s", "smoke", "-q", "-o", "whole")
    keyed = run("keygen", "--no-password", "--out", "key")
    if made.returncode or keyed.returncode:
        print(made.stderr, keyed.stderr)
        return 1
    subjects = [Run(), Sign(), File("export", ["export", "whole", "whole.zip"], "whole.zip"),
                File("report", ["report", "whole", "-o", "one.html"], "one.html"), Views(), History()]
    order(subjects[0], "run", os.path.abspath(STATE + "/virtual/ledger.jsonl"))
    order(subjects[1], "signed/signatures/01-performed.json")
    order(subjects[2], "whole.zip")
    order(subjects[3], "one.html")
    for subject in subjects:
        torment(subject)
    print(f"calls: {trials} deaths and failures, {failures} not as they should")
    return 1 if failures else 0


sys.exit(main())
