# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions through the real drivers against `tmsrig sim`, and every fault of it in the midst of one.

usage: end_to_end.py TMSRIG FIXTURES scenarios|faults [SERVER]|kill [COUNT]|sustained [SECONDS [MSA_PER_S]]
Works in the current folder. Ends with status 1 when a check failed.
"""
import csv
import json
import os
import random
import re
import resource
import subprocess
import sys
import time

from served import MAGSTIM, MAGVENTURE, LATE_S, STALL_S, TMSRIG, FIXTURES, Bench, Run, cpu_s, remote_spec

NOTICE_S = 2.0  # how long a run may go on after a fault
DISCHARGE_S = 3.0  # and how long it may look, where samples still come, until the capacitor is empty
CPU_LIMIT = 1.6  # s a second of signal, of rig and simulator together: two cores, and some air
AGAIN = 5  # how often a trial that the machine spoilt is done again
failures = spoilt = 0
wrong = None  # of the trial under way; None: what is wrong counts at once


def check(good, text, detail=""):
    global failures
    if not good and wrong is not None:
        wrong.append(f"{text}: {detail}")
    elif not good:
        failures += 1
        print(f"not ok: {text}: {detail}", flush=True)
    return good


def fairly(trial):
    """Does a trial, and again when something was wrong on a machine that kept the simulator or the rig from running. trial() returns whether it did."""
    global wrong, spoilt, failures
    for again in range(AGAIN):
        wrong = []
        starved, value = trial()
        found, wrong = wrong, None
        if not found or not starved:
            break
        spoilt += 1
        print(f"# the machine spoilt this, again: {found[0][:120]}", flush=True)
    for text in found:
        failures += 1
        print(f"not ok: {text}", flush=True)
    return value


def no_trigger_line():
    """The virtual bench without lines: what the client's verdicts must be."""
    text = open(f"{FIXTURES}/benches/served.yaml").read()
    text = re.sub(r"^gpio:\n(  .*\n)*", "", text, flags=re.M)
    text = text[: text.index("serve:")]
    open("virtual.yaml", "w").write(text)
    return "./virtual.yaml"


def scenarios():
    virtual = Run("served-smoke", "of-virtual", no_trigger_line())
    virtual.wait()
    for name, stimulator in (("magstim", MAGSTIM), ("magventure", MAGVENTURE)):
        bench = Bench(stimulator)
        run = Run("served-smoke", "of-" + name)
        status = run.wait()
        bench.end()
        check(status == virtual.process.returncode, f"{name}: the status of the virtual bench", f"{status}: {run.words}")
        if not check(os.path.exists(f"of-{name}/judgements.csv"), f"{name}: evidence", run.words):
            continue
        check(run.verdicts() == virtual.verdicts(), f"{name}: the verdicts of the virtual bench", f"{run.verdicts()}, {virtual.verdicts()}")
        check(run.verdicts()["REC-GAPS"] == "pass" and run.verdicts()["AMP-ACC"] == "pass", f"{name}: no sample lost, amplitudes right", run.verdicts())
        print(f"{name}: {sum(v == 'pass' for v in run.verdicts().values())} of {len(run.verdicts())} pass, as on the virtual bench")


# fault, stimulator, whether the run must fail
FAULTS = [
    ("iiod stall", MAGSTIM, True), ("iiod mute", MAGSTIM, True), ("iiod close", MAGSTIM, True), ("iiod reset", MAGSTIM, True),
    ("iiod short", MAGSTIM, True), ("iiod error", MAGSTIM, True), ("iiod slow 5 s", MAGSTIM, True), ("iiod slow 20 ms", MAGSTIM, False),
    ("beaglelogic stall", MAGSTIM, True), ("beaglelogic mute", MAGSTIM, None), ("beaglelogic close", MAGSTIM, True),
    ("beaglelogic reset", MAGSTIM, True), ("beaglelogic lose 1000000", MAGSTIM, True), ("beaglelogic slow 5 s", MAGSTIM, None),
    ("magstim mute", MAGSTIM, True), ("magstim close", MAGSTIM, True), ("magstim short", MAGSTIM, True), ("magstim wrong_crc", MAGSTIM, True),
    ("magstim slow 5 s", MAGSTIM, True), ("magstim slow 20 ms", MAGSTIM, False),
    ("magventure mute", MAGVENTURE, True), ("magventure close", MAGVENTURE, True), ("magventure short times 4", MAGVENTURE, True),
    ("magventure wrong_crc times 4", MAGVENTURE, True), ("magventure slow 5 s", MAGVENTURE, True), ("magventure slow 20 ms", MAGVENTURE, False),
]


def safe(run, status, name, fails):
    if fails:
        check(status == 4, f"{name}: exit 4", f"{status}: {run.message()}")
    check(status != 1, f"{name}: no false nonconformity", run.message())
    if fails is not None:
        check((status == 0) == (not fails), f"{name}: no pass, unless nothing is wrong", f"{status}: {run.message()}")
    check("hangs" not in run.words, f"{name}: it ends", run.message())
    check(run.readable(), f"{name}: the evidence can be read", run.message())


def look(bench, fault, stimulator):
    """The device must be safe when the run has ended; one that can no longer be reached, after its own time-out or the delay of the fault."""
    out_of_reach = fault.split()[0] in ("magstim", "magventure") and fault.split()[1] in ("close", "mute", "slow")
    took_s, seen = bench.await_safe(6 if fault.endswith("slow 5 s") else 1.5 if out_of_reach else 0.3)
    check(took_s is not None, f"{fault}: the device is safe at the end", seen)
    return f"{seen[0]}, {1e3 * took_s:.0f} ms" if took_s is not None else "NOT SAFE"


def hurt(fault, stimulator, fails, moment_s=0.6):
    """A run, and the fault in the midst of its pulses; prints how it ended."""
    return fairly(lambda: hurt_once(fault, stimulator, fails, moment_s))


def hurt_once(fault, stimulator, fails, moment_s):
    bench = Bench(stimulator)
    run = Run("served-smoke", "run")
    bench.await_states(("charging", "ready", "firing"), 20)
    time.sleep(moment_s)
    run.lateness.most_s = 0
    began = time.monotonic()
    if fault == "kill":
        bench.kill()
    else:
        bench.command(fault)
    status = run.wait()
    took_s = time.monotonic() - began
    seen = "gone"
    if bench.process.poll() is None and fault != "kill":
        seen = look(bench, fault, stimulator)
        bench.command("clear")
    bench.end()
    safe(run, status, fault, fails)
    if fails:
        server = fault.split()[0]
        instrument = {"iiod": "simadc", "beaglelogic": "logic analyser", "magstim": "magstim", "magventure": "magventure"}.get(server, "")
        # Nobody can make a device safe that takes 5 s to obey; the guardian looks for 5 s whether it does, and the program waits for what it says.
        obeys_late = fault.endswith("slow 5 s") and server.startswith("mag")
        limit_s = NOTICE_S + (DISCHARGE_S if server.startswith("mag") else 0) + (6 if obeys_late else 0)
        check(took_s <= limit_s, f"{fault}: ends within {limit_s} s", f"{took_s:.2f} s")
        check(instrument in run.message(), f"{fault}: the message names the instrument", run.message())
    print(f"{fault:26} {moment_s:5.2f} s {status:2} {took_s:6.2f} s  {seen:16} {run.message()[:130]}", flush=True)
    return run.starved() or bench.stall_s > STALL_S or run.late_s > LATE_S, took_s


def faults():
    only = sys.argv[4:] and sys.argv[4]
    for fault, stimulator, fails in FAULTS:
        if not only or fault.startswith(only):
            hurt(fault, stimulator, fails)


def kill():
    """The simulator as a whole, and each of its servers by itself, gone at random moments of a session."""
    rng = random.Random(4)
    for index in range(int(sys.argv[4]) if len(sys.argv) > 4 else 20):
        for fault in ("kill", "iiod close", "beaglelogic reset", "magstim close", "magventure close"):
            stimulator = MAGSTIM if "magstim" in fault or (index % 2 == 0 and "magventure" not in fault) else MAGVENTURE
            worst[fault] = max(worst.get(fault, 0), hurt(fault, stimulator, True, rng.uniform(0, 3)))
    for fault, took_s in worst.items():
        print(f"{fault}: ended {took_s:.2f} s after, at most")


worst = {}
def stored(folder):
    """Samples of which the envelope is kept, and samples that are kept whole: by HDF5's own tool."""
    totals = []
    for name in ("/envelope/frames", "/windows/frames"):
        text = subprocess.run(["h5dump", "-y", "-d", name, folder + "/recording.h5"], capture_output=True, text=True, check=True).stdout
        totals.append(sum(int(number) for number in re.findall(r"\d+", text[text.index("DATA {") :])))
    return totals


def sustained():
    """Capture, analysis and storage at two rates: no sample may be lost."""
    duration_s = float(sys.argv[4]) if len(sys.argv) > 4 else 60
    open("long.lua", "w").write(
        'scenario { id = "long", title = "A long recording", verifies = {} }\nintensity(50)\narm()\nawait("ready", seconds(2))\n'
        f'single {{ pulses = {int(duration_s / 2) + 1}, interval = seconds(2) }}\ndisarm()\n')
    for rate in [int(text) for text in sys.argv[5:6]] or (1, 10):
        fairly(lambda: sustained_once(rate, duration_s))


def sustained_once(rate, duration_s):
    bench = Bench(MAGVENTURE, rate_mhz=rate)
    simulator_began_s = cpu_s(bench.process.pid)
    run = Run("./long.lua", f"long-{rate}")
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    status = run.wait(duration_s + 120)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    rig_s = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    sent, losses = [int(word) for word in bench.command("sent")[:2]]
    simulator_s = cpu_s(bench.process.pid) - simulator_began_s
    bench.look()
    bench.end()
    name = f"2 x {rate} MSa/s"
    if not check(os.path.exists(f"long-{rate}/result.json"), f"{name}: evidence", run.message()):
        return run.starved(), None
    result = json.load(open(f"long-{rate}/result.json"))
    total, gaps = result["recording"]["total_frames"], result["gaps"]
    missing = sum(gap["frames"] for gap in gaps)
    enveloped, whole = stored(f"long-{rate}")
    signal_s = total / (rate * 1e6)
    share = (rig_s + simulator_s) / signal_s
    check(status in (0, 3), f"{name}: it goes to its end", f"{status}: {run.message()}")
    check(losses == 0 and not gaps, f"{name}: no sample lost", (losses, gaps))
    check(signal_s >= duration_s, f"{name}: as long as it should be", signal_s)
    check(0 <= sent - (total - missing) <= 0.6 * rate * 1e6, f"{name}: what was sent was received, but for what was on its way at the end", (sent, total))
    check(enveloped + missing == total, f"{name}: what was received is stored", (enveloped, total))
    check(result["counts"]["matched"] == result["counts"]["expected"], f"{name}: every pulse found", result["counts"])
    check(share <= CPU_LIMIT, f"{name}: the CPU's share", share)
    print(f"{name}: {signal_s:.2f} s of signal, exit {status}, {result['counts']['matched']} of {result['counts']['expected']} pulses\n"
          f"  samples a channel: expected {int(duration_s * rate * 1e6)} at least, sent {sent}, received {total - missing}, "
          f"stored {enveloped} ({whole} of them whole), lost {missing}\n"
          f"  CPU, s a second of signal: rig {rig_s / signal_s:.3f}, simulator {simulator_s / signal_s:.3f}, "
          f"together {share:.3f}, of the limit of {CPU_LIMIT} {100 * share / CPU_LIMIT:.0f} %", flush=True)
    return run.starved() or bench.stall_s > STALL_S or run.late_s > LATE_S, None


remote_spec()
{"scenarios": scenarios, "faults": faults, "kill": kill, "sustained": sustained}[sys.argv[3]]()
print(f"{sys.argv[3]}: {failures} failed, {spoilt} trials done again as the machine spoilt them")
sys.exit(1 if failures else 0)
