# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way that a command on a bench can begin, end and fail, with a device that somebody left armed: is it safe then, does the rig say so truly, and
with which exit status? The simulated device is looked at from outside. Prints a table.

usage: paths.py TMSRIG FIXTURES [brief]
brief: some of them.
Works in the current folder. Ends with status 1 when a check failed.
"""
import json
import os
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

TMSRIG, FIXTURES = sys.argv[1], sys.argv[2]
BRIEF = sys.argv[3:] == ["brief"]
os.environ["TMSRIG_STATE"] = os.path.abspath("paths-state")
SAFE = ("standby", "off", "fault")
ARMED = ("charging", "ready", "firing")
REACTION_S = 0.150  # from what happens while the operator is asked until the device is safe
STREAM_S = 5  # the rig waits 3 s for samples, and for a buffer of them
AGAIN = 8
failures = spoilt = 0
rows = []


class Spoilt(Exception):
    """The machine kept the rig from its heartbeat or its simulated instruments from answering: a bench fault, which is not what was to be tried."""


def trial(function):
    """Once more where the machine spoilt it, some times."""
    global spoilt
    for again in range(AGAIN):
        try:
            return function()
        except Spoilt:
            spoilt += 1
    check(False, "the machine spoilt every trial")
    return None


def look_for_spoilt(status, wanted, said, device):
    if status != wanted and wanted != 4 and (status == 4 or "without a trigger" in said):
        print(f"# spoilt: {said.strip().splitlines()[-1] if said.strip() else status}", flush=True)
        device.end()
        raise Spoilt()


def check(good, text, detail=""):
    global failures
    if not good:
        failures += 1
        print(f"not ok - {text}: {detail}", flush=True)
    return good


def frame(payload):
    """MagVenture's: FE, length, payload, CRC-8/MAXIM, FF."""
    crc = 0
    for byte in payload:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return bytes([0xFE, len(payload)]) + bytes(payload) + bytes([crc, 0xFF])


class Device:
    def __init__(self, armed=True, faults=""):
        text = re.sub(r"port: \d+", "port: 0", open(f"{FIXTURES}/benches/served.yaml").read()).replace("tmsrig-", "./p-")
        if faults:
            text = text.replace("  seed: 1\n", f"  seed: 1\n  faults: [{faults}]\n")
        open("served.yaml", "w").write(text)
        self.process = subprocess.Popen([TMSRIG, "sim", "./served.yaml"], stdout=subprocess.PIPE, text=True)
        ports = dict(re.findall(r"(\w+) (\d+)", self.process.stdout.readline()))
        client = open(f"{FIXTURES}/benches/served-client.yaml").read()
        client = client.replace("30431", ports["iiod"]).replace("/5555", "/" + ports["beaglelogic"]).replace("./tmsrig-", "./p-")
        client = client.replace("bench: served-client", "bench: paths-client")
        open("client.yaml", "w").write(client)
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect("p-control")
        if armed:
            line = os.open("p-magventure", os.O_RDWR | os.O_NOCTTY)
            os.write(line, frame([0x01, 40]))
            time.sleep(0.05)
            os.write(line, frame([0x02, 1]))
            self.await_state(ARMED, 5)
            os.close(line)

    def state(self):
        self.control.sendall(b"look\n")
        return self.control.recv(200).decode().split()[1]

    def await_state(self, wanted, limit_s):
        """Monotonic time at which it was seen there, None if it was not; and the longest time between two looks."""
        last, longest = time.monotonic(), 0
        until = last + limit_s
        while True:
            state, now = self.state(), time.monotonic()
            longest, last = max(longest, now - last), now
            if state in wanted:
                return now, longest
            if now > until:
                return None, longest
            time.sleep(0.002)

    def end(self):
        self.control.close()
        self.process.kill()
        self.process.wait()


def clear():
    for name in ("run", "run.incomplete", "run.failed", "record"):
        shutil.rmtree(name, ignore_errors=True)


def command(*arguments):
    return [TMSRIG, *arguments]


def firing(scenario="./quick.lua"):
    return command("run", scenario, "-b", "./client.yaml", "-s", "./quick.yaml", "-q", "-o", "run")


def proven():
    for folder in ("run", "run.incomplete"):
        if os.path.exists(folder + "/result.json"):
            return {True: "yes", False: "no", None: "nothing to see it by"}[json.load(open(folder + "/result.json"))["safe_state"]["proven"]]
    return "no result"


def row(path, status, wanted, safe, said, note=""):
    check(status == wanted, f"{path}: exit status {wanted}", f"{status}: {said[-600:]}")
    rows.append((path, safe, proven(), status, note))


def plain(*arguments, **options):
    return trial(lambda: plain_once(*arguments, **options))


def plain_once(path, wanted, arguments, prepare=None, armed=True, first=True, last=True, environment=None, limit=None):
    """A command that ends by itself. first: it makes safe before all else; last: the device is safe at the end."""
    clear()
    device = Device(armed)
    before = device.state()
    check(not armed or before in ARMED, f"{path}: the device is armed before", before)
    if prepare:
        prepare()
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **(environment or {})}, preexec_fn=limit)
    _, said = process.communicate(timeout=90)
    look_for_spoilt(process.returncode, wanted, said, device)
    after = device.state()
    check((after in SAFE) == last, f"{path}: the device is {'safe' if last else 'as it was'} at the end", f"{after}: {said[-600:]}")
    row(path, process.returncode, wanted, f"{'first and last' if first and last else 'last' if last else 'no instrument was opened'}", said)
    device.end()
    return said


class Asked:
    """A run that asks an operator at a terminal, with its device armed."""

    def __init__(self, faults="", typed_ahead=b"", scenario="./asks.lua"):
        clear()
        self.device = Device(False, faults)
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(firing(scenario), stdin=slave, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        os.close(slave)
        if typed_ahead:
            os.write(self.master, typed_ahead)
        self.said = b""
        os.set_blocking(self.process.stderr.fileno(), False)
        self.await_text(b"Enter: done", 30)

    def await_text(self, text, limit_s):
        until = time.monotonic() + limit_s
        while text not in self.said and time.monotonic() < until and self.process.poll() is None:
            self.said += self.process.stderr.read() or b""
            time.sleep(0.01)
        if self.process.poll() is not None:
            self.said += self.process.stderr.read() or b""
            look_for_spoilt(self.process.returncode, 0, self.said.decode(errors="replace"), self.device)
        return check(text in self.said, f"it says {text}", self.said[-400:])

    def end(self, path, wanted, note=""):
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.said += self.process.stderr.read() or b""
        look_for_spoilt(status, wanted, self.said.decode(errors="replace"), self.device)
        state = self.device.state() if self.device.process.poll() is None else "gone"
        check(state in SAFE + ("gone",), f"{path}: the device is safe at the end", f"{state}: {self.said[-600:]}")
        row(path, status, wanted, "first and last" if state != "gone" else "the device is gone", self.said.decode(errors="replace"), note)
        self.process.stderr.close()
        if self.master >= 0:
            os.close(self.master)
        self.device.end()


def guardian_of(pid):
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{number}/stat").read().rsplit(")", 1)
            if "guardian" in fields[0] and int(fields[1].split()[1]) == pid:
                return int(number)
        except OSError:
            pass
    return None


def kill_guardian(asked):
    guardian = guardian_of(asked.process.pid)
    if guardian is None:
        asked.process.wait(60)
        asked.device.end()
        raise Spoilt()
    os.kill(guardian, signal.SIGKILL)


def event_while_asked(path, wanted, act, faults="", limit_s=REACTION_S):
    """The device is armed and charged, the operator is asked, and something happens. Seconds until the device is safe; again when the machine stood."""
    global spoilt
    for again in range(AGAIN):
        asked = Asked(faults)
        began = time.monotonic()
        act(asked)
        safe, _ = asked.device.await_state(SAFE, 10)
        took_s = safe - began if safe else float("inf")
        if took_s <= limit_s or again == AGAIN - 1:
            break
        spoilt += 1
        asked.process.kill()
        asked.process.wait()
        os.close(asked.master)
        asked.device.end()
    check(took_s <= limit_s, f"{path}: safe within {limit_s} s in one of {AGAIN} trials", took_s)
    asked.end(path, wanted, f"safe {1e3 * took_s:.0f} ms after it")
    return took_s


def unreachable():
    """The logic analyser is where nobody listens: the bench fails to open."""
    text = open("client.yaml").read()
    open("client.yaml", "w").write(re.sub(r"(tcp-raw/[\d.]+)/\d+", r"\1/1", text))


def samples_cease(asked):
    asked.device.control.sendall(b"iiod stall\n")
    asked.device.control.recv(200)


QUICK = """-- SPDX-License-Identifier: GPL-3.0-or-later
scenario { id = "quick", title = "One pulse" }
intensity(40)
arm()
await("ready", seconds(5))
single { pulses = 1, interval = seconds(1) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
"""
SPEC = """spec: quick
title: Counted and complete
revision: 1
requirements:
  - {id: COUNT, revision: 1, text: Every pulse is delivered., source: {document: Example, clause: "1"}, hazard: HAZ-01, risk_control: RC-01,
     measurand: session.pulse_count, limit: {nominal: planned, tolerance: {absolute: 0}}, decision: {rule: simple}}
  - {id: EXTRA, revision: 1, text: No pulse more., source: {document: Example, clause: "2"}, hazard: HAZ-02, risk_control: RC-02,
     measurand: session.extra, limit: {maximum: 0}, decision: {rule: simple}}
"""
QUALIFICATION = """qualification: one
title: One case
cases:
  - {id: one, title: One, scenario: single-pulse, spec: smoke, expect: {verdict: pass}}
not_shown: [{what: x, by: y}]
"""
ASKS = QUICK.replace('single {', 'prompt("Hold the coil")\nsingle {').replace('"quick"', '"asks"')


def wrong_word():
    asked = Asked(typed_ahead=b"\n\n")
    time.sleep(0.5)
    check('"answer"' not in open("run.incomplete/events.jsonl").read(), "what was typed before is no answer", asked.said[-300:])
    os.write(asked.master, b"what\n")
    asked.await_text(b"that is no answer", 5)
    check('"answer"' not in open("run.incomplete/events.jsonl").read(), "another word is no answer", asked.said[-300:])
    os.write(asked.master, b"\n")
    asked.end("prompt: a wrong word, then Enter", 0)


def refusal():
    asked = Asked()
    os.write(asked.master, b"no\n")
    asked.end("prompt: no", 5)


def closed_terminal():
    asked = Asked()
    os.close(asked.master)
    asked.master = -1
    asked.end("prompt: the terminal is closed", 5)


def instruments_die():
    asked = Asked()
    asked.device.process.kill()
    began = time.monotonic()
    asked.process.wait(60)
    asked.end("prompt: all instruments die", 4, f"ended {time.monotonic() - began:.1f} s after it")


def own_pulse():
    asked = Asked("{spontaneous: {pulse: 0, after: 6 s}}", scenario="./later.lua")
    asked.process.wait(60)
    said = open("run/events.jsonl").read() if os.path.exists("run/events.jsonl") else ""
    events = [json.loads(line) for line in said.splitlines()]
    at = {e["event"]: e["recording_s"] for e in events if e["event"] in ("monitor", "safe_state") and e.get("recording_s")}
    asked.end("prompt: a pulse without a trigger", 1, f"safe {1e3 * (at['safe_state'] - at['monitor']):.0f} ms after it" if len(at) == 2 else "")
    check("untriggered" in said, "prompt: a pulse of its own is the monitor's", said[-900:])


def same_instruments():
    """Another bench file and another state folder, as another user has them."""
    clear()
    device = Device(False)
    first = subprocess.Popen(firing(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    device.await_state(ARMED, 20)
    open("client2.yaml", "w").write(open("client.yaml").read().replace("paths-client", "another"))
    second = subprocess.run(command("run", "./quick.lua", "-b", "./client2.yaml", "-s", "./quick.yaml", "-q", "-o", "second"), stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, env={**os.environ, "TMSRIG_STATE": os.path.abspath("another-state")})
    check(second.returncode == 4 and f"process {first.pid} of " in second.stderr and "since 2" in second.stderr,
          "another bench file and state folder with the same instruments is refused, and told who has them", f"{second.returncode} {second.stderr}")
    first.wait(60)
    if first.returncode == 4 and second.returncode != 4:
        device.end()
        raise Spoilt()
    print(f"# {second.stderr.strip()}")
    device.end()


def tell():
    width = max(len(r[0]) for r in rows)
    print(f"{'path':{width}}  safe                      proven                status")
    for path, safe, seen, status, note in rows:
        print(f"{path:{width}}  {safe:24}  {seen:20}  {status}  {note}")
    print(f"{'ok' if not failures else 'not ok'} - paths: {len(rows)} ways through run and bench test, {failures} failures, {spoilt} trials done again as the machine "
          "spoilt them")
    return 1 if failures else 0


def main():
    open("quick.lua", "w").write(QUICK)
    open("quick.yaml", "w").write(SPEC)
    open("later.lua", "w").write(QUICK.replace("disarm()", 'prompt("Hold the coil")\ndisarm()'))
    open("asks.lua", "w").write(ASKS)
    open("one.yaml", "w").write(QUALIFICATION)
    open("wrong.lua", "w").write(QUICK + 'error("at night")\n')
    open("refused.lua", "w").write(QUICK.replace("single {", 'emulate("door", "open")\nsingle {'))
    if not BRIEF:
        plain("run, all well", 0, firing())
        plain("bench test", 0, command("bench", "test", "./client.yaml"))
        plain("run: the scenario raises an error", 2, firing("./wrong.lua"), first=False, last=False)
        plain("run: an instrument cannot be reached, the bench does not open", 4, firing(), prepare=unreachable, first=False)
        plain("bench test: the same", 4, command("bench", "test", "./client.yaml"), prepare=unreachable, first=False)
        plain("qualify: virtual benches only", 0, command("qualify", "--file", "./one.yaml", "--out", "record"), first=False, last=False)
    plain("run: the bench lacks what the scenario drives", 2, firing("./refused.lua"))
    if not BRIEF:
        plain("run: nobody to ask", 5, firing("./asks.lua"))
        plain("run: there is evidence of that name", 2, firing(), prepare=lambda: os.mkdir("run"))
    plain("run: no room for a single byte of evidence", 4, firing(), limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    if not BRIEF:
        plain("run: the disk is full in the middle", 4, firing(), limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)))

    # What happens while the operator is asked.
    for one in (refusal,) if BRIEF else (wrong_word, refusal, closed_terminal):
        trial(one)
    asked_when = lambda *arguments, **options: trial(lambda: event_while_asked(*arguments, **options))
    asked_when("prompt: Ctrl-C", 5, lambda a: a.process.send_signal(signal.SIGINT))
    if BRIEF:
        return tell()
    asked_when("prompt: Ctrl-C twice", 5, lambda a: (a.process.send_signal(signal.SIGINT), time.sleep(0.02), a.process.send_signal(signal.SIGINT)))
    asked_when("prompt: the guardian is killed", 4, kill_guardian)
    asked_when("prompt: the rig is stopped, then goes on", 4,
               lambda a: (a.process.send_signal(signal.SIGSTOP), time.sleep(0.3), a.process.send_signal(signal.SIGCONT)), limit_s=0.5)
    asked_when("prompt: the samples cease", 4, samples_cease, limit_s=STREAM_S)
    trial(instruments_die)
    trial(own_pulse)
    trial(same_instruments)
    return tell()


sys.exit(main())
