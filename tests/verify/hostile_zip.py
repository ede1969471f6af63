#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that no `tmsrig export` makes, each to be refused by `tmsrig verify` with a message (exit status 2), soon, in little memory, and without a file
left or written anywhere; or, where nothing is wrong with the archive itself, told by the manifest (1).

usage: hostile_zip.py TMSRIG BUNDLE [brief]
"""
import functools
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib

LONGEST_S, MOST_MB = 20, 600


class Entry:
    """A file of an archive, every field of it open to lies; `central` over those of the directory, `local` over those of the local head."""

    def __init__(self, name, data=b"", method=0, central=None, local=None, extra=b"", local_extra=None, offset=None, head=True):
        self.name = name.encode() if isinstance(name, str) else name
        self.packed = deflate(data) if method == 8 else data
        self.offset, self.head = offset, head
        self.extra, self.local_extra = extra, extra if local_extra is None else local_extra
        fields = {"flags": 0x800, "method": method, "time": 0, "date": 0x21, "crc": zlib.crc32(data), "packed": len(self.packed), "size": len(data),
                  "name": self.name, "made_by": 0x031E, "attributes": 0o100644 << 16, "disk": 0}
        self.central, self.local = {**fields, **(central or {})}, {**fields, **(local or {})}


@functools.cache
def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def archive(entries, before=b"", after=b"", comment=b"", count=None, directory_offset=None, directory_size=None, zip64=b""):
    out, places = bytearray(before), []
    for entry in entries:
        places.append(len(out))
        if entry.head:
            f = entry.local
            out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, f["flags"], f["method"], f["time"], f["date"], f["crc"], f["packed"], f["size"],
                               len(f["name"]), len(entry.local_extra)) + f["name"] + entry.local_extra + entry.packed
    begin = len(out)
    for entry, place in zip(entries, places):
        f = entry.central
        out += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, f["made_by"], 20, f["flags"], f["method"], f["time"], f["date"], f["crc"], f["packed"],
                           f["size"], len(f["name"]), len(entry.extra), 0, f["disk"], 0, f["attributes"],
                           place if entry.offset is None else entry.offset) + f["name"] + entry.extra
    size = len(out) - begin
    n = min(len(entries), 0xFFFF) if count is None else count
    out += zip64
    out += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, n, n, size if directory_size is None else directory_size,
                       begin if directory_offset is None else directory_offset, len(comment)) + comment
    return bytes(out + after)


def many(count):
    """So many empty files, with the records of zip64 that their number needs."""
    head = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0x21, 0, 0, 0, 9, 0)
    out = b"".join(head + b"b/%07d" % i for i in range(count))
    begin = len(out)
    directory = b"".join(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0x031E, 20, 0, 0, 0, 0x21, 0, 0, 0, 9, 0, 0, 0, 0, 0o100644 << 16, 39 * i) +
                         b"b/%07d" % i for i in range(count))
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), begin)
    locator = struct.pack("<IIQI", 0x07064B50, 0, begin + len(directory), 1)
    return out + directory + record + locator + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def cases(files, brief):
    """Name, the archive, the exit status, what the message has."""
    good = [Entry("b/" + name, data) for name, data in files.items()]
    small = Entry("b/a", b"hello")
    evil = lambda name: archive([small, Entry(name, b"evil")])
    plain = "is not a plain path"
    yield "as it should be", archive(good), 0, "verified:"
    yield "an absolute name", evil("/etc/x"), 2, plain
    yield "a name that leads out", evil("b/../../x"), 2, plain
    yield "a name that leads out at once", evil("../x"), 2, plain
    yield "two points alone", evil(".."), 2, plain
    yield "a name that ends in two points", evil("b/.."), 2, plain
    yield "backslashes", evil("b\\..\\..\\x"), 2, plain
    yield "a drive", evil("C:\\x"), 2, plain
    yield "a drive in front of a folder", evil("C:/x"), 2, "not in the same top folder"
    yield "NUL in a name", evil(b"b/x\0.json"), 2, "x.zip"
    yield "a name that is empty", evil(""), 2, plain
    yield "a control character", evil("b/\x1b[2J"), 2, "x.zip"
    yield "a name of 60 kB", evil("b/" + "x" * 60000), 2, plain
    yield "a name of 60 kB of folders", evil("b/" + "x/" * 30000 + "x"), 2, plain
    yield "a part of 300 bytes", evil("b/" + "x" * 300), 2, "File name too long|" + plain
    yield "folders nine deep", archive(good + [Entry("b/1/2/3/4/5/6/7/8/9/x", b"x")]), 1, r"^    1/2/3/4/5/6/7/8/9"
    yield "a name that is no UTF-8", archive(good + [Entry(b"b/\xff\xfe", b"x")]), 2, "x.zip"
    yield "a link", archive([small, Entry("b/link", b"/etc/passwd", central={"attributes": 0o120777 << 16})]), 2, "is a link or a special file"
    yield "a device", archive([small, Entry("b/device", b"", central={"attributes": 0o020666 << 16})]), 2, "is a link or a special file"
    yield "a pipe", archive([small, Entry("b/pipe", b"", central={"attributes": 0o010666 << 16})]), 2, "is a link or a special file"
    yield "a link by the name of a folder", archive([Entry("b/in/", b"", central={"attributes": 0o120777 << 16}), small]), 2, "link"
    yield "the same name twice", archive(good + [good[0]]), 2, "comes twice|overlaps"
    yield "the same name twice, other content", archive(good + [Entry("b/result.json", b"{}")]), 2, "comes twice"
    yield "a file that is a folder as well", archive(good + [Entry("b/result.json/x", b"{}")]), 2, "both a file and a folder"
    yield "names that differ by case", archive(good + [Entry("b/RESULT.json", b"{}")]), 1, r"^    RESULT.json: extra"
    yield "a folder with content", archive([small, Entry("b/in/", b"x", central={"attributes": 0o040755 << 16})]), 2, "is a folder with content"
    yield "two top folders", archive([small, Entry("c/a", b"x")]), 2, "not in the same top folder"
    yield "no top folder", archive([Entry(name, data) for name, data in files.items()]), 2, plain + "|same top folder"
    yield "an archive in an archive", archive(good + [Entry("b/inputs/more.zip", archive([small]))]), 1, "inputs/more.zip: extra"
    yield "a wrong CRC", archive([small, Entry("b/x", b"data", central={"crc": 1}, local={"crc": 1})]), 2, "'b/x' is damaged"
    yield "CRCs that differ", archive([small, Entry("b/x", b"data", local={"crc": 1})]), 2, "x.zip"
    yield "a name that differs in its head", archive([small, Entry("b/x", b"data", local={"name": b"c/y"})]), 2, "x.zip"
    yield "a longer size than there is", archive([small, Entry("b/x", b"data", central={"size": 9}, local={"size": 9})]), 2, "x.zip"
    yield "a shorter size, deflated", archive([small, Entry("b/x", b"data" * 9, 8, central={"size": 3}, local={"size": 3})]), 2, "'b/x' is"
    yield "a packed size beyond the end", archive([small, Entry("b/x", b"data", central={"packed": 1 << 30}, local={"packed": 1 << 30})]), 2, "x.zip"
    yield "entries that overlap", archive([small, Entry("b/x", b"hello", offset=0, head=False)]), 2, "x.zip"
    core = Entry("b/a", b"\0" * (1 << 20), 8)
    yield "a thousand names of one content", archive([core] + [Entry(f"b/{i}", b"\0" * (1 << 20), 8, offset=0, head=False) for i in range(1000)]), 2, "x.zip"
    yield "a bomb", archive([small, Entry("b/x", b"\0" * (8 << 20), 8)]), 2, "a bomb"
    yield "a bomb that says it is small", archive([small, Entry("b/x", b"\0" * (8 << 20), 8, central={"size": 100}, local={"size": 100})]), 2, "x.zip"
    yield "a bomb that says it is packed large", archive([small, Entry("b/x", b"\0" * (8 << 20), 8, central={"packed": 1 << 20})]), 2, "x.zip"
    yield "64 GiB and one", archive([Entry(f"b/{i}", b"x", central={"size": 0xFFFFFFFE}, local={"size": 0xFFFFFFFE}) for i in range(17)]), 2, "x.zip"
    lie = struct.pack("<HHQQ", 1, 16, 1 << 62, 1 << 62)
    whole = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    yield "sizes of 2^62 by zip64", archive([small, Entry("b/x", b"data", central=whole, local=whole, extra=lie)]), 2, "x.zip"
    yield "zip64 without its numbers", archive([small, Entry("b/x", b"data", central=whole, local=whole, extra=struct.pack("<HH", 1, 0))]), 2, "x.zip"
    yield "a place of 2^63 by zip64", archive([small, Entry("b/x", b"data", offset=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 1 << 63), local_extra=b"")]), 2, "x.zip"
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 1 << 62, 1 << 62)
    locator = struct.pack("<IIQI", 0x07064B50, 0, 0, 1)
    yield "2^60 entries by zip64", archive([small], zip64=record + locator, count=0xFFFF, directory_offset=0xFFFFFFFF, directory_size=0xFFFFFFFF), 2, "x.zip"
    yield "an extra field longer than it is", archive([small, Entry("b/x", b"data", extra=struct.pack("<HH", 0x5455, 60000) + b"x")]), 2, "x.zip"
    yield "an other name by an extra field", archive([small, Entry("b/x", b"data", extra=struct.pack("<HHBI", 0x7075, 5 + 4, 1, zlib.crc32(b"b/x")) + b"../x")]), 2, "x.zip"
    yield "fewer entries than there are", archive(good, count=len(good) - 1), 2, "x.zip"
    yield "more entries than there are", archive(good, count=len(good) + 1), 2, "x.zip"
    yield "no entries", archive([]), 2, "empty|x.zip"
    yield "only a folder", archive([Entry("b/", b"", central={"attributes": 0o040755 << 16})]), 2, "not a bundle|x.zip"
    yield "encrypted", archive([small, Entry("b/x", b"data", central={"flags": 0x801}, local={"flags": 0x801})]), 2, "is encrypted"
    yield "another method", archive([small, Entry("b/x", b"data", central={"method": 12}, local={"method": 12})]), 2, "another method"
    yield "a method that differs in its head", archive([small, Entry("b/x", b"data", local={"method": 8})]), 2, "x.zip"
    yield "another disk", archive([small, Entry("b/x", b"data", central={"disk": 7})]), 2, "not a bundle|x.zip"
    yield "bytes before it, places made to fit", archive(good, before=b"#!/bin/sh\nexit\n" * 20), 2, "x.zip"
    yield "bytes before it", b"MZ" * 200 + archive(good), 2, "x.zip"
    yield "bytes behind it", archive(good) + b"more" * 50, 2, "x.zip"
    yield "a comment", archive(good, comment=b"hello"), 2, "x.zip"
    yield "two archives, one behind the other", archive(good) + archive([small]), 2, "x.zip"
    yield "a place of the directory beyond the end", archive(good, directory_offset=1 << 31), 2, "x.zip"
    yield "text", b"hello\n" * 100, 2, "x.zip"
    yield "nothing", b"", 2, "x.zip"
    yield "70 000 entries", many(70000), 2, "70000 entries; at most 65536"
    if not brief:
        yield "a million entries", many(1000000), 2, "1000000 entries; at most 65536"


def measured(command):
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(["timeout", "-k", "1", "300", *command], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return process.returncode, text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    tmsrig, bundle, brief = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["brief"]
    files = {}
    for where, _, names in os.walk(bundle):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, bundle)] = file.read()
    wrong, count, slowest, largest = 0, 0, (0, ""), (0, "")
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(f"{work}/tmp")
        os.environ["TMPDIR"], os.environ["TMSRIG_STATE"] = f"{work}/tmp", f"{work}/state"
        os.chdir(work)
        for name, data, want, message in cases(files, brief):
            with open("x.zip", "wb") as file:
                file.write(data)
            del data
            status, text, cpu_s, most_mb = measured([tmsrig, "verify", "x.zip"])
            count += 1
            slowest, largest = max(slowest, (cpu_s, name)), max(largest, (most_mb, name))
            good = status == want and re.search(message, text, re.M)
            left = os.listdir(f"{work}/tmp") + [found for found in os.listdir(work) if found not in ("tmp", "x.zip", "state")]
            if not good or left or cpu_s > LONGEST_S or most_mb > MOST_MB:
                wrong += 1
                print(f"not ok: {name}: exit status {status}, {cpu_s:.1f} s of CPU, {most_mb:.0f} MB, left {left}\n{text[-500:]}", flush=True)
    print(f"hostile archives: {count}; the slowest {slowest[0]:.1f} s of CPU ({slowest[1]}), the largest "
          f"{largest[0]:.0f} MB ({largest[1]}); {wrong} not ok")
    return 1 if wrong else 0


sys.exit(main())
