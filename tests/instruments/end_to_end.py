# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions through the real drivers against `tmsrig sim`, and every fault of it in the midst of one.

usage: end_to_end.py TMSRIG FIXTURES scenarios|faults [SERVER]|kill [COUNT]|loss|sustained [SECONDS [MSA_PER_S]]
Works in the current folder. Ends with status 1 when a check failed.
"""
import csv
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import time

TMSRIG, FIXTURES = sys.argv[1], sys.argv[2]
NOTICE_S = 2.0  # how long a run may go on after a fault
CPU_LIMIT = 1.6  # s a second of signal, of rig and simulator together: two cores, and some air
SAFE = ("standby", "off", "fault")
DISCHARGE_S = 3.0  # and how long it may look, where samples still come, until the capacitor is empty
failures = 0


def check(good, text, detail=""):
    global failures
    if not good:
        failures += 1
        print(f"not ok: {text}: {detail}", flush=True)
    return good


def cpu_s(pid):
    """CPU time of a process and its children that ended."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in range(11, 15)) / os.sysconf("SC_CLK_TCK")


class Bench:
    """A simulator on free ports, and the bench file of its client."""

    def __init__(self, stimulator, arguments=(), rate_mhz=None):
        text = open(f"{FIXTURES}/benches/served.yaml").read()
        text = re.sub(r"port: \d+", "port: 0", text)
        text = text.replace("tmsrig-", "./")
        if rate_mhz:
            text = re.sub("sample_rate: 1 MHz", f"sample_rate: {rate_mhz} MHz", text)
            text = re.sub("    capacitor_voltage: .*\n", "", text)
        open("served.yaml", "w").write(text)
        for name in ("magstim", "magventure", "control"):
            if os.path.lexists(name):
                os.unlink(name)
        self.process = subprocess.Popen([TMSRIG, "sim", "./served.yaml", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        ports = dict(re.findall(r"(\w+) (\d+)", ready))
        client = open(f"{FIXTURES}/benches/served-client.yaml").read()
        client = client.replace("30431", ports["iiod"]).replace("/5555", "/" + ports["beaglelogic"])
        if rate_mhz:
            client = re.sub("sample_rate: 1 MHz", f"sample_rate: {rate_mhz} MHz", client)
            client = re.sub("    capacitor_voltage: .*\n", "", client)
        client = client[: client.index("\nstimulator:")] + "\nstimulator: " + stimulator + "\n"
        open("client.yaml", "w").write(client)

    def command(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect("control")
            control.sendall((line + "\n").encode())
            answer = control.recv(1200).decode()
        assert answer.startswith("ok"), answer
        return answer.split()[1:]

    def await_safe(self, limit_s):
        """The device as its simulator itself has it: seconds until it was seen in a safe state with its trigger low, None if it was not; and the last look."""
        began = time.monotonic()
        while True:
            seen = self.command("look")
            if seen[0] in SAFE and seen[3] != "1":
                return time.monotonic() - began, seen
            if time.monotonic() > began + limit_s:
                return None, seen
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def end(self):
        self.cpu_s = cpu_s(self.process.pid) if self.process.poll() is None else float("nan")
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()


MAGSTIM = "{driver: magstim, port: ./magstim, model: rapid2, software: 8}"
MAGVENTURE = "{driver: magventure, port: ./magventure}"


class Run:
    def __init__(self, scenario, out, bench="./client.yaml", spec="./remote.yaml"):
        subprocess.run(["rm", "-rf", out, out + ".incomplete", out + ".again"], check=True)
        self.out = out
        self.process = subprocess.Popen([TMSRIG, "run", scenario, "-b", bench, "-s", spec, "-q", "-o", out],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def wait(self, limit_s=60):
        try:
            self.words = "".join(self.process.communicate(timeout=limit_s))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.words = "hangs: " + "".join(self.process.communicate())
        return self.process.returncode

    def message(self):
        lines = [line for line in self.words.splitlines() if line.startswith("tmsrig: ") and "note" not in line]
        return lines[-1] if lines else self.words.strip()[-160:]

    def verdicts(self):
        with open(f"{self.out}/judgements.csv") as file:
            return {row["requirement"]: row["verdict"] for row in csv.DictReader(file)}

    def readable(self):
        """The report can be made again from what was kept."""
        return os.path.exists(f"{self.out}/result.json") and subprocess.run([TMSRIG, "report", self.out, "--out", self.out + ".again"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


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


def remote_spec():
    """The smoke spec without what needs a trigger line."""
    parts = re.split(r"(?m)^(?=  - id: )", open(f"{FIXTURES}/specs/smoke.yaml").read())
    kept = [part for part in parts if not re.match(r"  - id: (PULSE-UNTRIGGERED|TIM-LATENCY|TIM-IPI)\b", part)]
    assert len(kept) == len(parts) - 3
    open("remote.yaml", "w").write("".join(kept))


def safe(run, status, name, fails):
    if fails:
        check(status == 4, f"{name}: exit 4", f"{status}: {run.message()}")
    check(status != 1, f"{name}: no false nonconformity", run.message())
    if fails is not None:
        check((status == 0) == (not fails), f"{name}: no pass, unless nothing is wrong", f"{status}: {run.message()}")
    check("hangs" not in run.words, f"{name}: it ends", run.message())
    check(run.readable(), f"{name}: the evidence can be read", run.message())


def look(bench, fault, stimulator):
    """The device must be safe when the run has ended; a Magstim that can no longer be reached, after its own time-out."""
    out_of_reach = fault.split()[0] in ("magstim", "magventure") and fault.split()[1] in ("close", "mute", "slow")
    took_s, seen = bench.await_safe(1.5 if out_of_reach else 0.3)
    check(took_s is not None, f"{fault}: the device is safe at the end", seen)
    return f"{seen[0]}, {1e3 * took_s:.0f} ms" if took_s is not None else "NOT SAFE"


def hurt(fault, stimulator, fails, moment_s=2.2):
    """A run, and the fault in the midst of its pulses; prints how it ended."""
    bench = Bench(stimulator)
    run = Run("served-smoke", "run")
    time.sleep(moment_s)
    began = time.monotonic()
    if fault == "kill":
        bench.kill()
    else:
        bench.command(fault)
    status = run.wait()
    took_s = time.monotonic() - began
    ended_before = moment_s > 2.2 and status not in (4, 5) and not fault == "kill"
    seen = "gone"
    if bench.process.poll() is None and fault != "kill":
        seen = look(bench, fault, stimulator)
        bench.command("clear")
    bench.end()
    safe(run, status, fault, fails and not ended_before)
    if fails:
        server = fault.split()[0]
        instrument = {"iiod": "simadc", "beaglelogic": "logic analyser", "magstim": "magstim", "magventure": "magventure"}.get(server, "")
        limit_s = NOTICE_S + (DISCHARGE_S if server.startswith("mag") else 0)
        check(took_s <= limit_s, f"{fault}: ends within {limit_s} s", f"{took_s:.2f} s")
        check(instrument in run.message(), f"{fault}: the message names the instrument", run.message())
    print(f"{fault:26} {moment_s:5.2f} s {status:2} {took_s:6.2f} s  {seen:16} {run.message()[:130]}", flush=True)
    return took_s


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
            worst[fault] = max(worst.get(fault, 0), hurt(fault, stimulator, True, rng.uniform(0.8, 4.0)))
    for fault, took_s in worst.items():
        print(f"{fault}: ended {took_s:.2f} s after, at most")


worst = {}
remote_spec()
def loss():
    """A loss of samples is found, voids the counts that rest on it, and is no nonconformity of the device."""
    lists = {}
    # Pulses come every 1.2 s: a millisecond hardly ever hits one, 0.7 s often do.
    for name, samples in (("quiet", 1000), ("a long stretch", 700000)):
        bench = Bench(MAGVENTURE)
        run = Run("served-smoke", name)
        time.sleep(2.2)
        bench.command(f"iiod lose {samples}")
        status = run.wait()
        bench.end()
        lists[name] = run.verdicts() if os.path.exists(name + "/judgements.csv") else {}
        print(f"lost in {name}: exit {status}, " + ", ".join(f"{key} {value}" for key, value in lists[name].items()), flush=True)
        gaps = json.load(open(name + "/result.json"))["verdict"] if lists[name] else "none"
        check(lists[name].get("REC-GAPS") == "void", f"lost in {name}: it is found", run.message())
        check(gaps == "void" and status == 4, f"lost in {name}: void, exit 4", (gaps, status))
        check(run.readable(), f"lost in {name}: the evidence can be read", run.message())
    wrong = {key for verdicts in lists.values() for key, value in verdicts.items() if value == "fail"}
    check(not wrong, "lost samples are no nonconformity of the device", wrong)


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
        bench = Bench(MAGVENTURE, rate_mhz=rate)
        simulator_began_s = cpu_s(bench.process.pid)
        run = Run("./long.lua", f"long-{rate}")
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        status = run.wait(duration_s + 120)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        rig_s = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
        sent, losses = [int(word) for word in bench.command("sent")[:2]]
        simulator_s = cpu_s(bench.process.pid) - simulator_began_s
        bench.end()
        name = f"2 x {rate} MSa/s"
        if not check(os.path.exists(f"long-{rate}/result.json"), f"{name}: evidence", run.message()):
            continue
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


{"scenarios": scenarios, "faults": faults, "kill": kill, "loss": loss, "sustained": sustained}[sys.argv[3]]()
print(f"{sys.argv[3]}: {failures} failed")
sys.exit(1 if failures else 0)
