# SPDX-License-Identifier: GPL-3.0-or-later
"""`tmsrig run` dies at random moments of several scenarios. Outside of it, the simulated device says when it was safe, HDF5's own tools whether the
recording can be read, the kernel whether the bench's lock is free.

usage: kills.py TMSRIG FIXTURES COUNT [SEED [lab]]
lab: in the lab's kernel, with the lines of a bench on gpio-sim, whose pins are looked at; ./served.yaml and ./client.yaml are there. There memory is
really used up, and the kernel's own killer takes the rig; elsewhere the rig gets no more memory and is killed.
Works in the current folder. Ends with status 1 when a check failed.
"""
import ctypes
import fcntl
import glob
import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time

from device import SAFE, STIMULATORS, Device

TMSRIG, FIXTURES, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
LAB = sys.argv[5:] == ["lab"]
SCENARIOS = [["served-smoke", "-s", "smoke"], ["interlocks/il09-disarm", "-s", "interlocks"], ["protocols/rt1-600", "-s", "smoke"]]
if LAB:
    SCENARIOS = [["smoke", "-s", "smoke"], ["interlocks/il04-emergency-stop", "-s", "interlocks", "--set", "shorts=0", "--set", "channels=1"],
                 ["protocols/itbs-600", "-s", "smoke"], ["paired/sici", "-s", "smoke"]]
ALLOWED_S = 0.150
AGAIN = 8  # how often a trial that the machine spoilt is done again
os.environ["TMSRIG_STATE"] = os.path.abspath("state")
failures = 0
rng = random.Random(SEED)


def check(good, text, detail=""):
    global failures
    if not good:
        failures += 1
        print(f"not ok - {text}: {detail}", flush=True)
    return good


class Lab:
    """A simulator behind the kernel's simulated lines, and the pins."""

    def __init__(self):
        self.process = subprocess.Popen([TMSRIG, "sim", "./served.yaml"], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        spare_from_memory_killer(self.process.pid)
        self.pins = glob.glob("/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio0/value")[0].replace("sim_gpio0", "sim_gpio%d")

    def pin(self, offset):
        return open(self.pins % offset).read().strip()

    def state(self):
        """Trigger low, enable low, emergency stop high."""
        return "off" if (self.pin(1), self.pin(2)) == ("0", "1") and (self.pin(0) == "0" or self.stopped) else "ready"

    stopped, stall_s = False, 0

    def await_state(self, *arguments):
        return Device.await_state(self, *arguments)

    def end(self):
        self.process.terminate()
        self.process.wait()


def lock_free():
    path = "state/served-client/lock"
    if not os.path.exists(path):
        return True
    with open(path, "r+") as file:
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            return True
        except BlockingIOError:
            return False


def readable(folder):
    """What HDF5's own tools find in the recording; the mark of its dead writer is taken away first, as its documentation says."""
    path = folder + "/recording.h5"
    if not os.path.exists(path) or os.path.getsize(path) < 8192:
        # Not flushed for the first time.
        return None
    subprocess.run(["cp", path, "copy.h5"], check=True)
    cleared = subprocess.run(["h5clear", "-s", "copy.h5"], capture_output=True, text=True)
    listed = subprocess.run(["h5ls", "-r", "copy.h5"], capture_output=True, text=True)
    dumped = subprocess.run(["h5dump", "-o", "/dev/null", "copy.h5"], capture_output=True, text=True)
    good = listed.returncode == 0 and dumped.returncode == 0 and "Dataset" in listed.stdout and "error" not in dumped.stderr.lower()
    return "" if good else (cleared.stderr + listed.stderr + dumped.stderr)[:300] or "empty"


def out_of_memory(pid):
    """What it has now is all it gets."""
    pages = int(open(f"/proc/{pid}/statm").read().split()[0])
    resource.prlimit(pid, resource.RLIMIT_AS, (pages * 4096, pages * 4096))


# In large pieces, each filled by one call of the kernel: else the programs that run meanwhile lose their pages and read them again, without end.
EATER = """
import ctypes, mmap, sys
ctypes.CDLL(None).mlockall(1)
open("/proc/self/oom_score_adj", "w").write("500")
held = []
while "Z" not in open(f"/proc/{sys.argv[1]}/stat").read().rpartition(")")[2]:
    held.append(mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000))  # MAP_POPULATE
"""


def stay_in_memory():
    """All pages, now and later. A program whose pages are taken and read again without end keeps the kernel from seeing that there is no memory."""
    ctypes.CDLL(None).mlockall(3)


def spare_from_memory_killer(pid):
    open(f"/proc/{pid}/oom_score_adj", "w").write("-1000")


def use_up_memory(pid):
    """Until the kernel takes the rig, which it is told to take first. The monotonic time at which it was last seen alive."""
    open(f"/proc/{pid}/oom_score_adj", "w").write("1000")
    eater = subprocess.Popen([sys.executable, "-c", EATER, str(pid)], stderr=subprocess.DEVNULL)
    last, until = time.monotonic(), time.monotonic() + 60
    while "Z" not in open(f"/proc/{pid}/stat").read().rpartition(")")[2] and time.monotonic() < until:
        last = time.monotonic()
        time.sleep(0.001)
    eater.kill()
    eater.wait()
    told = subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace").stdout
    check(f"Out of memory: Killed process {pid} (" in told, "the kernel says that it took the rig for want of memory", told[-300:])
    return last


def by_signal(number):
    def die(pid):
        began = time.monotonic()
        os.kill(pid, number)
        return began
    return die


def by_limit(pid):
    out_of_memory(pid)
    return by_signal(signal.SIGKILL)(pid)


# Each brings death, and says when it came, or when the rig was last seen alive.
WAYS = {
    "SIGKILL": by_signal(signal.SIGKILL),
    "SIGSTOP": by_signal(signal.SIGSTOP),
    "SIGSEGV": by_signal(signal.SIGSEGV),
    "out of memory" if LAB else "no more memory, SIGKILL": use_up_memory if LAB else by_limit,
}


def trial(way, scenario, stimulator, moment_s):
    """Seconds from the death until the device was safe; None: the machine spoilt it."""
    subprocess.run(["rm", "-rf", "run", "run.incomplete"], check=True)
    device = Lab() if LAB else Device(TMSRIG, FIXTURES, stimulator)
    run = subprocess.Popen([TMSRIG, "run", *scenario, "-b", "./client.yaml", "-q", "-o", "run"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    device.await_state(("charging", "ready", "firing"), 20 if LAB else 4, 0.01)
    time.sleep(moment_s)
    if device.state() in SAFE:
        # Disarmed by its scenario at this moment: the next one at which it is armed.
        device.await_state(("charging", "ready", "firing"), 4)
        time.sleep(moment_s / 10)
    armed = device.state() not in SAFE
    if not armed:
        # The session was over, or had not come so far, on a machine this busy.
        run.kill()
        run.wait()
        run.stderr.close()
        device.end()
        return None
    # A trigger that a stopped rig holds is its own, and the guardian says so; what counts then is enable and emergency stop.
    device.stopped = way == "SIGSTOP"
    device.stall_s = 0
    began = WAYS[way](run.pid)
    safe_s, longest_s = device.await_state(SAFE, 3)
    longest_s = max(longest_s, device.stall_s)
    took_s = (safe_s - began) if safe_s else float("inf")
    time.sleep(0.1)
    check(device.state() in SAFE, f"{way} in {scenario[0]} after {moment_s:.2f} s: it stays safe", device.state())
    log = lambda: open("run.incomplete/guardian.log").read() if os.path.exists("run.incomplete/guardian.log") else ""
    until = time.monotonic() + 8
    while "VERIFIED" not in log().upper() and time.monotonic() < until:
        time.sleep(0.02)
    if run.poll() is None:
        run.kill()
    run.wait()
    run.stderr.close()
    check("safe state verified" in log(), f"{way} in {scenario[0]} after {moment_s:.2f} s: the guardian verified it", log()[-300:])
    check("at or below 60 V" in log(), f"{way} in {scenario[0]} after {moment_s:.2f} s: the discharge is recorded", log()[-300:])
    check(not os.path.exists("run/result.json"), f"{way}: there is no result", "")
    unreadable = readable("run.incomplete")
    check(not unreadable, f"{way} in {scenario[0]} after {moment_s:.2f} s: the recording can be read", unreadable)
    check(lock_free(), f"{way} in {scenario[0]} after {moment_s:.2f} s: the lock is free", "")
    trial.log = log()
    device.end()
    if took_s > ALLOWED_S and longest_s > 0.03:
        return None
    return took_s


def stops():
    """A second program is refused and told who is there; one Ctrl-C ends in good order, two at once. The device is safe either way."""
    for presses in (1, 2):
        subprocess.run(["rm", "-rf", "run", "run.incomplete"], check=True)
        device = Device(TMSRIG, FIXTURES, STIMULATORS[0])
        command = [TMSRIG, "run", *SCENARIOS[0], "-b", "./client.yaml", "-q", "-o"]
        run = subprocess.Popen(command + ["run"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        device.await_state(("charging", "ready", "firing"), 10)
        second = subprocess.run(command + ["second"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        check(second.returncode == 4 and f"process {run.pid}, since 2" in second.stderr and "in use" in second.stderr, "a second run is refused",
              f"{second.returncode}: {second.stderr}")
        check(not os.path.exists("second") and not os.path.exists("second.incomplete"), "and leaves nothing", "")
        for press in range(presses):
            run.send_signal(signal.SIGINT)
            time.sleep(0.1)
        began = time.monotonic()
        _, said = run.communicate(timeout=60)
        took_s = time.monotonic() - began
        check(run.returncode == 5, f"{presses} presses: exit status 5", f"{run.returncode}: {said}")
        check("stopping: safe state" in said, f"{presses} presses: it says what it does", said)
        check(device.state() in SAFE, f"{presses} presses: the device is safe", device.state())
        if presses == 1:
            result = json.load(open("run/result.json"))
            check(result["safe_state"]["proven"] is True and result["exit_status"] == 5 and result["verdict"] != "pass", "one press: the evidence",
                  (result["safe_state"], result["exit_status"], result["verdict"]))
        else:
            check("stopped at once, the safe state was commanded" in said, "two presses: at once", said)
            check(os.path.exists("run.incomplete") and not os.path.exists("run"), "two presses: the evidence stays incomplete", os.listdir("."))
            print(f"two presses: ended {took_s:.2f} s after the second")
        device.end()
        check(lock_free(), f"{presses} presses: the lock is free", "")


if not LAB:
    stops()
if LAB:
    stay_in_memory()
    spare_from_memory_killer(os.getpid())
seen = {way: [] for way in WAYS}
tried = {scenario[0]: 0 for scenario in SCENARIOS}
again_by_way = {way: 0 for way in WAYS}
for index in range(COUNT):
    way = list(WAYS)[index % len(WAYS)]
    scenario = SCENARIOS[index // len(WAYS) % len(SCENARIOS)]
    stimulator, moment_s = STIMULATORS[index // len(WAYS) % len(STIMULATORS)], rng.uniform(0, 2.5)
    for again in range(AGAIN):
        took_s = trial(way, scenario, stimulator, moment_s / (1 + again))
        if took_s is not None:
            break
        again_by_way[way] += 1
    if took_s is None:
        check(False, f"{way} in {scenario[0]}: the machine spoilt every trial")
        continue
    seen[way].append(took_s)
    tried[scenario[0]] += 1
    print(f"# {index + 1}: {way} in {scenario[0]} after {moment_s:.2f} s, safe {1e3 * took_s:.1f} ms later", flush=True)
    check(took_s <= ALLOWED_S, f"{way} in {scenario[0]} after {moment_s:.2f} s: safe within 150 ms", f"{1e3 * took_s:.1f} ms\n{trial.log}")
for way, times in seen.items():
    print(f"# {way:24} {len(times):4} trials, safe at most {1e3 * max(times, default=float('nan')):.1f} ms after; {again_by_way[way]} done again")
print("# " + ", ".join(f"{name}: {count}" for name, count in tried.items()))
print(f"{'ok' if not failures else 'not ok'} - kills: {COUNT} deaths of an armed rig, {failures} failures, "
      f"{sum(again_by_way.values())} trials done again as the machine spoilt them, seed {SEED}")
sys.exit(1 if failures else 0)
