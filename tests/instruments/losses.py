# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs through libiio in which samples are lost: one loss each, 1 to 100 000 samples, anywhere or in a pulse, with each way of finding it.
The simulator tells where it lost what; from that, and from where the pulses were, it is worked out here which verdicts rest on it.

usage: losses.py TMSRIG FIXTURES [COUNT [SEED [PARALLEL]]]         without COUNT: one by each way, and one of nothing
       losses.py TMSRIG FIXTURES trial METHOD SAMPLES "PLACE"      one of them, in the current folder
"""
import concurrent.futures
import csv
import json
import math
import os
import random
import re
import subprocess
import sys

from served import FIXTURES, LATE_S, MAGVENTURE, STALL_S, TMSRIG, Bench, Run

METHODS = ("timestamp", "overflow_register", "clock")
RATE_HZ = 1e6
SKIPPED = 4 * 62500  # by count nothing can be told of the first four buffers: the recording begins behind them
CLOCK_SEES = 5000  # the most that count against the clock may need
AGAIN = 6
INTENSITIES = (50, 54, 58)
# A pulse rests on what lies so long before and after its onset (GAP_BEFORE_S, GAP_AFTER_S of rig/measure/measure.c).
BEFORE_S, AFTER_S = 300e-6, 1.6e-3
SPOILT = ("kept from reading", "samples are missing by", "the guardian", "no samples for", "no answer within", "sample rate is off", "without a trigger")


def write_scenario():
    lines = ['scenario { id = "losses", title = "Pairs of pulses, three intensities", verifies = {} }']
    for k, percent in enumerate(INTENSITIES):
        lines += [f"intensity({percent})"] + (["arm()"] if k == 0 else []) + ['await("ready", seconds(4))', "single { pulses = 2, interval = seconds(0.6) }"]
    lines += ["disarm()", "expect_discharge { below = volts(60), within = seconds(5) }"]
    open("losses.lua", "w").write("\n".join(lines) + "\n")


def requirement(name, measurand, limit, percent=None):
    select = f"\n    select: {{intensity: {{minimum: {percent - 1} %, maximum: {percent + 1} %}}}}" if percent else ""
    return (f'  - id: {name}\n    revision: 1\n    text: "{measurand}"\n    source: {{document: Test, clause: "1"}}\n    measurand: {measurand}'
            f"{select}\n    limit: {limit}\n    decision: {{rule: simple}}\n")


def write_spec():
    text = "spec: losses\ntitle: What may rest on a lost sample\nrevision: 1\nrequirements:\n"
    text += requirement("COUNT", "session.pulse_count", "{nominal: planned, tolerance: {absolute: 0}}")
    text += requirement("MISSING", "session.missing", "{maximum: 0}") + requirement("EXTRA", "session.extra", "{maximum: 0}")
    text += requirement("GAPS", "session.gaps", "{maximum: 0}") + requirement("DISCHARGE", "discharge.reached", "{minimum: 1}")
    for percent in INTENSITIES:
        text += requirement(f"PEAK-{percent}", "pulse.peak1", "{nominal: planned, tolerance: {relative: 5 %}}", percent)
        text += requirement(f"POLARITY-{percent}", "pulse.polarity", "{minimum: 1}", percent)
        text += requirement(f"WIDTH-{percent}", "pulse.half_width", "{minimum: 90 us, maximum: 105 us}", percent)
        text += requirement(f"INTERVAL-{percent}", "pulse.interval", "{nominal: planned, tolerance: {absolute: 300 ms}}", percent)
    open("losses.yaml", "w").write(text)


def rows(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def expected_verdicts(gaps):
    """The verdict of every requirement, by the gaps that were told, the pulses that were seen and the stretch of the discharge."""
    def touched(start_s, end_s):
        return any(gap["first_frame"] / RATE_HZ <= end_s and (gap["first_frame"] + gap["frames"]) / RATE_HZ >= start_s for gap in gaps)

    onsets = {int(row["expected"]): float(row["onset_s"]) for row in rows("run/pulses.csv") if row["match"] == "matched"}
    verdicts = {name: "void" if gaps else "pass" for name in ("COUNT", "MISSING", "EXTRA", "GAPS")}
    reached = [row for row in rows("run/measurements.csv") if row["measurand"] == "discharge.reached"]
    verdicts["DISCHARGE"] = "void" if not reached or touched(float(reached[0]["start_s"]), float(reached[0]["end_s"])) else "pass"
    for k, percent in enumerate(INTENSITIES):
        pair = [onsets.get(2 * k), onsets.get(2 * k + 1)]
        hit = [onset is None or touched(onset - BEFORE_S, onset + AFTER_S) for onset in pair]
        for name in ("PEAK", "POLARITY", "WIDTH"):
            verdicts[f"{name}-{percent}"] = "void" if any(hit) else "pass"
        verdicts[f"INTERVAL-{percent}"] = "void" if any(hit) or touched(*pair) else "pass"
    return verdicts


def trial(method, samples, place):
    """One run; what was wrong, what was seen, and whether the machine spoilt it. samples 0: nothing is lost."""
    write_scenario()
    write_spec()
    bench = Bench(MAGVENTURE, gaps=method)
    run = Run(os.path.abspath("losses.lua"), "run", spec="./losses.yaml")
    if samples:
        bench.await_states(("charging", "ready", "firing"), 20)
        bench.command(f"iiod lose {samples} {place}")
    status = run.wait()
    account = bench.command("sent")
    bench.look()
    bench.end()
    wrong = []
    seen = {"status": status, "method": method, "samples": samples, "found": False, "spoilt": bench.stall_s > STALL_S or run.starved() or run.late_s > LATE_S, "in_pulse": False}
    losses = [tuple(int(part) for part in word.split("+")) for word in account[2:]]
    if not os.path.exists("run/result.json") or any(text in run.words for text in SPOILT):
        seen["spoilt"] = True
        return [f"no result that counts: {run.message()}"], seen
    result = json.load(open("run/result.json"))
    gaps, total = result["gaps"], result["recording"]["total_frames"]
    skipped = 0 if method == "timestamp" else SKIPPED
    if [count for _, count in losses] != ([samples] if samples else []) or (samples and not 0 < losses[0][0] - skipped < total - 400000):
        seen["spoilt"] = True  # not where the run would see it, or the client was too slow and lost others
        return [f"another loss than was asked for: {losses}, in {total}"], seen
    verdicts = {row["requirement"]: row["verdict"] for row in rows("run/judgements.csv")}
    proof = re.search(r'"(by (?:the |a |count)[^"]*)"', open("run/result.json").read())
    seen["proof"] = proof.group(1) if proof else ""
    beyond = re.search(r"losses beyond (\d+) samples", seen["proof"])
    seen["found"] = len(gaps) == 1
    if samples:
        at = losses[0][0] - skipped
        if gaps:
            first, frames = gaps[0]["first_frame"], gaps[0]["frames"]
            seen["void_ms"] = 1e3 * frames / RATE_HZ
            if method == "timestamp" and (first, frames) != (at, samples):
                wrong.append(f"told {frames} at {first}, lost were {samples} at {at}")
            limit = int(beyond.group(1)) if beyond else 0
            if len(gaps) != 1 or not first <= at <= first + frames or frames < samples - limit:
                wrong.append(f"told {gaps}, lost were {samples} at {at}")
        elif method != "clock" or not beyond or samples > int(beyond.group(1)):
            wrong.append(f"{samples} lost at {at} were not found; the report: {seen['proof']}")
        else:
            seen["below"] = True  # of what this method can prove, and the report says so
            seen["verdict"] = result["verdict"]
            return wrong, seen
    elif gaps:
        wrong.append(f"nothing was lost, and yet {gaps}")
    expected = expected_verdicts(gaps)
    seen["in_pulse"] = any(expected[f"PEAK-{percent}"] != "pass" for percent in INTENSITIES)
    seen["void"] = sum(verdict == "void" for verdict in verdicts.values())
    for name in expected:
        if verdicts.get(name) != expected[name]:
            wrong.append(f"{name}: {verdicts.get(name)}, it should be {expected[name]}")
    if "fail" in verdicts.values() or status == 1 or result["verdict"] == "fail":
        wrong.append("a nonconformity of the device")
    if samples and (status != 4 or result["verdict"] != "void"):
        wrong.append(f"exit {status}, verdict {result['verdict']}")
    if not samples and status != 0:
        wrong.append(f"without a loss: exit {status}: {verdicts}")
    return wrong, seen


def in_folder(index, method, samples, place):
    """A trial in a process and a folder of its own, again when the machine spoilt it."""
    for again in range(AGAIN):
        folder = os.path.abspath(f"trial{index}")
        subprocess.run(["rm", "-rf", folder], check=True)
        os.mkdir(folder)
        done = subprocess.run([sys.executable, os.path.abspath(__file__), TMSRIG, FIXTURES, "trial", method, str(samples), place], cwd=folder,
                              env=dict(os.environ, TMSRIG_STATE=folder + "/state"), capture_output=True, text=True)
        try:
            wrong, seen = json.loads(done.stdout)
        except ValueError:
            wrong, seen = [done.stdout + done.stderr], {"spoilt": False, "found": False, "method": method, "samples": samples}
        seen["again"] = again
        if not wrong or not seen["spoilt"]:
            break
    if not wrong:
        subprocess.run(["rm", "-rf", folder], check=True)
    return index, place, wrong, seen


def draw(rng):
    samples = max(1, round(math.exp(rng.uniform(0, math.log(100000)))))
    wait_ms = rng.randrange(0, 2600)
    # Half of them in the pulse that comes next.
    place = f"into_pulse {rng.randrange(0, 900)} us after {wait_ms} ms" if rng.random() < 0.5 else f"after {wait_ms} ms"
    return samples, place


def main():
    numbers = [int(text) for text in sys.argv[3:]] + [3, 1, 1][len(sys.argv) - 3:]
    count, seed, parallel = numbers[:3]
    brief = len(sys.argv) == 3
    rng = random.Random(seed)
    # In brief nothing is lost by the way that might tell a gap of delays, and what is lost by count against the clock can be seen by it.
    healthy = ("clock",) if brief else METHODS
    jobs = [(index, method, 0, "") for index, method in enumerate(healthy)]
    for index in range(count):
        method, (samples, place) = METHODS[index % len(METHODS)], draw(rng)
        jobs.append((len(healthy) + index, method, 2 * CLOCK_SEES + samples if brief and method == "clock" else samples, place))
    failures = again = unjudged = 0
    sums = {method: {"trials": 0, "found": 0, "below": 0, "in a pulse": 0, "void verdicts": 0} for method in METHODS}
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        for index, place, wrong, seen in pool.map(lambda job: in_folder(*job), jobs):
            again += seen["again"]
            unjudged += bool(wrong) and seen["spoilt"]
            name = f"{seen['method']}, {seen['samples']} lost {place}"
            for text in wrong:
                failures += 1
                kind = "could not be judged, the machine spoilt every try" if seen["spoilt"] else "not ok"
                print(f"{kind}: trial {index}: {name}: {text}", flush=True)
            if seen["samples"] == 0:
                continue
            of = sums[seen["method"]]
            of["trials"] += 1
            of["found"] += seen["found"]
            of["below"] += seen.get("below", False)
            of["in a pulse"] += seen.get("in_pulse", False)
            of["void verdicts"] += seen.get("void", 0)
            if seen.get("below"):
                of[f"below, {seen['verdict']}"] = of.get(f"below, {seen['verdict']}", 0) + 1
            print(f"# {index}: {name}: {'found' if seen['found'] else 'NOT FOUND'}, {seen.get('void', 0)} of 17 verdicts void", flush=True)
    for method in METHODS:
        print(f"{method}: " + ", ".join(f"{value} {key}" for key, value in sums[method].items()))
    print(f"losses: {count} runs with a loss, {len(healthy)} without, {failures} failures, in {unjudged} runs since the machine spoilt every try, "
          f"{again} tries done again, seed {seed}")
    sys.exit(1 if failures else 0)


if sys.argv[3:4] == ["trial"]:
    print(json.dumps(trial(sys.argv[4], int(sys.argv[5]), sys.argv[6])))
else:
    main()
