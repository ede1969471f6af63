#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clients of the simulated instruments, on nothing but Python's standard library: what no tool of libiio or sigrok can be made to do.
usage: check.py TEST ARGUMENT...; prints what it saw; exit status 1 when that is wrong."""
import os
import select
import socket
import struct
import sys
import termios
import time
import tty


def check(good, text):
    if not good:
        sys.exit(f"not ok: {text}")


def times_of(path):
    """Time stamps (ns) of a recording of three s16 channels and a timestamp."""
    data = open(path, "rb").read()
    return [stamp for _, _, _, stamp in struct.iter_unpack("<hhhxxq", data)]


def gaps(path, step_ns, count, *expected):
    """gaps FILE STEP COUNT [SAMPLES...]: the time stamps advance by STEP, but for gaps of so many samples each."""
    stamps = times_of(path)
    step = int(step_ns)
    check(len(stamps) == int(count), f"{len(stamps)} samples, not {count}")
    found = [(b - a) / step - 1 for a, b in zip(stamps, stamps[1:]) if b - a != step]
    check(found == [float(gap) for gap in expected], f"gaps of {found} samples, not {list(expected)}")
    print(f"{len(stamps)} samples, gaps: {found}")


class Iiod:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
        self.file = self.socket.makefile("rb")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return int(self.file.readline())

    def read(self, size):
        """The samples of one READBUF, which may be short."""
        self.socket.sendall(b"READBUF iio:device0 %d\r\n" % size)
        data, first = b"", True
        while len(data) < size:
            count = int(self.file.readline())
            if count <= 0:
                return data, count
            check(count <= size - len(data), "a chunk is longer than what is left")
            if first:
                self.file.readline()
            first = False
            data += self.file.read(count)
        return data, None


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def __call__(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.file.readline().decode().strip()


def control(path, *lines):
    """control SOCKET LINE...: every line is accepted."""
    give = Control(path)
    for line in lines:
        reply = give(line)
        check(reply == "ok", f"{line}: {reply}")


def refuse(port):
    """refuse PORT: the second buffer, and what is no command, are refused, and the connection goes on."""
    one, two = Iiod(port), Iiod(port)
    check(one.ask("OPEN iio:device0 1000 00000003") == 0, "OPEN")
    for line, status in (
        ("OPEN iio:device0 1000 00000003", -16),
        ("READBUF iio:device0 4000", -9),
        ("CLOSE iio:device0", -9),
        ("OPEN iio:device0 1000 00000000", -22),
        ("OPEN iio:device0 1000 00000010", -22),
        ("READ iio:device7 sampling_frequency", -19),
        ("READ iio:device0 INPUT voltage9 raw", -6),
        ("READ iio:device0 colour", -2),
        ("ZPRINT", -22),
        ("x" * 5000, -22),
        ("TIMEOUT 2500", 0),
    ):
        got = two.ask(line)
        check(got == status, f"{line[:40]}: {got}, not {status}")
    check(one.ask("CLOSE iio:device0") == 0, "CLOSE")
    check(two.ask("OPEN iio:device0 1000 00000001") == 0, "the buffer is free again")
    two.socket.close()
    two.file.close()
    for _ in range(50):
        status = one.ask("OPEN iio:device0 1000 0000000f")
        if status == 0:
            break
        time.sleep(0.02)
    check(status == 0, "the buffer of a client that is gone is free")
    data, _ = one.read(16 * 100)
    check(len(data) == 1600, "100 frames of 16 bytes")


def faults(port, path):
    """faults PORT SOCKET: every fault of the IIOD server is seen by a client."""
    give = Control(path)
    client = Iiod(port)
    check(client.ask("OPEN iio:device0 10000 00000003") == 0, "OPEN")
    check(give("iiod short") == "ok", "short")
    data, end = client.read(40000)
    check(len(data) == 20000 and end == 0, f"short: {len(data)} bytes, {end}")
    check(give("iiod error") == "ok", "error")
    check(client.read(40000) == (b"", -5), "error")
    check(len(client.read(40000)[0]) == 40000, "whole again")
    give("iiod stall for 700 ms")
    begin = time.monotonic()
    check(len(client.read(40000)[0]) == 40000, "after a stall")
    stalled = time.monotonic() - begin
    check(0.6 < stalled < 2, f"stalled for {stalled:.2f} s")
    give("iiod slow 300 ms for 1 s")
    begin = time.monotonic()
    client.ask("TIMEOUT 1000")
    slow = time.monotonic() - begin
    check(0.28 < slow < 1, f"slow: {slow:.2f} s")
    give("iiod clear")
    give("iiod mute")
    client.socket.settimeout(0.3)
    try:
        client.ask("TIMEOUT 1000")
        check(False, "mute, but it answered")
    except (socket.timeout, OSError):
        pass
    give("iiod clear")
    for fault, gone in (("close", b""), ("reset", None)):
        client = Iiod(port)
        check(client.ask("TIMEOUT 1000") == 0, "a new connection")
        give(f"iiod {fault}")
        try:
            seen = client.socket.recv(1)
        except ConnectionResetError:
            seen = None
        check(seen == gone, f"{fault}: {seen}")
    check(give("iiod frobnicate").startswith("error: iiod has no fault 'frobnicate'"), "a wrong line is told")


def slow_client(port):
    """slow_client PORT: who is three seconds late has a gap in the time stamps, and the overflow bit of the core is set until cleared."""
    client = Iiod(port)
    client.socket.sendall(b"WRITE iio:device0 DEBUG direct_reg_access 14\r\n0x80000088 0x4")
    check(int(client.file.readline()) == 14, "clearing the register")
    check(client.ask("OPEN iio:device0 10000 0000000f") == 0, "OPEN")
    stamps = [s for _, _, _, s in struct.iter_unpack("<hhhxxq", client.read(16000)[0])]
    time.sleep(3)
    stamps += [s for _, _, _, s in struct.iter_unpack("<hhhxxq", client.read(16000)[0])]
    found = [(b - a) // 1000 - 1 for a, b in zip(stamps, stamps[1:]) if b - a != 1000]
    check(len(found) == 1 and found[0] > 500000, f"gaps of {found} samples")
    client.socket.sendall(b"WRITE iio:device0 DEBUG direct_reg_access 10\r\n2147483784")
    check(int(client.file.readline()) == 10, "choosing the register")
    client.socket.sendall(b"READ iio:device0 DEBUG direct_reg_access\r\n")
    client.file.readline()
    value = client.file.readline().strip()
    check(value == b"0x4", f"register {value}")
    print(f"late by 3 s: a gap of {found[0]} samples")


class Serial:
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        termios.tcflush(self.fd, termios.TCIOFLUSH)

    def raw(self, data, timeout=0.3):
        os.write(self.fd, data)
        reply = b""
        while select.select([self.fd], [], [], timeout)[0]:
            part = os.read(self.fd, 256)
            if not part:
                break
            reply += part
            timeout = 0.05
        return reply


class Magstim(Serial):
    @staticmethod
    def crc(data):
        return bytes([~sum(data) & 0xFF])

    def ask(self, text):
        data = text.encode("latin-1")
        reply = self.raw(data + self.crc(data))
        check(reply and reply[-1:] == self.crc(reply[:-1]), f"{text}: reply {reply} has a wrong check sum")
        return reply


def magstim(path):
    """magstim LINK: a session by the public protocol, which fires once."""
    line = Magstim(path)
    check(line.raw(b"\r") == b"?", "an unknown byte")
    check(line.ask("EB")[1:2] == b"S", "no arming without remote control")
    check(line.ask("Q@") == b"Q\x89" + line.crc(b"Q\x89"), "remote")
    check(line.ask("@050")[1] & 0x80, "power")
    check(line.ask("@200")[1:2] == b"?", "power of 200 %")
    check(line.ask("EB")[0:1] == b"E", "arm")
    for _ in range(40):
        status = line.ask("J@")
        if status[1] & 4:
            break
        time.sleep(0.1)
    check(status[1] & 0x86 == 0x86, f"armed and ready: {status}")
    check(status[2:11] == b"050000000", f"parameters {status}")
    check(line.ask("EH")[1:2] != b"S", "fire")
    check(line.ask("EA")[1] & 1, "disarmed")
    check(line.ask("R@")[1] & 0x80 == 0, "local")
    print("a Magstim session, one shot")


def magstim_faults(path, socket_path):
    """magstim_faults LINK SOCKET: wrong check sum, short, slow, mute, hang-up and return; silence disarms."""
    give = Control(socket_path)
    line = Magstim(path)
    give("magstim wrong_crc")
    reply = line.raw(b"J@\x75")
    check(len(reply) == 12 and reply[-1:] != Magstim.crc(reply[:-1]), f"wrong_crc: {reply}")
    give("magstim short")
    check(len(line.raw(b"J@\x75")) == 6, "short")
    give("magstim slow 200 ms for 5 s")
    begin = time.monotonic()
    check(len(line.raw(b"J@\x75", 1)) == 12 and time.monotonic() - begin > 0.2, "slow")
    give("magstim clear")
    give("magstim mute")
    check(line.raw(b"J@\x75") == b"", "mute")
    give("magstim clear")
    line.ask("Q@")
    line.ask("@030")
    line.ask("EB")
    time.sleep(1.5)
    check(line.ask("J@")[1] & 0x83 == 0x01, "silence of 1.5 s disarms and ends remote control")
    give("magstim close")
    time.sleep(0.2)
    try:
        os.write(line.fd, b"J@\x75")
        check(False, "hung up, but it can be written to")
    except OSError:
        pass
    check(Magstim(path).ask("J@")[0:1] == b"J", "back after a hang-up")


def magventure(path):
    """magventure LINK: a session by the public protocol, which fires once."""
    line = Serial(path)
    status = line.raw(bytes.fromhex("FE010000FF"))
    check(len(status) == 13 and status[3] & 0x10 == 0, f"status {status.hex()}")
    check(line.raw(bytes.fromhex("FE020132C6FF"))[2:4] == b"\x01\x32", "amplitude")
    check(line.raw(bytes.fromhex("FE020201CFFF"))[5] & 0x10, "enable")
    time.sleep(1.5)
    told = line.raw(bytes.fromhex("FE0103E2FF"))
    check(len(told) == 8 and told[2] == 2 and told[3] > 0, f"di/dt after the pulse: {told.hex()}")
    check(line.raw(bytes.fromhex("FE02020091FF"))[5] & 0x10 == 0, "disable")
    print(f"a MagVenture session, one shot, {told[3]} A/us")


def edges(path, rate_hz, shots):
    """edges FILE RATE SHOTS: so many discharges on the trigger output, each 50 us long, and the ready line was high at each."""
    data = open(path, "rb").read()
    rises = [k for k in range(1, len(data)) if data[k] & 2 and not data[k - 1] & 2] if any(b & 2 for b in set(data)) else []
    check(len(rises) == int(shots), f"{len(rises)} discharges, not {shots}")
    for rise in rises:
        fall = next(k for k in range(rise, len(data)) if not data[k] & 2)
        width_s = (fall - rise) / float(rate_hz)
        check(abs(width_s - 50e-6) <= 1 / float(rate_hz) + 1e-9, f"trigger output of {width_s} s")
        check(data[rise - 1] & 4, "ready before the discharge")
    print(f"{len(data)} samples, discharges at {[rise / float(rate_hz) for rise in rises]} s")


def beaglelogic(port, path):
    """beaglelogic PORT SOCKET: pace, a stop at once, faults."""
    give = Control(path)
    client = socket.create_connection(("127.0.0.1", int(port)), timeout=5)

    def ask(line):
        client.sendall(line + b"\n")
        return client.recv(1024).decode().strip()

    def count(seconds):
        total, end = 0, time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([client], [], [], left)[0]:
                return total
            part = client.recv(1 << 20)
            check(part, "the connection was closed")
            total += len(part)

    check(ask(b"version").startswith("BeagleLogic"), "version")
    check(ask(b"samplerate 9") != "ok" and ask(b"samplerate 100000001") != "ok", "a rate out of range")
    check(ask(b"samplerate 10000000") == "ok" and ask(b"samplerate") == "10000000", "samplerate")
    check(int(ask(b"memalloc")) > 0 and int(ask(b"bufunitsize")) > 0, "sizes")
    check(ask(b"sampleunit 1") == "ok" and ask(b"frobnicate").startswith("error"), "sampleunit")
    client.sendall(b"get\n")
    got = count(2)
    check(abs(got / 20e6 - 1) < 0.05, f"{got} samples in 2 s at 10 MHz")
    client.sendall(b"close\n")
    count(0.2)
    check(count(0.3) == 0, "samples after close")
    check(ask(b"samplerate") == "10000000", "answers after close")
    client.sendall(b"get\n")
    count(0.3)
    give("beaglelogic stall for 1 s")
    count(0.1)
    check(count(0.5) == 0, "samples in a stall")
    count(1)
    give("beaglelogic reset")
    try:
        while client.recv(1 << 20):
            pass
        check(False, "a reset, but the connection was closed")
    except ConnectionResetError:
        pass


TESTS = (gaps, control, refuse, faults, slow_client, magstim, magstim_faults, magventure, edges, beaglelogic)
if __name__ == "__main__":
    {test.__name__: test for test in TESTS}[sys.argv[1]](*sys.argv[2:])
