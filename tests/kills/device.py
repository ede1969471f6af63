# SPDX-License-Identifier: GPL-3.0-or-later
"""The served bench of the tests that kill and disturb the rig."""
import re
import socket
import subprocess
import time

STIMULATORS = ["{driver: magventure, port: ./magventure}", "{driver: magstim, port: ./magstim, model: rapid2, software: 8}"]
SAFE = ("standby", "off", "fault")


class Device:
    """A simulator on free ports, its bench files ./served.yaml and ./client.yaml, and its device as the witness sees it. options: of `tmsrig sim`."""
    stall_s = 0  # how long the machine kept the device's serial line standing still
    discharges = 0  # of the device, until it was last looked at

    def __init__(self, tmsrig, fixtures, stimulator, *options):
        text = re.sub(r"port: \d+", "port: 0", open(f"{fixtures}/benches/served.yaml").read()).replace("tmsrig-", "./")
        open("served.yaml", "w").write(text)
        self.process = subprocess.Popen([tmsrig, "sim", "./served.yaml", *options], stdout=subprocess.PIPE, text=True)
        ports = dict(re.findall(r"(\w+) (\d+)", self.process.stdout.readline()))
        client = open(f"{fixtures}/benches/served-client.yaml").read()
        client = client.replace("30431", ports["iiod"]).replace("/5555", "/" + ports["beaglelogic"])
        open("client.yaml", "w").write(client[: client.index("\nstimulator:")] + "\nstimulator: " + stimulator + "\n")
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect("control")

    def state(self):
        self.control.sendall(b"look\n")
        words = self.control.recv(200).decode().split()
        self.stall_s, self.discharges = max(self.stall_s, float(words[5])), int(words[6])
        return words[1]

    def await_state(self, wanted, limit_s, step_s=0.001):
        """Monotonic time at which the device was seen in one of the states, None if it was not; and the longest time between two looks."""
        until, longest, last = time.monotonic() + limit_s, 0, time.monotonic()
        while True:
            state, now = self.state(), time.monotonic()
            longest, last = max(longest, now - last), now
            if state in wanted:
                return now, longest
            if now > until:
                return None, longest
            time.sleep(step_s)

    def end(self):
        self.control.close()
        self.process.terminate()
        self.process.wait()
