# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator, the bench file of its client, and a run of the real program against it: for the tests of this folder, whose first two arguments are
TMSRIG and FIXTURES. All in the current folder."""
import csv
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

TMSRIG, FIXTURES = sys.argv[1], sys.argv[2]
SAFE = ("standby", "off", "fault")
STALL_S = 0.03  # a simulator that the machine kept standing still for longer is no fair device


def cpu_s(pid):
    """CPU time of a process and its children that ended."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in range(11, 15)) / os.sysconf("SC_CLK_TCK")


LATE_S = 0.1  # a machine on which this program is so much too late now and then has no time for a rig


class Lateness(threading.Thread):
    """How late this program, which competes with the rig for the processor, is woken, at most."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most_s, self.going = 0, True
        self.start()

    def run(self):
        while self.going:
            began = time.monotonic()
            time.sleep(0.02)
            self.most_s = max(self.most_s, time.monotonic() - began - 0.02)


def be_first():
    """Nothing else is to be done on a laboratory's machine; where that is allowed, it is so for the rig."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        pass


def be_an_instrument():
    """What stands for hardware does not wait for a processor, where that is allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
    except PermissionError:
        pass


class Bench:
    """A simulator on free ports, and the bench file of its client."""
    stall_s = 0  # the longest that the machine kept its serial lines standing still

    def __init__(self, stimulator, arguments=(), rate_mhz=None, gaps="timestamp"):
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
        self.process = subprocess.Popen([TMSRIG, "sim", "./served.yaml", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=be_an_instrument)
        ready = self.process.stdout.readline()
        ports = dict(re.findall(r"(\w+) (\d+)", ready))
        client = open(f"{FIXTURES}/benches/served-client.yaml").read()
        client = client.replace("30431", ports["iiod"]).replace("/5555", "/" + ports["beaglelogic"])
        if rate_mhz:
            client = re.sub("sample_rate: 1 MHz", f"sample_rate: {rate_mhz} MHz", client)
            client = re.sub("    capacitor_voltage: .*\n", "", client)
        if gaps != "timestamp":
            client = client.replace("  gaps: timestamp\n  timestamp_channel: timestamp\n", f"  gaps: {gaps}\n")
        client = client[: client.index("\nstimulator:")] + "\nstimulator: " + stimulator + "\n"
        open("client.yaml", "w").write(client)

    def command(self, line):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect("control")
            control.sendall((line + "\n").encode())
            answer = control.recv(1200).decode()
        assert answer.startswith("ok"), answer
        return answer.split()[1:]

    def look(self):
        """State, enable, emergency stop and trigger of the device, as the simulator itself has them."""
        seen = self.command("look")
        self.stall_s = max(self.stall_s, float(seen[4]))
        return seen

    def await_states(self, wanted, limit_s):
        """Until the device is in one of the states."""
        until = time.monotonic() + limit_s
        while self.look()[0] not in wanted and time.monotonic() < until:
            time.sleep(0.01)

    def await_safe(self, limit_s):
        """The device as its simulator itself has it: seconds until it was seen in a safe state with its trigger low, None if it was not; and the last look."""
        began = time.monotonic()
        while True:
            seen = self.look()
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
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, preexec_fn=be_first)
        self.lateness = Lateness()

    def wait(self, limit_s=60):
        try:
            self.words = "".join(self.process.communicate(timeout=limit_s))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.words = "hangs: " + "".join(self.process.communicate())
        self.lateness.going = False
        self.late_s = self.lateness.most_s
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

    def starved(self):
        """The guardian found the rig without a sign of life: on a machine this busy."""
        for folder in (self.out, self.out + ".incomplete"):
            if os.path.exists(folder + "/guardian.log") and "no heartbeat" in open(folder + "/guardian.log").read():
                return True
        return False


def remote_spec():
    """The smoke spec without what needs a trigger line."""
    parts = re.split(r"(?m)^(?=  - id: )", open(f"{FIXTURES}/specs/smoke.yaml").read())
    kept = [part for part in parts if not re.match(r"  - id: (PULSE-UNTRIGGERED|TIM-LATENCY|TIM-IPI)\b", part)]
    assert len(kept) == len(parts) - 3
    open("remote.yaml", "w").write("".join(kept))
