# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in which anything may happen: the device is wrong, the input is damaged, the disk or the memory is full, the program is stopped, killed, interrupted.
Whatever it was: no pass that is not true, nothing that looks whole and is not, nothing left armed.

usage: chaos.py TMSRIG FIXTURES COUNT [SEED]
Works in the current folder. Ends with status 1 when a check failed.
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

TMSRIG, FIXTURES, COUNT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
os.environ["TMSRIG_STATE"] = os.path.abspath("state")
HERE = os.path.dirname(os.path.abspath(__file__))
rng = random.Random(SEED)
failures, tally = 0, {}
# A recording.h5 that is smaller has not been flushed for the first time.
BEGUN_BYTES = 8192

# Each of them breaks a requirement of the example specification, or the proof of the safe state.
DEVICE_FAULTS = ["drop_pulse=4", "double_pulse=6", "amplitude=0.8", "late_pulse=5:3 ms", "inverted=3", "no_discharge", "spontaneous=1:0.3 s"]


def check(good, text, detail=""):
    global failures
    if not good:
        failures += 1
        print(f"not ok: {text}: {detail}", flush=True)
    return good


def damaged(path, out):
    """A copy with a few bytes lost, doubled, or changed."""
    data = bytearray(open(path, "rb").read())
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data))
        what = rng.randrange(3)
        if what == 0:
            del data[at : at + rng.randint(1, 40)]
        elif what == 1:
            data[at:at] = data[at : at + rng.randint(1, 40)]
        else:
            data[at] = rng.randrange(256)
    open(out, "wb").write(data)
    return "./" + out


def limit(kind, value):
    return lambda: resource.setrlimit(kind, (value, value))


def tool(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, errors="replace")


def recording_readable(folder, whole):
    path = folder + "/recording.h5"
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return not whole
    if not whole and os.path.getsize(path) < BEGUN_BYTES:
        return True
    shutil.copy(path, "copy.h5")
    if not whole:
        tool("h5clear", "-s", "copy.h5")
    return tool("h5ls", "-r", "copy.h5").returncode == 0


def look(name, status, words, changed, truncated):
    """What is there must be true. changed: something that a pass must not survive."""
    if os.path.exists("run"):
        sums = tool("sh", "-c", "cd run && sha256sum --quiet -c SHA256SUMS")
        check(sums.returncode == 0, f"{name}: the evidence is as it was signed off", sums.stdout[:200] + sums.stderr[:200])
        result = json.load(open("run/result.json"))
        passing = result["verdict"] in ("pass", "conditional_pass")
        check(not (passing and changed), f"{name}: no pass that is not true", result["verdict"])
        check(not passing or result["safe_state"]["proven"] is True, f"{name}: no pass without a safe state", result["safe_state"])
        check(not passing or status == result["exit_status"], f"{name}: the exit status is that of the evidence", (status, result["exit_status"]))
        check(recording_readable("run", True), f"{name}: the recording can be read", words[-200:])
    if os.path.exists("run.incomplete"):
        check(status != 0, f"{name}: no success without evidence", status)
        check(truncated or recording_readable("run.incomplete", False), f"{name}: what there is of the recording can be read", words[-200:])
    check(status != 0 or os.path.exists("run/result.json"), f"{name}: success has evidence", words[-200:])
    # A signal that came before the program could catch it, when it had not begun anything.
    nothing = not os.path.exists("run") and not os.path.exists("run.incomplete")
    # 127: so little memory that the loader does not get the program in.
    check(status in (0, 1, 2, 3, 4, 5, -9) or (truncated and status == 127) or (nothing and status in (-1, -2)), f"{name}: an exit status of its own", f"{status}: {words[-300:]}")
    check(status != 2 or not os.path.exists("run"), f"{name}: what is wrongly configured leaves nothing whole", "")


def one(index):
    for folder in ("run", "run.incomplete"):
        shutil.rmtree(folder, ignore_errors=True)
    scenario, bench, spec = "smoke", HERE + "/../torture/bench.yaml", "smoke"
    arguments, before, after, changed, truncated = [], None, None, False, False
    happening = ("nothing", "device", "kill", "interrupt", "interrupt twice", "stall", "disk full", "memory full", "bad scenario", "bad bench",
                 "bad spec", "device and kill", "device and interrupt", "hang up")[index % 14]
    delay_s = rng.uniform(0, 0.35)
    if happening.startswith("device"):
        fault = rng.choice(DEVICE_FAULTS)
        arguments += ["--fault", fault]
        changed = True
    if happening.endswith("kill"):
        after = lambda run: run.kill()
    if happening.endswith("interrupt"):
        after = lambda run: run.send_signal(signal.SIGINT)
    if happening == "interrupt twice":
        after = lambda run: (run.send_signal(signal.SIGINT), time.sleep(rng.uniform(0, 0.02)), run.send_signal(signal.SIGTERM))
    if happening == "hang up":
        after = lambda run: run.send_signal(signal.SIGHUP)
    if happening == "stall":
        after = lambda run: (run.send_signal(signal.SIGSTOP), time.sleep(rng.uniform(0.05, 0.4)), run.send_signal(signal.SIGCONT))
    if happening == "disk full":
        before, truncated = limit(resource.RLIMIT_FSIZE, int(10 ** rng.uniform(2, 6))), True
    if happening == "memory full":
        before, truncated = limit(resource.RLIMIT_AS, int(10 ** rng.uniform(7.3, 8.6))), True
    if happening == "bad scenario":
        scenario = damaged(FIXTURES + "/../scenarios/smoke.lua", "scenario.lua")
    if happening == "bad bench":
        bench = damaged(bench, "bench.yaml")
    if happening == "bad spec":
        spec = damaged(FIXTURES + "/specs/smoke.yaml", "spec.yaml")
    command = [TMSRIG, "run", scenario, "-b", bench, "-s", spec, "-q", "-o", "run", "--seed", str(rng.randrange(1000)), *arguments]
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=before)
    if after:
        time.sleep(delay_s)
        after(run)
    try:
        words, _ = run.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        run.kill()
        words = "hangs " + run.communicate()[0]
        check(False, f"{happening} {index}: it ends", words[-200:])
    name = f"{happening} {index} {' '.join(arguments)}"
    look(name, run.returncode, words, changed, truncated)
    tally.setdefault(happening, {}).setdefault(run.returncode, 0)
    tally[happening][run.returncode] += 1


for index in range(COUNT):
    one(index)
for happening, statuses in tally.items():
    print(f"{happening:22} " + ", ".join(f"exit {status}: {count}" for status, count in sorted(statuses.items())))
print(f"chaos: {COUNT} runs, {failures} failures, seed {SEED}")
sys.exit(1 if failures else 0)
