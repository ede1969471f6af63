#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle made hostile: bytes of one file changed by a generator, SHA256SUMS made to fit, so that every reader behind it gets to see them.

usage: hostile.py TMSRIG BUNDLE COUNT [SEED [FILE...]]

Verify must end by itself, with exit status 0 (what was changed is not judged), 1 or 2, with a message for everything but 0, and may not be ended by a
signal. How many times the process that judges was ended by one is told: that is what it is for.
"""
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

SPECIAL = [b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\x01",
           b"{", b"}", b"[", b"]", b'"', b",", b"\n", b"\\u0000", b"1e999", b"-1", b"null", b"[" * 5000, b"9" * 400, b"../"]


def change(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        if not data:
            break
        # Half of the changes near the beginning, where HDF5 keeps what leads to all else.
        at = rng.randrange(min(len(data), 4096)) if rng.random() < 0.5 else rng.randrange(len(data))
        kind = rng.randrange(6)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            word = rng.choice(SPECIAL)
            data[at:at + len(word)] = word
        elif kind == 2:
            del data[at:at + rng.randint(1, 64)]
        elif kind == 3:
            start = rng.randrange(len(data))
            data[at:at] = data[start:start + rng.randint(1, 64)]
        elif kind == 4:
            data[at:at + 8] = rng.randrange(1 << 64).to_bytes(8, "little")
        else:
            del data[rng.randrange(len(data)):]
    return bytes(data)


def write_sums(folder):
    lines = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(where, name), folder)
            if path != "SHA256SUMS" and not path.startswith("signatures/"):
                with open(os.path.join(folder, path), "rb") as file:
                    lines.append((path, hashlib.sha256(file.read()).hexdigest()))
    with open(os.path.join(folder, "SHA256SUMS"), "w") as file:
        file.writelines(f"{digest}  {path}\n" for path, digest in sorted(lines))


def main():
    tmsrig, bundle, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    files = sys.argv[5:] or ["recording.h5", "recording.h5", "result.json", "pulses.csv", "measurements.csv", "judgements.csv"]
    seen, ended, wrong = {}, 0, 0
    with tempfile.TemporaryDirectory() as work:
        folder = os.path.join(work, "bundle")
        shutil.copytree(bundle, folder)
        originals = {name: open(os.path.join(bundle, name), "rb").read() for name in set(files)}
        for number in range(count):
            name = rng.choice(files)
            with open(os.path.join(folder, name), "wb") as file:
                file.write(change(originals[name], rng))
            write_sums(folder)
            try:
                done = subprocess.run([tmsrig, "verify", folder], capture_output=True, timeout=120)
                status, text = done.returncode, (done.stdout + done.stderr).decode(errors="replace")
            except subprocess.TimeoutExpired:
                status, text = "no end within 120 s", ""
            seen[status] = seen.get(status, 0) + 1
            ended += "ended with signal" in text
            told = status == 0 or "    " in text or text.startswith("tmsrig: ")
            if status not in (0, 1, 2) or not told or "AddressSanitizer" in text and "ended" not in text:
                wrong += 1
                kept = os.path.join(tempfile.gettempdir(), f"hostile-{number}")
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"not ok: change {number} of {name}: exit status {status}, kept as {kept}\n{text[-800:]}")
            with open(os.path.join(folder, name), "wb") as file:
                file.write(originals[name])
    print(f"{count} changes, exit status: " + ", ".join(f"{status}: {n}" for status, n in sorted(seen.items(), key=str)) +
          f"; {ended} times the process that judges was ended by a signal; {wrong} not ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
