#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dishonest manufacturer: bundles whose hashes, chain, numbers and verdicts were all made to fit, so that only what is false in them tells.

usage: deceit.py TMSRIG SMOKE [brief|NAME...]

SMOKE: a bundle of scenario smoke that passes; nothing of it is changed. Each case says what verify must say; those that verify cannot tell (docs/verify.md,
"What it proves, and what not") are counted as limits, and must stay what the manual says they are.
"""
import base64
import datetime
import hashlib
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

HERE = os.path.dirname(os.path.abspath(__file__))
# What re-judging takes over from result.json (rig/cli/verify_rejudging.c).
TAKEN_OVER = ["tool", "run.command", "run.started", "run.ended", "run.operator", "run.device_serial", "run.recording", "run.recording_sha256",
              "run.fixtures", "run.ended_by", "run.seed", "run.faults", "run.id", "run.attempt", "run.reason", "run.earlier", "run.ledger",
              "bench.adc.gaps_found_by", "event_log", "about"]


# For every push: nothing that needs h5py.
BRIEF = ["triggers_taken_out_of_the_log", "a_member_named_as_a_path", "another_operator", "a_line_of_the_log_that_is_no_json",
         "a_version_that_clears_the_screen", "the_report_of_another_device", "a_report_that_no_run_makes", "an_input_that_nobody_used"]


class Rig:
    def __init__(self, tmsrig, work):
        self.tmsrig, self.work = tmsrig, work
        self.library = os.path.join(work, "preload.so")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self.library, os.path.join(HERE, "deceit_preload.c"), "-ldl"], check=True)

    def call(self, *arguments, **environment):
        done = subprocess.run([self.tmsrig, *arguments], capture_output=True, timeout=20, stdin=subprocess.DEVNULL,
                              env={**os.environ, **environment})
        return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def load(folder, name="result.json"):
    return json.loads(read(folder, name))


def store(folder, value, name="result.json"):
    write(folder, name, json.dumps(value, indent=2, ensure_ascii=False))


def sums(folder):
    lines = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(where, name), folder)
            if path != "SHA256SUMS" and not path.startswith("signatures/") and os.path.isfile(os.path.join(folder, path)):
                lines.append((path, hashlib.sha256(read(folder, path)).hexdigest()))
    write(folder, "SHA256SUMS", "".join(f"{digest}  {path}\n" for path, digest in sorted(lines)))


def chain(folder, events):
    """events.jsonl anew from texts of events without n and prev, and its head into result.json."""
    head, lines = "0" * 64, []
    for n, text in enumerate(events):
        line = '{"n": %d, "prev": "%s"' % (n, head) + text
        head = hashlib.sha256(line.encode()).hexdigest()
        lines.append(line)
    write(folder, "events.jsonl", "".join(line + "\n" for line in lines))
    result = load(folder)
    result["event_log"] = {"lines": len(lines), "head": head}
    store(folder, result)


def events(folder):
    return [re.sub(r'^\{"n": \d+, "prev": "[0-9a-f]{64}"', "", line) for line in read(folder, "events.jsonl").decode().splitlines()]


def drop_events(folder, pattern):
    chain(folder, [text for text in events(folder) if not re.search(pattern, text)])


def member(value, path):
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def forge(rig, folder):
    """Numbers and verdicts as verify will find them: the manufacturer has the program too."""
    sums(folder)
    scratch = tempfile.mkdtemp(dir=rig.work)
    status, text = rig.call("verify", folder, LD_PRELOAD=rig.library, DECEIT_KEEP="1", TMPDIR=scratch)
    found = [where for where, _, names in os.walk(scratch) if "result.json" in names]
    if not found:
        return text
    new, old = load(found[0]), load(folder)
    for path in TAKEN_OVER:
        parts = path.split(".")
        into = member(new, ".".join(parts[:-1])) if len(parts) > 1 else new
        into[parts[-1]] = member(old, path)
    store(folder, new)
    for name in ("pulses.csv", "measurements.csv", "judgements.csv"):
        shutil.copy(os.path.join(found[0], name), folder)
    texts = events(folder)
    texts[-1] = re.sub(r'"verdict": "\w+"', '"verdict": "%s"' % new["verdict"], texts[-1])
    chain(folder, texts)
    views(rig, folder)
    sums(folder)
    return ""


def views(rig, folder):
    sums(folder)
    out = tempfile.mkdtemp(dir=rig.work)
    rig.call("report", folder, "--out", out)
    for name in os.listdir(out):
        shutil.copy(os.path.join(out, name), folder)
    sums(folder)


def h5(folder):
    return h5py.File(os.path.join(folder, "recording.h5"), "r+", libver="latest")


def cut_rows(file, path, keep):
    rows = file[path][:][keep]
    file[path].resize((len(rows),) + file[path].shape[1:])
    file[path][...] = rows


ITEM_WINDOW, ITEM_ENVELOPE, ITEM_GAP, ITEM_EDGE, ITEM_EVENT = range(5)


def cut_items(file, kind, columns, drop):
    """Takes the items `drop` (numbers) of a kind out of their columns and the order."""
    order = file["order"][:]
    places = numpy.flatnonzero(order == kind)
    keep = numpy.ones(len(order), bool)
    keep[places[drop]] = False
    rows = numpy.ones(len(places), bool)
    rows[drop] = False
    for column in columns:
        cut_rows(file, column, rows)
    cut_rows(file, "order", keep)


WINDOW_COLUMNS = ["windows/first_frame", "windows/offset", "windows/frames"]
CELL_COLUMNS = ["envelope/first_frame", "envelope/frames", "envelope/gap", "envelope/minimum", "envelope/maximum", "envelope/mean"]

CASES = []


def case(says, forged=True, limit=False, arguments=()):
    def add(function):
        CASES.append((function, says, forged, limit, arguments))
        return function
    return add


# The recording.

@case(r"recording.h5: .*envelope")
def a_pulse_taken_out_of_the_windows(folder):
    with h5(folder) as file:
        cut_items(file, ITEM_WINDOW, WINDOW_COLUMNS, [5])


@case(r"recording.h5: .*envelope")
def a_pulse_replaced_by_another(folder):
    with h5(folder) as file:
        offset, frames = file["windows/offset"][:], file["windows/frames"][:]
        n = int(min(frames[8], frames[9]))
        file["windows/samples"][int(offset[9]):int(offset[9]) + n] = file["windows/samples"][int(offset[8]):int(offset[8]) + n]


@case(r"recording.h5: .*envelope")
def a_pulse_scaled_down(folder):
    with h5(folder) as file:
        offset, frames = int(file["windows/offset"][8]), int(file["windows/frames"][8])
        samples = file["windows/samples"][offset:offset + frames]
        samples[:, 0] = numpy.round(samples[:, 0] * 0.98)
        file["windows/samples"][offset:offset + frames] = samples


@case(r"recording.h5: .*envelope")
def envelope_cells_taken_out(folder):
    with h5(folder) as file:
        cut_items(file, ITEM_ENVELOPE, CELL_COLUMNS, list(range(100, 110)))


@case(r"recording.h5: .*(frames|samples)")
def the_end_put_later(folder):
    with h5(folder) as file:
        file["total_frames"][...] = file["total_frames"][...] + 1000000


@case(r"recording.h5: .*channel coil_current.*scale")
def the_scale_in_the_recording(folder):
    with h5(folder) as file:
        channels = file["channels"][:]
        channels["scale"][0] *= 0.97
        file["channels"][...] = channels


@case(r"recording.h5: .*channel coil_current")
def the_uncertainty_in_the_recording(folder):
    with h5(folder) as file:
        channels = file["channels"][:]
        channels["u_sensor_gain_rel"][0] /= 10
        file["channels"][...] = channels


@case(r"recording.h5: .*channel coil_current")
def the_range_in_the_recording(folder):
    with h5(folder) as file:
        channels = file["channels"][:]
        channels["count_max"][0] = channels["count_max"][0] * 2
        file["channels"][...] = channels


@case(r"recording.h5: .*sample rate|recording.h5: .*u_clock_rel")
def the_clock_in_the_recording(folder):
    with h5(folder) as file:
        file.attrs.modify("u_clock_rel", file.attrs["u_clock_rel"] / 100)


@case(r"recording.h5: .*channel coil_current")
def the_gain_in_the_sensor_file(folder):
    path = "inputs/rogowski-example.yaml"
    text = read(folder, path).decode()
    new = re.sub(r"(correction: *)([0-9.]+)", r"\g<1>1.05", text)
    assert new != text
    write(folder, path, new)


@case(r"recording.h5: .*(outside|external)", forged=False)
def samples_outside_of_the_file(folder):
    samples_elsewhere(folder, "external")


@case(r"recording.h5: .*(link|virtual|outside)", forged=False)
def samples_by_an_external_link(folder):
    samples_elsewhere(folder, "link")


@case(r"recording.h5: .*(virtual|outside)", forged=False)
def samples_virtual(folder):
    samples_elsewhere(folder, "virtual")


def samples_elsewhere(folder, how):
    outside = os.path.join(os.path.dirname(folder), "outside")
    with h5(folder) as file:
        samples = file["windows/samples"][:]
        del file["windows/samples"]
        if how == "external":
            samples.tofile(outside)
            file["windows"].create_dataset("samples", shape=samples.shape, dtype="int16", external=[(outside, 0, samples.nbytes)])
        else:
            with h5py.File(outside, "w") as other:
                other.create_dataset("samples", data=samples)
            if how == "link":
                file["windows/samples"] = h5py.ExternalLink(outside, "/samples")
            else:
                layout = h5py.VirtualLayout(shape=samples.shape, dtype="int16")
                layout[...] = h5py.VirtualSource(outside, "samples", shape=samples.shape)
                file["windows"].create_virtual_dataset("samples", layout)


@case(r"recording.h5: .*hidden", forged=False)
def a_hidden_dataset(folder):
    with h5(folder) as file:
        file["hidden"] = numpy.zeros(10)


@case(r"recording.h5: .*note", forged=False)
def a_hidden_attribute(folder):
    with h5(folder) as file:
        file["windows/samples"].attrs["note"] = "the true samples"


@case(r"recording.h5: .*bytes", forged=False)
def bytes_behind_the_end(folder):
    write(folder, "recording.h5", read(folder, "recording.h5") + b"the true recording")


@case(r"events.jsonl:\d+: .*, the recording has ")
def a_trigger_taken_out_of_the_recording(folder):
    with h5(folder) as file:
        kinds = file["events"][:]["kind"]
        cut_items(file, ITEM_EVENT, ["events"], [int(numpy.flatnonzero(kinds == 1)[4])])


@case("", limit=True)
def a_pulse_taken_out_of_windows_and_envelope(folder):
    with h5(folder) as file:
        first, frames = int(file["windows/first_frame"][5]), int(file["windows/frames"][5])
        cut_items(file, ITEM_WINDOW, WINDOW_COLUMNS, [5])
        cells = file["envelope/first_frame"][:]
        for cell in range(int(numpy.searchsorted(cells, first, "right")) - 1, int(numpy.searchsorted(cells, first + frames))):
            for column in ("minimum", "maximum", "mean"):
                file["envelope/" + column][cell] = file["envelope/" + column][10]


# The log of events.

@case(r"events.jsonl:\d+: .*, the recording has ")
def a_discharge_put_elsewhere_in_the_log(folder):
    chain(folder, [re.sub(r'("event": "discharge".*"recording_s": )[0-9.]+', r"\g<1>4.5", text) for text in events(folder)])


@case(r"events.jsonl:\d+: .*, the recording has ")
def triggers_taken_out_of_the_log(folder):
    drop_events(folder, '"event": "triggers", "count": 4,')


@case(r"events.jsonl:\d+: .*recorded")
def the_end_of_the_recording_taken_out_of_the_log(folder):
    drop_events(folder, '"event": "recorded"')


@case(r"events.jsonl:\d+: .*, the recording has ")
def an_abort_taken_out_of_the_recording(folder):
    with h5(folder) as file:
        kinds = file["events"][:]["kind"]
        cut_items(file, ITEM_EVENT, ["events"], [int(numpy.flatnonzero(kinds == 9)[0])])


@case(r"events.jsonl:\d+: .*not a JSON object")
def a_line_of_the_log_that_is_no_json(folder):
    texts = events(folder)
    texts.insert(3, ', "event": "note", "text": "')
    chain(folder, texts)


@case(r"events.jsonl:\d+: .*not a JSON object")
def a_line_of_the_log_with_an_event_twice(folder):
    chain(folder, [text.replace('"event": "arm"', '"event": "step"').replace('"kind": "arm"', '"kind": "arm", "kind": "await"') for text in events(folder)])


@case("", limit=True)
def a_step_taken_out_of_the_log(folder):
    drop_events(folder, '"kind": "arm"')


# What people and other programs read of result.json.

@case(r"result.json:\d+:\d+: duplicate", forged=False)
def a_member_twice(folder):
    write(folder, "result.json", read(folder, "result.json").replace(b'"verdict"', b'"verdict": "pass", "verdict"', 1))


@case(r"result.json:\d+:\d+: duplicate", forged=False)
def a_member_twice_by_an_escape(folder):
    write(folder, "result.json", read(folder, "result.json").replace(b'"verdict"', b'"v\\u0065rdict": "pass", "verdict"', 1))


@case(r"result.json: Verdict: the bundle says", forged=False)
def a_member_of_another_case(folder):
    store(folder, {"Verdict": "fail", **load(folder)})


@case(r"result.json: run.operator: the bundle says", forged=False)
def a_member_named_as_a_path(folder):
    store(folder, {"run.operator": "somebody", **load(folder)})


@case(r"result.json:\d+:\d+: ", forged=False)
def a_byte_order_mark(folder):
    write(folder, "result.json", b"\xef\xbb\xbf" + read(folder, "result.json"))


@case(r"result.json:\d+:\d+: ", forged=False)
def a_second_document(folder):
    write(folder, "result.json", read(folder, "result.json") + read(folder, "result.json"))


@case(r"result.json:\d+:\d+: ", forged=False)
def a_lone_surrogate(folder):
    write(folder, "result.json", read(folder, "result.json").replace(b'"operator": null', b'"operator": "\\ud800"', 1))


@case(r"result.json:\d+:\d+: ", forged=False)
def a_million_brackets(folder):
    write(folder, "result.json", read(folder, "result.json").replace(b'"faults": []', b'"faults": ' + b"[" * 1000000 + b"]" * 1000000, 1))


@case(r"(result|environment).json: ", forged=False)
def another_operator(folder):
    result = load(folder)
    result["run"]["operator"] = "Somebody"
    store(folder, result)


@case(r"(result|environment).json: ", forged=False)
def another_device_serial(folder):
    result = load(folder)
    result["run"]["device_serial"] = "SN-2"
    store(folder, result)


@case(r"result.json: .*attempt", forged=False)
def a_fifth_attempt_that_is_a_first(folder):
    result = load(folder)
    result["run"]["attempt"] = 1
    result["run"]["earlier"] = [{"id": "x", "time": "2026-01-01T00:00:00Z", "verdict": "fail", "operator": None, "reason": None,
                                 "same_plan": True, "same_spec": True, "sums_sha256": None}]
    store(folder, result)


@case(r"environment.json", forged=False)
def an_environment_that_is_none(folder):
    write(folder, "environment.json", "nothing\n")


@case(r"environment.json: .*run", forged=False)
def the_environment_of_another_run(folder):
    environment = load(folder, "environment.json")
    environment["run"] = "20260101T000000Z-000000000000"
    store(folder, environment, "environment.json")


@case(r"views +partly", forged=False, limit=True)
def a_version_that_clears_the_screen(folder):
    result = load(folder)
    result["tool"]["version"] = "1\x1b[2J\x1b[Hverified"
    store(folder, result)
    of_another_build(folder, result["tool"]["version"])


def of_another_build(folder, version=None):
    environment = load(folder, "environment.json")
    environment["program"]["loaded"][0]["build_id"] = "00"
    environment["program"]["version"] = version or environment["program"]["version"]
    store(folder, environment, "environment.json")


# Tables.

@case(r"pulses.csv:\d+|results_sha256|pulses.csv", forged=False)
def a_table_with_crlf(folder):
    write(folder, "pulses.csv", read(folder, "pulses.csv").replace(b"\n", b"\r\n"))


@case(r"results_sha256", forged=False)
def a_table_written_otherwise_by_another_build(folder):
    of_another_build(folder)
    lines = read(folder, "pulses.csv").decode().split("\n")
    cells = lines[4].split(",")
    cells[1] = "+" + cells[1]
    lines[4] = ",".join(cells)
    write(folder, "pulses.csv", "\n".join(lines))


@case(r"values within 1e-09", forged=False, limit=True)
def the_last_digits_of_another_processor(folder):
    of_another_build(folder)
    lines = read(folder, "pulses.csv").decode().split("\n")
    cells = lines[4].split(",")
    cells[1] = repr(float(cells[1]) * (1 + 1e-13))
    lines[4] = ",".join(cells)
    write(folder, "pulses.csv", "\n".join(lines))
    result = load(folder)
    tables = b"".join(read(folder, name) for name in ("pulses.csv", "measurements.csv", "judgements.csv"))
    result["results_sha256"] = hashlib.sha256(tables).hexdigest()
    store(folder, result)


# Views.

@case(r"report.html: ", forged=False)
def the_report_of_another_device(folder):
    text = read(folder, "report.html").decode()
    write(folder, "report.html", text.replace("magpro", "MAGPRO").replace("fail", "pass") + "\n")


@case(r"junit.xml: ", forged=False)
def a_changed_junit(folder):
    write(folder, "junit.xml", read(folder, "junit.xml").replace(b'failures="0"', b'failures="00"'))


@case(r"views +partly.*\n +report.html: not compared.*(\n.*)*\nverified, but for the views", forged=False, limit=True)
def the_report_of_another_device_by_another_build(folder):
    of_another_build(folder)
    write(folder, "report.html", read(folder, "report.html") + b"\n")


@case(r"report.pdf: ", forged=False)
def a_report_that_no_run_makes(folder):
    write(folder, "report.pdf", "PASS")


# Inputs.

@case(r"inputs/other.yaml: ", forged=False)
def an_input_that_nobody_used(folder):
    write(folder, "inputs/other.yaml", "x: 1\n")


@case(r"", limit=True)
def a_looser_specification(folder):
    path = "inputs/example.yaml"
    text = read(folder, path).decode()
    new = text.replace("tolerance: {relative: 5 %}", "tolerance: {relative: 50 %}")
    assert new != text
    write(folder, path, new)


@case(r"simulated|sim", forged=True)
def a_simulated_bench_that_looks_real(folder):
    text = read(folder, "inputs/virtual.yaml").decode()
    result = load(folder)
    new = text.replace("driver: sim", "driver: iio")
    assert new != text
    write(folder, "inputs/virtual.yaml", new)
    result["run"]["simulated"] = False
    store(folder, result)


@case(r"smoke.lua|protocols.lua", forged=False)
def a_library_that_asks_for_the_time(folder):
    write(folder, "inputs/protocols.lua", b"if os.time() > 0 then end\n" + read(folder, "inputs/protocols.lua"))


@case(r"smoke.lua|protocols.lua", forged=False)
def a_library_that_asks_for_the_environment(folder):
    write(folder, "inputs/protocols.lua", b"if os.getenv('HOME') then end\n" + read(folder, "inputs/protocols.lua"))


@case(r"environment.json: the adc is a .*simulated", forged=False)
def a_served_bench_that_looks_real(folder):
    environment, result = load(folder, "environment.json"), load(folder)
    environment["instruments"] = [{"part": "adc", "key": "hw_model", "value": "tmsrig simulated ADC (x)"}]
    result["run"]["simulated"] = False
    store(folder, environment, "environment.json")
    store(folder, result)


# Signatures, by who has a key and minisign but not this program's scruples.

def sign(folder, number, meaning, name, time, key="one", says=None, comment=None, options=()):
    work = os.path.dirname(folder)
    secret = os.path.join(work, key + ".key")
    if not os.path.exists(secret):
        subprocess.run(["minisign", "-G", "-W", "-s", secret, "-p", secret + ".pub"], check=True, capture_output=True)
    with open(secret + ".pub") as file:
        public = file.read().splitlines()[1]
    key_id = base64.b64decode(public)[2:10][::-1].hex().upper()
    os.makedirs(os.path.join(folder, "signatures"), exist_ok=True)
    covers = {"SHA256SUMS": hashlib.sha256(read(folder, "SHA256SUMS")).hexdigest()}
    for other in sorted(os.listdir(os.path.join(folder, "signatures"))):
        covers["signatures/" + other] = hashlib.sha256(read(folder, "signatures/" + other)).hexdigest()
    file = f"{number:02}-{meaning}.json"
    statement = {"meaning": says or meaning, "name": name, "time": time, "key_id": key_id, "public_key": public, "covers": covers}
    store(folder, statement, "signatures/" + file)
    subprocess.run(["minisign", "-S", *options, "-s", secret, "-m", os.path.join(folder, "signatures", file),
                    "-t", comment or f"timestamp:0\tfile:{file}\thashed"], check=True, capture_output=True)


def now(days=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@case(r"\n    performed by A. Meier at .*: signature holds", forged=False, limit=True)
def a_signature_by_nobody_known(folder):
    sign(folder, 1, "performed", "A. Meier", now())


@case(r"not among the trusted keys", forged=False, arguments=("--trust", "other.key.pub"))
def a_signature_by_another_key_than_the_trusted(folder):
    sign(folder, 1, "performed", "A. Meier", now(), key="other")
    shutil.rmtree(os.path.join(folder, "signatures"))
    sign(folder, 1, "performed", "A. Meier", now())


@case(r"02-approved.json: one key signs under two names", forged=False)
def one_key_with_two_names(folder):
    sign(folder, 1, "performed", "A. Meier", now())
    sign(folder, 2, "approved", "B. Sato", now())


@case(r"performed and approved by the same key", forged=False, limit=True)
def one_person_for_two_meanings(folder):
    sign(folder, 1, "performed", "A. Meier", now())
    sign(folder, 2, "approved", "A. Meier", now())


@case(r"who approved it has also performed it \(the same name\)", forged=False, arguments=("--require", "approved,different-people"))
def one_person_with_two_keys(folder):
    sign(folder, 1, "performed", "A. Meier", now())
    sign(folder, 2, "approved", "a. meier", now(), key="two")


@case(r"is before the end of the run", forged=False)
def a_signature_from_before_the_run(folder):
    sign(folder, 1, "performed", "A. Meier", now(-1))


@case(r"is still to come by the clock", forged=False)
def a_signature_from_the_future(folder):
    sign(folder, 1, "performed", "A. Meier", now(1))


@case(r"01-performed.json: states 'approved', which is not what its name says", forged=False)
def a_meaning_that_is_another(folder):
    sign(folder, 1, "performed", "A. Meier", now(), says="approved")


@case(r"01-performed.json: its name is none", forged=False)
def a_name_that_is_written_backwards(folder):
    sign(folder, 1, "performed", "\u202ereieM .A", now())


@case(r"01-performed.json: its name is none", forged=False)
def a_name_with_letters_of_no_width(folder):
    sign(folder, 1, "performed", "A.\u200b Meier", now())


@case(r"\n    performed by \u0410. Meier", forged=False, limit=True)
def a_name_with_a_letter_that_looks_the_same(folder):
    sign(folder, 1, "performed", "\u0410. Meier", now())


@case(r"of the old form", forged=False)
def a_signature_of_the_old_form(folder):
    sign(folder, 1, "performed", "A. Meier", now(), options=("-l",))


@case(r"was made of a file of another name", forged=False)
def a_signature_made_of_another_file(folder):
    sign(folder, 1, "performed", "A. Meier", now(), comment="timestamp:0\tfile:01-reviewed.json\thashed")


@case(r"there is no signature for approved that holds", forged=False, arguments=("--require", "performed,approved"))
def the_last_signature_taken_away(folder):
    sign(folder, 1, "performed", "A. Meier", now())


# What is there besides files.

@case(r"fifo: ", forged=False)
def a_fifo(folder):
    os.mkfifo(os.path.join(folder, "fifo"))


@case(r"a\\x0anew\\x1b", forged=False)
def a_name_with_escapes(folder):
    write(folder, "a\nnew\x1b[2J", "x")


@case(r"recording.h5: ", forged=False)
def a_terabyte_of_nothing(folder):
    os.truncate(os.path.join(folder, "recording.h5"), 1 << 40)


# Archives of which two unpackers see different files.

ZIP_CASES = []


def zip_case(function):
    ZIP_CASES.append(function)
    return function


def directory_of(data):
    end = data.rindex(b"PK\5\6")
    return struct.unpack("<I", data[end + 16:end + 20])[0], end


def another(name="bundle/report.html"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "PASS")
    return file.getvalue()


@zip_case
def an_entry_that_only_its_local_head_names(data):
    at, end = directory_of(data)
    hidden = another()[:directory_of(another())[0]]
    return data[:at] + hidden + data[at:end + 16] + struct.pack("<I", at + len(hidden)) + data[end + 20:]


@zip_case
def another_name_in_the_local_head(data):
    return data.replace(b"bundle/junit.xml", b"bundle/junix.xml", 1)


@zip_case
def another_flag_in_the_local_head(data):
    return data[:6] + bytes([data[6] ^ 1]) + data[7:]


@zip_case
def another_method_in_the_local_head(data):
    return data[:8] + bytes([data[8] ^ 8]) + data[9:]


@zip_case
def another_archive_before(data):
    return another() + data


@zip_case
def another_archive_behind(data):
    return data + another()


@zip_case
def another_archive_as_the_comment(data):
    return data[:-2] + struct.pack("<H", len(another())) + another()


@zip_case
def a_script_before(data):
    return b"#!/bin/sh\necho pass\n" + data


def try_archives(rig, smoke, names):
    folder, path = os.path.join(rig.work, "bundle"), os.path.join(rig.work, "bundle.zip")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(smoke, folder)
    rig.call("export", folder, path)
    with open(path, "rb") as file:
        data = file.read()
    told = wrong = 0
    for function in ZIP_CASES:
        if names and function.__name__ not in names:
            continue
        with open(path, "wb") as file:
            file.write(function(data))
        status, text = rig.call("verify", path)
        holds = status == 2 and "bundle.zip: " in text
        told, wrong = told + holds, wrong + (not holds)
        if not holds:
            print(f"not ok: {function.__name__}: exit status {status}\n{text[-700:]}")
    return told, wrong


def try_exchange(rig, smoke):
    """A forged bundle, in which the honest recording lies while it is judged, and the forged one before and after."""
    folder = os.path.join(rig.work, "bundle")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(smoke, folder)
    shutil.copy(os.path.join(folder, "recording.h5"), folder + ".honest")
    a_pulse_replaced_by_another(folder)
    sums(folder)
    status, text = rig.call("verify", folder, LD_PRELOAD=rig.library, DECEIT_SWAP=folder)
    holds = status == 1 and re.search(r"^re-judging +holds", text, re.M) and "the folder was changed while it was read" in text
    if not holds:
        print(f"not ok: exchanged while it was read: exit status {status}\n{text[-900:]}")
    return int(bool(holds)), int(not holds)


def attack(rig, smoke, function, says, forged, arguments):
    folder = os.path.join(rig.work, "bundle")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(smoke, folder)
    function(folder)
    if forged:
        forge(rig, folder)
    elif function.__name__ != "a_terabyte_of_nothing":
        sums(folder)
    arguments = [os.path.join(rig.work, word) if word.endswith(".pub") else word for word in arguments]
    return rig.call("verify", folder, *arguments, TMSRIG_STATE=os.path.join(rig.work, "none"))


def main():
    tmsrig, smoke, names = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), sys.argv[3:]
    told, limits, wrong = 0, 0, 0
    brief = names == ["brief"]
    names = BRIEF if brief else names
    if not h5py and not brief:
        sys.exit("python3-h5py is needed, but for brief")
    with tempfile.TemporaryDirectory() as work:
        rig = Rig(tmsrig, work)
        for function, says, forged, limit, arguments in CASES:
            if names and function.__name__ not in names:
                continue
            try:
                status, text = attack(rig, smoke, function, says, forged, arguments)
            except AssertionError as error:
                status, text = "none", repr(error)
            holds = status == (0 if limit else 1) and re.search(says, text) and "\x1b" not in text
            told, limits, wrong = told + bool(holds and not limit), limits + bool(holds and limit), wrong + (not holds)
            if not holds or names and not brief:
                print(f"{'ok' if holds else 'not ok'}: {function.__name__}: exit status {status}\n{text[-1500:] if names else text[-700:]}")
        for more, less in [try_archives(rig, smoke, [] if brief else names)] + ([] if names else [try_exchange(rig, smoke)]):
            told, wrong = told + more, wrong + less
    print(f"{told} deceptions told, {limits} that verify cannot tell (docs/verify.md), {wrong} not ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
