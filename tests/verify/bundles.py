#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of every kind that tmsrig makes, and what another program, processor or machine makes of them.

usage: bundles.py make TMSRIG FOLDER [brief|leaves]
           every shipped scenario on its bench and by its specification, every bench, every fault of `run --fault`, runs that were aborted, refused or
           void, recordings; each must end with the status it is made for. brief: a few of each kind; leaves: those whose results have all members.
       bundles.py judge FOLDER [--inside PATH] [--same] NAME COMMAND...
           COMMAND verify BUNDLE --json for each. --same: the same program on the same machine, so bit for bit; else every number within 1e-9, and
           verdicts, words, counts and rows equal. --inside: FOLDER as the command sees it (in a chroot).

Prints a line for each bundle with the largest relative difference and its place, and the whole at the end. Exit status 1: not so.
"""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 1e-9

LUA = 'scenario {{ id = "{0}", title = "{0}" }}\nintensity(50)\narm()\nawait("ready", seconds(2))\nsingle {{ pulses = 3, interval = seconds(1) }}\n{1}\n' \
      'single {{ pulses = 3, interval = seconds(1) }}\ndisarm()\n'
SCENARIOS = {"operator": LUA.format("operator", 'prompt("Turn the coil")'),
             "refused": LUA.format("refused", 'drive("emergency_stop", true)\nawait("ready", seconds(2))')}
ABOUT = 'laboratory: {name: "A laboratory", accreditation: "none"}\nitem: {description: "A stimulator", received: 2026-11-01}\nmethod: {deviations: "none"}\n'


def fixture(name):
    with open(os.path.join(ROOT, "fixtures", name)) as file:
        return file.read()


def scenarios(folder=""):
    found = []
    for where, folders, names in os.walk(os.path.join(ROOT, "scenarios", folder)):
        folders[:] = [name for name in folders if name not in ("lib", "interlocks")]
        found += [os.path.relpath(os.path.join(where, name[:-4]), os.path.join(ROOT, "scenarios")) for name in names if name.endswith(".lua")]
    return sorted(found)


def interlock_faults():
    """The list of tests/interlocks.sh: fault, requirement that fails, trials."""
    with open(os.path.join(ROOT, "tests", "interlocks.sh")) as file:
        return re.findall(r"^((IL\d\d):\S.*) (\S+) (\d+)$", file.read(), re.M)


def prepare(folder):
    """Files of one's own that some cases need, below FOLDER/own."""
    own = os.path.join(folder, "own")
    os.makedirs(own, exist_ok=True)
    for name, text in SCENARIOS.items():
        with open(os.path.join(own, name + ".lua"), "w") as file:
            file.write(text)
    bench = fixture("benches/virtual.yaml")
    texts = {"about.yaml": ABOUT, "clipped.yaml": bench.replace("range: 12 kA", "range: 3 kA").replace("bench: virtual", "bench: clipped"),
             "stated.yaml": bench.replace("bench: virtual", "bench: stated") + 'report:\n  laboratory: {name: "Of the bench"}\n  rig: {serial: "R1"}\n',
             "logic-only.yaml": re.sub("    trigger: *{channel.*\n", "", bench).replace("bench: virtual", "bench: logic-only")}
    for name, text in texts.items():
        with open(os.path.join(own, name), "w") as file:
            file.write(text)
    return own


def cases(folder):
    """name: (exit status, arguments, brief)."""
    own = prepare(folder)
    pulse = os.path.join(ROOT, "fixtures", "recordings", "simulated-pulse.csv")
    on = ["--bench", "virtual-interlocks", "--spec", "interlocks"]
    made = {}

    def run(name, status, *arguments, brief=False):
        made[name] = (status, ["run", *arguments], brief)

    def analyze(name, status, *arguments, brief=False):
        made[name] = (status, ["analyze", pulse, "--bench", "recording-csv", "--spec", "recording", *arguments], brief)

    for scenario in scenarios():
        run(scenario.replace("/", "-"), 0, scenario, brief=scenario in ("smoke", "paired/sici", "protocols/itbs-600"))
    run("threshold", 0, "motor-threshold-ascending", "--motor-threshold", "45")
    interlocks = sorted(os.listdir(os.path.join(ROOT, "scenarios", "interlocks")))
    for name in interlocks:
        scenario = "interlocks/" + name[:-4]
        run(scenario.replace("/", "-"), 0, scenario, *on, "--set", "trials=3", "--set", "healthy_minutes=0", "--seed", "1", brief=name.startswith("il04"))
    for fault, interlock, requirement, trials in interlock_faults():
        scenario = "interlocks/" + next(name[:-4] for name in interlocks if name.startswith(interlock.lower()))
        run("fault-" + re.sub("[: ]+", "-", fault), 1, scenario, *on, "--set", f"trials={trials}", "--set", "seed=1", "--seed", "1",
            "--fault", f"interlock={fault}", brief=fault == "IL07:late:20 ms")
    for fault in ("drop_pulse=3", "double_pulse=5:2 ms", "amplitude=0.97", "late_pulse=9:2 ms", "inverted=7", "half_wave=11", "no_discharge",
                  "spontaneous=4:20 ms"):
        run("fault-" + re.sub("[=: ]+", "-", fault), 1, "smoke", "--fault", fault, brief=fault == "half_wave=11")
    run("fault-probe_lost", (1, 3, 4), "smoke", "--fault", "probe_lost_at=2.5 s", brief=True)
    run("fault-many", 1, "protocols/ctbs-300", *(part for fault in ("drop_pulse=3", "double_pulse=17", "inverted=30", "late_pulse=40:2 ms")
                                                for part in ("--fault", fault)))
    for name in sorted(os.listdir(os.path.join(ROOT, "fixtures", "benches"))):
        name = name[:-5]
        if name.startswith("virtual-") and name not in ("virtual-2ch", "virtual-interlocks"):
            run("bench-" + name, 0, "single-pulse", "--bench", name, "--spec", "example-monophasic" if name == "virtual-monophasic" else "smoke",
                brief=name == "virtual-monophasic")
    run("bench-virtual-2ch", (0, 3), "single-pulse", "--bench", "virtual-2ch", "--spec", "smoke")
    run("bench-rough-itbs", 0, "protocols/itbs-600", "--bench", "virtual-rough")
    run("bench-logic-only", (0, 3), "smoke", "--bench", os.path.join(own, "logic-only.yaml"), brief=True)
    run("bench-clipped", (1, 3, 4), "smoke", "--bench", os.path.join(own, "clipped.yaml"), brief=True)
    run("stated", 0, "smoke", "--bench", os.path.join(own, "stated.yaml"), "--about", os.path.join(own, "about.yaml"), "--operator", "A. Tester",
        "--serial", "SN-1", "--ambient", "temperature=21.5,humidity=40,pressure=101.3", "--reason", "for the record", brief=True)
    run("operator", 5, os.path.join(own, "operator.lua"), brief=True)
    run("refused", 4, os.path.join(own, "refused.lua"), brief=True)
    analyze("analyzed", 0, "--date", "2026-11-01", brief=True)
    analyze("overdue", 3, "--date", "2027-03-02", brief=True)
    analyze("override", 0, "--date", "2027-03-02", "--allow-overdue-calibration")
    for name in sorted(os.listdir(os.environ.get("TMSRIG_WAVEFORMS", "/nonexistent"))) if os.environ.get("TMSRIG_WAVEFORMS") else []:
        if name.endswith(".csv"):
            made["waveform-" + name[:-4]] = (None, ["analyze", os.path.join(os.environ["TMSRIG_WAVEFORMS"], name), "--bench", "recording-search-coil",
                                                    "--spec", "recording", "--date", "2026-11-01"], False)
    return made


FOR_LEAVES = ("smoke", "paired-sici", "threshold", "interlocks-il04-emergency-stop", "fault-IL07-late-20-ms", "fault-probe_lost", "bench-clipped", "stated", "operator",
              "refused", "overdue", "override", "bench-virtual-2ch")


def workers():
    return concurrent.futures.ThreadPoolExecutor(os.cpu_count())


def make_one(tmsrig, folder, name, status, arguments):
    out = os.path.join(folder, name)
    done = subprocess.run([tmsrig, *arguments, "--out", out, "--quiet"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    wanted = (status,) if isinstance(status, int) else status
    if (wanted and done.returncode not in wanted) or not os.path.isfile(os.path.join(out, "result.json")):
        return f"not ok: {name}: exit status {done.returncode}, expected {status}: {done.stderr[-300:]}"
    return None


def make(tmsrig, folder, extent):
    os.makedirs(folder, exist_ok=True)
    chosen = {name: case for name, case in cases(folder).items()
              if extent == "all" or (extent == "brief" and case[2]) or (extent == "leaves" and name in FOR_LEAVES)}
    with workers() as pool:
        wrong = [text for text in pool.map(lambda item: make_one(tmsrig, folder, item[0], *item[1][:2]), chosen.items()) if text]
    for text in wrong:
        print(text)
    size = sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(folder) for name in names)
    print(f"{len(chosen)} bundles made, {size / 1e6:.0f} MB, {len(wrong)} not as they should be")
    return bool(wrong) or not chosen


def judge_one(command, path, same):
    done = subprocess.run([*command, "verify", path, "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return None, f"exit status {done.returncode}: {(done.stdout + done.stderr)[-600:]}"
    again = said["rejudging"]
    if done.returncode != 0 or not said["verified"]:
        findings = [f for stage in said["stages"] for f in stage["findings"]]
        return again, f"exit status {done.returncode}: {again['first'] or findings}"
    if again["differences"] or again["values"] < 100 or not again["largest_relative"] <= (0 if same else LIMIT) or again["same_build"] != same:
        return again, f"{again}"
    return again, None


def judge(folder, inside, same, name, command):
    names = sorted(entry for entry in os.listdir(folder) if os.path.isfile(os.path.join(folder, entry, "result.json")))
    largest, values, wrong, why = (0.0, ""), 0, 0, {}
    with workers() as pool:
        for bundle, (again, problem) in zip(names, pool.map(lambda one: judge_one(command, os.path.join(inside, one), same), names)):
            if again:
                values += again["values"]
                why[again["other"]] = why.get(again["other"], 0) + 1
                largest = max(largest, (again["largest_relative"], f"{bundle}, {again['largest_at']}"))
            if problem:
                wrong += 1
                print(f"not ok: {bundle}: {problem}")
            else:
                print(f"ok: {bundle}: {again['values']} values, largest relative difference {again['largest_relative']:.2g}" +
                      (f" at {again['largest_at']}" if again["largest_at"] else ""))
    told = ", ".join(f"{text or 'the same'}: {n}" for text, n in sorted(why.items(), key=str))
    print(f"{name}: {len(names)} bundles ({told}), {values} values judged again, {wrong} not ok; the largest relative difference {largest[0]:.3g}" +
          (f" ({largest[1]})" if largest[0] else "") + (", bit for bit" if same else f", limit {LIMIT:g}"))
    return bool(wrong) or not names


def main(arguments):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ["TMSRIG_DATA"] = ROOT
    if arguments[:1] == ["make"] and len(arguments) in (3, 4):
        return make(os.path.abspath(arguments[1]), os.path.abspath(arguments[2]), (arguments + ["all"])[3])
    if arguments[:1] != ["judge"]:
        sys.exit(__doc__)
    folder = os.path.abspath(arguments[1])
    rest, inside, same = arguments[2:], folder, False
    while rest and rest[0] in ("--inside", "--same"):
        if rest[0] == "--inside":
            inside = rest.pop(1)
        else:
            same = True
        rest.pop(0)
    return judge(folder, inside, same, rest[0], rest[1:])


sys.exit(main(sys.argv[1:]))
