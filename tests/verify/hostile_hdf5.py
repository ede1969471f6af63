#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings made hostile with HDF5's own means, SHA256SUMS made to fit: links and storage outside of the file, virtual datasets, filters that would be
loaded as plugins, sizes of 2^60, bombs, types and shapes that no recording has. Each must be refused with a message that names recording.h5, soon and
in little memory; nothing outside of the file may be opened (what leads there leads to a pipe that never says anything).

usage: hostile_hdf5.py TMSRIG BUNDLE [EVERY]      EVERY: one case in so many, by `verify` alone
Needs python3-h5py.
"""
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

from hostile import write_sums

LONGEST_S, MOST_MB = 60, 400


def replace(name, **how):
    """The dataset anew, by what h5py makes of the arguments."""
    def change(file, folder):
        old = file[name]
        data = old[()]
        options = dict(how)
        cast = options.pop("cast", None)
        if cast is not None:
            data = cast(data)
        attributes = {"maxshape": old.maxshape, "chunks": old.chunks} if "shape" not in options and data.shape == old.shape else {}
        del file[name]
        file.create_dataset(name, data=None if "shape" in options else data, **{**attributes, **options})
    return change


def giant(name, shape, chunks=(1024,), **how):
    return replace(name, shape=shape, dtype=how.pop("dtype", "u8"), chunks=chunks, **how)


def soft(file, folder):
    del file["windows/samples"]
    file["windows/samples"] = h5py.SoftLink("/channels")


def soft_group(file, folder):
    file.move("windows", "elsewhere")
    file["windows"] = h5py.SoftLink("/elsewhere")


def outside(file, folder):
    del file["windows"]
    file["windows"] = h5py.ExternalLink(os.path.join(folder, "..", "pipe"), "/windows")


def outside_dataset(file, folder):
    del file["order"]
    file["order"] = h5py.ExternalLink(os.path.join(folder, "..", "pipe"), "/order")


def external_storage(name):
    def change(file, folder):
        old = file[name]
        shape, dtype = old.shape, old.dtype
        del file[name]
        file.create_dataset(name, shape=shape, dtype=dtype, external=[(os.path.join(folder, "..", "pipe"), 0, h5py.h5f.UNLIMITED)])
    return change


def virtual(name):
    def change(file, folder):
        old = file[name]
        layout = h5py.VirtualLayout(shape=old.shape, dtype=old.dtype)
        layout[...] = h5py.VirtualSource(os.path.join(folder, "..", "pipe"), name, shape=old.shape)
        del file[name]
        file.create_virtual_dataset(name, layout)
    return change


def loop(file, folder):
    del file["windows/samples"]
    file["windows/samples"] = file["windows"]


def named_type(file, folder):
    del file["windows/samples"]
    file["windows/samples"] = numpy.dtype("i2")


def plugin(number):
    """A filter of that number, which HDF5 would look for among its plugins; optional, so that it can be written without."""
    def change(file, folder):
        old = file["envelope/frames"]
        data = old[()]
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((2048,))
        properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
        space = h5py.h5s.create_simple(data.shape, (h5py.h5s.UNLIMITED,))
        del file["envelope/frames"]
        h5py.h5d.create(file.id, b"envelope/frames", h5py.h5t.py_create(data.dtype), space, properties).write(
            h5py.h5s.ALL, h5py.h5s.ALL, data)
    return change


def attribute(name, value, **how):
    def change(file, folder):
        del file.attrs[name]
        file.attrs.create(name, value, **how)
    return change


def samples_bomb(file, folder):
    """A gigabyte of zeros, which a window asks for as a whole."""
    channels = file["windows/samples"].shape[1]
    rows = 1 << 28
    del file["windows/samples"]
    file.create_dataset("windows/samples", shape=(rows, channels), maxshape=(None, channels), dtype="i2", chunks=(1 << 20, 1), compression=9)
    block = numpy.zeros((1 << 20, 1), "i2")
    for row in range(0, rows, 1 << 20):
        for channel in range(channels):
            file["windows/samples"][row:row + (1 << 20), channel:channel + 1] = block
    file["windows/frames"][0] = rows
    file["windows/offset"][0] = 0


def value(name, index, number):
    def change(file, folder):
        file[name][index] = number
    return change


CASES = [
    # name, change, what the message must have (none: whatever it says)
    ("a soft link for a dataset", soft, "is a link to elsewhere"),
    ("a soft link for a group", soft_group, "is a link to elsewhere|no recording has"),
    ("an external link for a group", outside, "is a link to elsewhere"),
    ("an external link for a dataset", outside_dataset, "is a link to elsewhere"),
    ("external storage of the samples", external_storage("windows/samples"), "in external files"),
    ("external storage of the channels", external_storage("channels"), "in external files"),
    ("external storage of complete", external_storage("complete"), "in external files"),
    ("a virtual dataset", virtual("windows/samples"), "is virtual"),
    ("a virtual dataset for total_frames", virtual("total_frames"), "is virtual"),
    ("a group that contains itself", loop, "object of another kind|no recording has|cannot be listed"),
    ("a named type for a dataset", named_type, "object of another kind"),
    ("the filter lzf", replace("envelope/frames", compression="lzf"), "is packed by a filter that no recording uses"),
    ("a filter that is a plugin", plugin(32015), "is packed by a filter that no recording uses"),
    ("a filter of no number", plugin(65535), "is packed by a filter that no recording uses"),
    ("scale and offset", replace("envelope/frames", scaleoffset=0), "is packed by a filter that no recording uses"),
    ("2^60 items", giant("order", (1 << 60,), dtype="u1", maxshape=(None,)), "/order would have 1152921504606846976 elements"),
    ("2^62 windows", giant("windows/frames", (1 << 60,), maxshape=(None,)), "/windows/frames would have"),
    ("2^40 samples of 0", replace("windows/samples", shape=(1 << 40, 2), dtype="i2", chunks=(16384, 1)), "/windows/samples would have"),
    ("2^50 cells, not in chunks", replace("envelope/frames", shape=(1 << 50,), dtype="u4", chunks=None), "/envelope/frames would have"),
    ("a chunk of a gigabyte", giant("windows/frames", (4,), chunks=(1 << 27,), maxshape=(None,)), "/windows/frames has chunks larger"),
    ("chunks of 2 GB of the channels", replace("channels", maxshape=(None,), chunks=(1 << 21,)), "channels has chunks larger"),
    ("a gigabyte of zeros in a window", samples_bomb, "recording.h5|does not"),
    ("a window of 2^63 frames", value("windows/frames", 0, 1 << 63), "recording.h5"),
    ("a window that begins behind the end", value("windows/offset", 0, (1 << 64) - 1), "recording.h5"),
    ("first frames of 2^64 - 1", value("windows/first_frame", 0, (1 << 64) - 1), ""),
    ("cells of 2^32 - 1 frames", value("envelope/frames", 0, (1 << 32) - 1), "begins before the one before it ends"),
    ("2^64 - 1 frames in all", value("total_frames", 0, (1 << 64) - 1), ""),
    ("an item of no kind", lambda file, folder: file["order"].id.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.full(file["order"].shape, 200, "u1"), h5py.h5t.NATIVE_UINT8), "is of unknown kind|cannot read"),
    ("samples that are floats", replace("windows/samples", cast=lambda a: a.astype("f8")), "is of a type that no recording has"),
    ("samples that are strings", replace("windows/samples", cast=lambda a: a.astype("S6")), "cannot read /windows/samples|type"),
    ("samples of one dimension", replace("windows/samples", cast=lambda a: a[:, 0].copy()), "cannot open /windows/samples"),
    ("samples of three", replace("windows/samples", cast=lambda a: a.reshape(*a.shape, 1)), "cannot open /windows/samples"),
    ("samples of nine channels", replace("windows/samples", shape=(10, 9), dtype="i2"), "9 channels instead"),
    ("frames of variable length", replace("windows/frames", shape=(3,), dtype=h5py.vlen_dtype("u8")), "is of a type that no recording has"),
    ("frames that are references", replace("windows/frames", shape=(3,), dtype=h5py.ref_dtype), "is of a type that no recording has"),
    ("frames that are strings without end", replace("windows/frames", shape=(3,), dtype=h5py.string_dtype()), "is of a type that no recording has"),
    ("an element of a megabyte", replace("windows/frames", shape=(3,), dtype="V1048576"), "is of a type that no recording has"),
    ("an array in each element", replace("windows/frames", shape=(3,), dtype="(100,)u8"), "cannot read /windows/frames|type"),
    ("compounds of other members", replace("edges", shape=(3,), dtype=[("x", "f8"), ("line", "S9")]), ""),
    ("channels that are numbers", replace("channels", shape=(2,), dtype="f8"), "recording.h5"),
    ("a thousand channels", lambda file, folder: replace("channels", shape=(1000,), dtype=file["channels"].dtype)(file, folder), "channels would have 1000 elements"),
    ("no channels", lambda file, folder: replace("channels", shape=(0,), dtype=file["channels"].dtype)(file, folder), "channels"),
    ("no dataset complete", lambda file, folder: file.__delitem__("complete"), "cannot open complete"),
    ("no group", lambda file, folder: file.__delitem__("windows"), "cannot open /windows"),
    ("not complete", value("complete", 0, 0), "did not come to its end|complete"),
    ("a schema of variable length", attribute("schema", "tmsrig", dtype=h5py.string_dtype()), "not a recording of tmsrig"),
    ("a schema of 60 kB", attribute("schema", b"x" * 60000), "not a recording of tmsrig"),
    ("an attribute of many numbers", attribute("sample_rate_hz", numpy.zeros(7000)), "the attributes"),
    ("a rate that is no number", attribute("sample_rate_hz", float("nan")), "impossible sample rate"),
    ("a rate of 1e300", attribute("sample_rate_hz", 1e300), "impossible sample rate"),
    ("a rate of 1e-300", attribute("sample_rate_hz", 1e-300), "impossible sample rate"),
    ("a rate of 1e11", attribute("sample_rate_hz", 1e11), ""),
    ("a gap of 2^62 frames", lambda file, folder: (replace("gaps", shape=(1,), dtype=file["gaps"].dtype)(file, folder), file["gaps"].__setitem__(0, (1 << 61, 1 << 61, 1))), ""),
    ("cells of no frames", attribute("cell_frames", numpy.uint32(0)), "impossible sample rate or cell size"),
    ("cells of 2^32 - 1 frames in all", attribute("cell_frames", numpy.uint32((1 << 32) - 1)), "impossible sample rate or cell size"),
    ("an attribute that is a reference", attribute("cell_frames", h5py.Reference(), dtype=h5py.ref_dtype), "the attributes"),
]
# Bytes of the file itself.
RAW = [
    ("an empty file", lambda data: b"", "an empty file"),
    ("eight bytes", lambda data: data[:8], "truncated recording"),
    ("half of it", lambda data: data[:len(data) // 2], "truncated recording"),
    ("a block before it", lambda data: b"\0" * 512 + data, "not a recording of tmsrig"),
    ("superblock version 0", lambda data: data[:8] + b"\0" + data[9:], "superblock version 0"),
    ("an end of 2^63", lambda data: data[:28] + (1 << 63).to_bytes(8, "little") + data[36:], "recording.h5"),
    ("addresses of 255 bytes", lambda data: data[:9] + b"\xff\xff" + data[11:], "recording.h5"),
    ("a mark of a dead writer", lambda data: data[:11] + b"\x05" + data[12:], "recording.h5"),
    ("text", lambda data: b"hello\n" * 100, "no HDF5 file"),
]


def measured(command):
    """Exit status, what it said, seconds, seconds of the processor, megabytes at most."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(["timeout", "-k", "1", str(LONGEST_S * 5), *command], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return process.returncode, text, time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def make(change, raw, path, folder):
    """In a process of its own: what memory this one has ever had, the kernel would count as the program's."""
    def work():
        if raw:
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(change(data))
        else:
            with h5py.File(path, "r+", libver="latest") as file:
                change(file, folder)
        write_sums(folder)
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    if worker.exitcode != 0:
        raise SystemExit("a hostile recording cannot be made")


def main():
    tmsrig, bundle = os.path.abspath(sys.argv[1]), sys.argv[2]
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    wrong, slowest, largest, count = 0, (0, ""), (0, ""), 0
    with tempfile.TemporaryDirectory() as work:
        # What is found, is found in the recording, and not by the ledger.
        os.environ["TMSRIG_STATE"] = os.path.join(work, "state")
        os.mkfifo(os.path.join(work, "pipe"))
        folder = os.path.join(work, "bundle")
        for name, change, message in (CASES + RAW)[::every]:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(bundle, folder)
            make(change, (name, change, message) in RAW, os.path.join(folder, "recording.h5"), folder)
            for command in (["verify", folder], ["export", folder, os.path.join(work, "out.sr")], ["report", folder, "-o", os.path.join(work, "out.html")])[:1 if every > 1 else 3]:
                status, text, took_s, cpu_s, most_mb = measured([tmsrig, *command])
                count += 1
                slowest, largest = max(slowest, (cpu_s, f"{command[0]}, {name}")), max(largest, (most_mb, f"{command[0]}, {name}"))
                # A report is of what result.json says; one without its plots is one.
                good = status in {"verify": (1,), "export": (0, 2), "report": (0, 2)}[command[0]]
                if command[0] == "verify":
                    good = good and re.search(message, text) and "NOT VERIFIED" in text and ("recording.h5" in text or "the bundle says" in text)
                if not good or cpu_s > LONGEST_S or most_mb > MOST_MB:
                    wrong += 1
                    print(f"not ok: {name}: {command[0]}: exit status {status}, {took_s:.1f} s ({cpu_s:.1f} s of CPU), {most_mb:.0f} MB\n{text[-500:]}", flush=True)
                for out in ("out.sr", "out.html"):
                    if os.path.exists(os.path.join(work, out)):
                        os.remove(os.path.join(work, out))
    print(f"hostile HDF5: {len((CASES + RAW)[::every])} recordings, {count} commands; the slowest {slowest[0]:.1f} s of CPU ({slowest[1]}), "
          f"the largest {largest[0]:.0f} MB ({largest[1]}); {wrong} not ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
