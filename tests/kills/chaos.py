# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in which anything may happen: the device is wrong, the input is damaged, the disk or the memory is full, the wall clock is stepped, an
instrument falls silent, the program is stopped, killed, interrupted. On the virtual bench and, in real time, on the served one. Whatever it was: no
pass that is not true, nothing that looks whole and is not, nothing left armed.

usage: chaos.py TMSRIG FIXTURES CLOCK_STEP COUNT [SEED]       (CLOCK_STEP: clock_step.c, built)
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

from device import SAFE, STIMULATORS, Device

TMSRIG, FIXTURES, CLOCK_STEP = (os.path.abspath(path) for path in sys.argv[1:4])
COUNT, SEED = int(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else 1
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


def clock_steps(within_s):
    """The environment of a program whose wall clock is stepped by an hour, forwards or backwards, one to three times within so many seconds."""
    steps = (f"{rng.choice((-3600, 3600))}@{time.monotonic() + rng.uniform(0, within_s):.3f}" for _ in range(rng.randint(1, 3)))
    return dict(os.environ, LD_PRELOAD=CLOCK_STEP, CLOCK_STEPS=" ".join(steps))


def numbers(folder):
    return [open(f"{folder}/{table}.csv").read() for table in ("pulses", "measurements", "judgements")]


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
        verified = tool(TMSRIG, "verify", "run")
        check(verified.returncode == 0, f"{name}: the evidence verifies, judged once more", verified.stdout[-400:] + verified.stderr[-200:])
    if os.path.exists("run.incomplete"):
        check(status != 0, f"{name}: no success without evidence", status)
        check(truncated or recording_readable("run.incomplete", False), f"{name}: what there is of the recording can be read", words[-200:])
    check(status != 0 or os.path.exists("run/result.json"), f"{name}: success has evidence", words[-200:])
    # A signal that came before the program could catch it, when it had not begun anything.
    nothing = not os.path.exists("run") and not os.path.exists("run.incomplete")
    # 127: so little memory that the loader does not get the program in.
    own = status in (0, 1, 2, 3, 4, 5, -9) or (truncated and status == 127) or (nothing and status in (-1, -2, -15))
    check(own, f"{name}: an exit status of its own", f"{status}: {words[-300:]}")
    check(status != 2 or not os.path.exists("run"), f"{name}: what is wrongly configured leaves nothing whole", "")


def finish(run, name):
    """Its words; one that hangs is killed."""
    try:
        return run.communicate(timeout=120)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        words = "hangs " + run.communicate()[0]
        check(False, f"{name}: it ends", words[-200:])
        return words


def start(command, before=None, environment=None):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                            preexec_fn=before, env=environment)


def stall(run, longest_s):
    run.send_signal(signal.SIGSTOP)
    time.sleep(rng.uniform(0.05, longest_s))
    run.send_signal(signal.SIGCONT)


def on_virtual_bench(happening, index):
    scenario, bench, spec = "smoke", HERE + "/../torture/bench.yaml", "smoke"
    arguments, before, after, changed, truncated = [], None, None, False, False
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
    if happening.endswith("stall"):
        after = lambda run: stall(run, 0.4)
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
    stepped = happening.startswith("clock step")
    command = [TMSRIG, "run", scenario, "-b", bench, "-s", spec, "-q", "--seed", str(rng.randrange(1000)), *arguments]
    run = start(command + ["-o", "run"], before, clock_steps(0.5) if stepped else None)
    if after:
        time.sleep(delay_s)
        after(run)
    name = f"{happening} {index} {' '.join(arguments)}"
    words = finish(run, name)
    look(name, run.returncode, words, changed, truncated)
    if happening in ("clock step", "clock step and stall"):
        tool(*command, "-o", "calm")
        same = run.returncode == 0 and os.path.exists("calm") and os.path.exists("run") and numbers("run") == numbers("calm")
        check(same, f"{name}: it passes, with the numbers of a run whose clock was left alone", f"{run.returncode}: {words[-300:]}")
    return run.returncode


def on_served_bench(happening, index):
    stimulator, options, environment = rng.choice(STIMULATORS), [], None
    if happening == "served, instrument stalls":
        options = ["--fault", f"{rng.choice(('iiod', 'beaglelogic'))} stall after {rng.uniform(0, 5):.2f} s for {rng.uniform(0.05, 4):.2f} s"]
    device = Device(TMSRIG, FIXTURES, stimulator, *options)
    if happening == "served, clock step":
        environment = clock_steps(7)
    spec = HERE + "/../torture/remote-spec.yaml"
    run = start([TMSRIG, "run", "served-smoke", "-b", "./client.yaml", "-s", spec, "-q", "-o", "run"], None, environment)
    stalled_s = 0
    if happening == "served, rig stalls":
        device.await_state(("charging", "ready", "firing"), 4)
        time.sleep(rng.uniform(0, 3))
        armed, stalled_s = device.state() not in SAFE, rng.uniform(0.2, 0.8)
        run.send_signal(signal.SIGSTOP)
        time.sleep(stalled_s)
        # Twice the silence that is allowed, after which a guardian that the machine lets run has disarmed the device.
        check(not armed or device.state() in SAFE, f"{happening} {index}: a rig that stands still for {stalled_s:.2f} s is made safe", device.state())
        run.send_signal(signal.SIGCONT)
    name = f"{happening} {index} {' '.join(options)}"
    words = finish(run, name)
    look(name, run.returncode, words, stalled_s > 0 and armed, False)
    safe_s, _ = device.await_state(SAFE, 3)
    check(safe_s is not None, f"{name}: the device is left safe", device.state())
    check(run.returncode != 0 or device.discharges == 4, f"{name}: a pass has the pulses that the device counts", device.discharges)
    if happening == "served, clock step":
        # A machine that kept the device's serial line standing still made its pulses late: a fault, and not the clock's.
        check(run.returncode in (0, 4) or device.stall_s > 0.1, f"{name}: a stepped clock is no fault of the device", words[-300:])
    device.end()
    return run.returncode


VIRTUAL = ("nothing", "device", "kill", "interrupt", "interrupt twice", "stall", "disk full", "memory full", "bad scenario", "bad bench", "bad spec",
           "device and kill", "device and interrupt", "hang up", "clock step", "clock step and kill", "clock step and stall")
SERVED = ("served, instrument stalls", "served, rig stalls", "served, clock step")
for index in range(COUNT):
    for folder in ("run", "run.incomplete", "calm"):
        shutil.rmtree(folder, ignore_errors=True)
    happening = (VIRTUAL + SERVED)[index % len(VIRTUAL + SERVED)]
    status = (on_served_bench if happening in SERVED else on_virtual_bench)(happening, index)
    tally.setdefault(happening, {}).setdefault(status, 0)
    tally[happening][status] += 1
for happening, statuses in tally.items():
    print(f"{happening:26} " + ", ".join(f"exit {status}: {count}" for status, count in sorted(statuses.items())))
print(f"chaos: {COUNT} runs, {failures} failures, seed {SEED}")
sys.exit(1 if failures else 0)
