#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tampering, through the program: `tmsrig verify` of a bundle of which one byte was changed, a file removed, cut, made longer, swapped, a signature brought
over from another bundle, the ledger edited. Every one must end with exit status 1 and a message that names the file. Then the same bundle as a .zip, of
which bytes of the archive itself are changed: refused (2), detected (1), or without effect on what is unpacked; what had no effect is told by its place.

usage: program.py TMSRIG WORK CHANGES [SEED]      WORK: a folder to work in; TMSRIG_STATE has to be set
"""
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import zipfile

TMSRIG, WORK, CHANGES = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
SCENARIO = """scenario { id = "one", title = "One pulse" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 1, interval = ms(100) }
disarm()
"""
made = wrong = 0


def run(*command):
    done = subprocess.run([TMSRIG, *command], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def files_of(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def named(text, *names):
    return any(re.search(r"(?<![\w.-])" + re.escape(name) + r"(?![\w-])(?!\.\w)", text) for name in names)


def count(good, what, text):
    global made, wrong
    made += 1
    if not good:
        wrong += 1
        if wrong <= 20:
            print(f"not ok: {what}: {text[-600:]}", flush=True)


def expect(what, *names, options=(), bundle="bundle"):
    """Found out by the program, with one of the names in a line of its own."""
    status, text = run("verify", bundle, *options)
    findings = "\n".join(line for line in text.splitlines() if line.startswith("    ") or line.startswith("tmsrig: "))
    count(status == 1 and "NOT VERIFIED" in text and named(findings, *names), f"{what}: exit status {status}", text)


def change_bytes(originals, changes, options):
    """Half of them at a random place of all bytes, half in a random file, so that small files have their share."""
    names = [name for name in originals if originals[name]]
    sizes = [len(originals[name]) for name in names]
    for n in range(changes):
        name = rng.choices(names, sizes)[0] if n % 2 == 0 else rng.choice(names)
        at, mask = rng.randrange(len(originals[name])), rng.randint(1, 255)
        data = bytearray(originals[name])
        data[at] ^= mask
        write(f"bundle/{name}", data)
        expect(f"{name}: byte {at} xor {mask:02x}", name, options=options)
        write(f"bundle/{name}", originals[name])


def other_changes(originals, options):
    names = list(originals) if CHANGES >= 100 else rng.sample(list(originals), 3)
    for i, name in enumerate(names):
        path, data = f"bundle/{name}", originals[name]
        os.remove(path)
        expect(f"{name} removed", name, options=options)
        write(path, data[:len(data) // 2])
        expect(f"{name} cut in half", name, options=options)
        write(path, data + b"\n")
        expect(f"{name} longer", name, options=options)
        other = names[(i + 1) % len(names)]
        write(path, originals[other])
        write(f"bundle/{other}", data)
        expect(f"{name} and {other} swapped", name, other, options=options)
        write(path, data)
        write(f"bundle/{other}", originals[other])
    write("bundle/inputs/more.yaml", b"x: 1\n")
    expect("a file put in", "inputs/more.yaml", options=options)
    os.remove("bundle/inputs/more.yaml")


def replay(originals, options):
    """The signatures of another bundle, one by one and all."""
    signatures = [name for name in originals if name.startswith("signatures/")]
    for chosen in [[name] for name in signatures] + [signatures]:
        for name in chosen:
            shutil.copyfile(f"other/{name}", f"bundle/{name}")
        expect(f"replayed {', '.join(chosen)}", *chosen, "SHA256SUMS", options=options)
        for name in chosen:
            write(f"bundle/{name}", originals[name])


def edit_ledger(changes):
    """Bytes of every line but the last, which nothing follows; and lines taken out."""
    path = os.path.join(os.environ["TMSRIG_STATE"], "virtual/ledger.jsonl")
    data = read(path)
    last = data.rindex(b"\n", 0, len(data) - 1)
    for _ in range(changes):
        at = rng.randrange(last)
        edited = bytearray(data)
        edited[at] ^= rng.randint(1, 255)
        write(path, edited)
        status, text = run("ledger", "virtual")
        count(status == 1 and "ledger.jsonl:" in text, f"ledger: byte {at}: exit status {status}", text)
    lines = data.splitlines(keepends=True)
    for i in range(len(lines) - 1):
        write(path, b"".join(lines[:i] + lines[i + 1:]))
        status, text = run("ledger", "virtual")
        count(status == 1 and "ledger.jsonl:" in text, f"ledger: line {i + 1} removed: exit status {status}", text)
    # The bundle's own run taken out of the end, and of the middle with the rest made anew: the bundle contradicts it.
    write(path, data)
    edited = data.replace(b'"verdict": "', b'"verdict": "x', 1)
    write(path, edited)
    status, text = run("verify", "bundle")
    count(status == 1 and "ledger.jsonl" in text, "verify with an edited ledger", text)
    write(path, data)


def place_of(data, at):
    """The part of the archive that a byte is in: ("local head", "flags"), …"""
    local = [("signature", 4), ("version needed", 2), ("flags", 2), ("method", 2), ("time", 4), ("CRC", 4), ("packed size", 4), ("size", 4),
             ("length of the name", 2), ("length of the extra field", 2)]
    central = [("signature", 4), ("version made by", 2), ("version needed", 2), ("flags", 2), ("method", 2), ("time", 4), ("CRC", 4),
               ("packed size", 4), ("size", 4), ("length of the name", 2), ("length of the extra field", 2), ("length of the comment", 2),
               ("number of the disk", 2), ("internal attributes", 2), ("external attributes", 4), ("place of the local head", 4)]
    end = [("signature", 4), ("number of this disk", 2), ("disk of the directory", 2), ("entries here", 2), ("entries", 2),
           ("size of the directory", 4), ("place of the directory", 4), ("length of the comment", 2)]

    def field(fields, offset):
        for name, size in fields:
            if offset < size:
                return name
            offset -= size
        return None
    eocd = data.rindex(b"PK\5\6")
    if at >= eocd:
        return "end of the directory", field(end, at - eocd) or "comment"
    position = struct.unpack_from("<I", data, eocd + 16)[0]
    heads = []
    while position < eocd:
        name, extra, comment = struct.unpack_from("<HHH", data, position + 28)
        heads.append(struct.unpack_from("<I", data, position + 42)[0])
        if position <= at < position + 46 + name + extra + comment:
            return "directory", field(central, at - position) or ("name" if at - position < 46 + name else "extra field")
        position += 46 + name + extra + comment
    head = max(h for h in heads if h <= at)
    name, extra = struct.unpack_from("<HH", data, head + 26)
    if at < head + 30 + name + extra:
        return "local head", field(local, at - head) or ("name" if at - head < 30 + name else "extra field")
    return "content", ""


def change_archive(changes):
    """Half of them anywhere, half in what is not content. The CRC of each content finds a change there; heads and directory are held against each other."""
    data = read("bundle.zip")
    with zipfile.ZipFile("bundle.zip") as archive:
        spans = sorted((info.header_offset, info.compress_size) for info in archive.infolist())
    structure = []
    for at in range(len(data)):
        structure.append(at) if at >= len(data) - 22 - 100 * len(spans) else None
    for head, _ in spans:
        name, extra = struct.unpack_from("<HH", data, head + 26)
        structure += range(head, head + 30 + name + extra)
    classes, silent = {}, {}
    original = {name: read(f"bundle/{name}") for name in files_of("bundle")}
    for n in range(changes):
        at = rng.randrange(len(data)) if n % 2 == 0 else rng.choice(structure)
        mask = rng.randint(1, 255)
        edited = bytearray(data)
        edited[at] ^= mask
        write("edited.zip", edited)
        status, text = run("verify", "edited.zip")
        classes[status] = classes.get(status, 0) + 1
        if status == 2:
            count("tmsrig: edited.zip" in text, f"archive: byte {at}, {place_of(data, at)}: refused with its name", text)
        elif status == 1:
            findings = "\n".join(line for line in text.splitlines() if line.startswith("    "))
            count(named(findings, *original) or findings, f"archive: byte {at}, {place_of(data, at)}: a finding with a name", text)
        else:
            # All that verify looks at is the same: every file against SHA256SUMS, and SHA256SUMS by its hash.
            whole = status == 0 and TOLD.search(text) and TOLD.search(text)[1] == told
            count(whole, f"archive: byte {at}, {place_of(data, at)}: exit status {status}", text)
            place = " ".join(place_of(data, at)).strip()
            silent[place] = silent.get(place, 0) + 1
    os.remove("edited.zip")
    print(f"archive: {changes} changes of a byte, {classes.get(2, 0)} refused, {classes.get(1, 0)} detected, {classes.get(0, 0)} without effect: " +
          ", ".join(f"{place} {n}" for place, n in sorted(silent.items(), key=lambda item: -item[1])), flush=True)


TOLD = re.compile(r"manifest +holds +(\d+ files, [\d.]+ MB, all as SHA256SUMS has them \(\w+\))")

os.makedirs(WORK, exist_ok=True)
os.chdir(WORK)
write("one.lua", SCENARIO.encode())
for out in ("bundle", "other", "third"):
    status, text = run("run", "./one.lua", "-s", "smoke", "-q", "-o", out)
    if status not in (0, 1, 3) or not os.path.isdir(out):
        sys.exit(f"no bundle: {text}")
status, text = run("verify", "bundle")
if status != 0:
    sys.exit(f"the bundle does not verify: {text}")
told = TOLD.search(text)[1]
originals = {name: read(f"bundle/{name}") for name in files_of("bundle")}
change_bytes(originals, CHANGES // 2, ())
other_changes(originals, ())
print(f"unsigned folder: {made} changes, {wrong} unnoticed or unnamed", flush=True)
before = made, wrong
run("export", "bundle", "bundle.zip")
change_archive(CHANGES)
print(f"archive: {made - before[0]} changes, {wrong - before[1]} wrong", flush=True)
before = made, wrong
for key in ("a", "b"):
    run("keygen", "--no-password", "--out", f"{key}.key")
for folder in ("bundle", "other"):
    for key, meaning in (("a", "performed"), ("b", "approved")):
        status, text = run("sign", folder, "--key", f"{key}.key", "--meaning", meaning, "--name", "A. Müller")
        if status != 0:
            sys.exit(f"not signed: {text}")
trust = ("--trust", "a.pub", "--trust", "b.pub")
originals = {name: read(f"bundle/{name}") for name in files_of("bundle")}
change_bytes(originals, CHANGES - CHANGES // 2, trust)
other_changes(originals, trust)
replay(originals, trust)
edit_ledger(max(CHANGES // 20, 5))
status, text = run("verify", "bundle", *trust)
count(status == 0, "put back, it verifies", text)
print(f"signed folder and ledger: {made - before[0]} changes, {wrong - before[1]} unnoticed or unnamed", flush=True)
print(f"tampering through the program: {made} trials, {wrong} wrong")
sys.exit(1 if wrong else 0)
