#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A regulator's reading of the report: each item of the checklists and the text it must stand in, in the PDF and in the HTML.

usage: items.py stated TEXT_OF_PDF REPORT.html BUNDLE   every item is there, with what was stated; prints on which page each stands
       items.py unstated REPORT.html                    what nobody stated says so, and nothing else does
       items.py pages TEXT_OF_PDF IDENTIFICATION [real]  every page says who, what and which of how many, and that it is simulated unless "real"
       items.py numbers BUNDLE REPORT.html              margins, risks, verdicts, the worst and the representative pulse, made again by other means
"""
import csv
import hashlib
import json
import math
import os
import re
import sys
import xml.etree.ElementTree

# (item, section the text stands in, text); {…} is taken from result.json.
ITEMS = [
    ("17025 7.8.2.1 a title", "identification", "Test report: {title}"),
    ("b name of the laboratory", "identification", "Coil Test Laboratory"),
    ("b address of the laboratory", "identification", "1 Field Street, 12345 Faradaytown"),
    ("c location", "identification", "Laboratory building, room 2"),
    ("d unique identification", "identification", "TR-2026-0042"),
    ("d identification of the results", "identification", "{results_sha256}"),
    ("d end", "end", "End of report"),
    ("e customer", "identification", "Stimulus Works Ltd."),
    ("e address of the customer", "identification", "2 Pulse Road, 54321 Henrytown"),
    ("f method: plan", "identification", "{plan_sha256}"),
    ("f method: procedure and version", "identification", "TP-12, version 3"),
    ("g item: description", "identification", 'Magnetic stimulator <b>"X" & Y</b>'),
    ("g item: identification", "identification", "SN-0007"),
    ("g item: condition", "identification", "as new"),
    ("h date of receipt", "identification", "2026-11-02"),
    ("i dates of performance", "identification", "{started} to {ended}"),
    ("j date of issue", "identification", "2026-11-23"),
    ("k sampling plan", "identification", "one device of the series"),
    ("l only the item tested", "identification", "The results relate only to the item tested"),
    ("m results with units", "results", "{value_text}"),
    ("n deviations", "anomalies", "cable of 3 m"),
    ("o authorised by", "identification", "R. Responsible"),
    ("o authorised by: room to sign", "signatures", "R. Responsible"),
    ("p external providers", "identification", "none from outside"),
    ("note: except in full", "identification", "shall not be reproduced except in full"),
    ("7.8.3 temperature", "identification", "22.4 degC"),
    ("7.8.3 humidity", "identification", "41 %"),
    ("7.8.3 mains", "identification", "230 V, 50 Hz"),
    ("7.8.3 warm-up", "identification", "30 min"),
    ("7.8.3 coil temperature", "identification", "23 to 31 degC"),
    ("7.8.6 statement of conformity", "method", "statements of conformity with {spec_title}, revision {spec_revision}"),
    ("7.8.6 requirements met", "method", "met: {met}"),
    ("7.8.6 requirements not met", "method", "not met: none"),
    ("7.8.6 without a statement", "method", "no statement of conformity is made on: none"),
    ("7.8.6 decision rule", "method", "{rule_text}"),
    ("7.8.3.1 c uncertainty in the unit of the result", "results", "± {u_text}"),
    ("uncertainty: coverage factor", "results", "(k = 2.00)"),
    ("uncertainty: coverage", "method", "coverage of 95.45 %"),
    ("uncertainty: how it was made", "method", "JCGM 100:2008, G.4"),
    ("risk: probability of false accept", "method", "probability of false accept"),
    ("risk: conformance probability", "method", "Conformance probability"),
    ("capability: TUR", "method", "TUR: span of the limits"),
    ("7.8.7 opinions", "identification", "no opinion is given"),
    ("7.8.8 amended report", "identification", "TR-2026-0041"),
    ("62304 9.8 results", "results", "PASS"),
    ("62304 9.8 anomalies", "anomalies", "Anomalies"),
    ("62304 9.8 software version tested", "identification", "7.3.1"),
    ("62304 9.8 hash of that software", "identification", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("62304 9.8 date", "identification", "{started}"),
    ("62304 9.8 configuration of the hardware", "configuration", "ADC driver"),
    ("62304 9.8 configuration of the device", "configuration", "What the specification calls"),
    ("62304 9.8 test tools", "records", "{tool}"),
    ("62304 9.8 tester", "identification", "A. Tester"),
    ("device: model", "identification", "{device_title}"),
    ("device: UDI", "identification", "(01)00000000000017(21)SN-1"),
    ("device: hardware revision", "identification", "HW-C"),
    ("device: coil", "identification", "B65-0815"),
    ("device: pulse counter before", "identification", "120431"),
    ("device: pulse counter after", "identification", "120456"),
    ("rig: serial number", "records", "RIG-01"),
    ("rig: program and build", "records", "{build}"),
    ("rig: revision of its sources", "records", "build {build}"),
    ("rig: hash of the program", "records", "{program_sha256}"),
    ("rig: firmware and FPGA images", "records", "FW-3.1, bitstream 77ab"),
    ("rig: what the instruments say of themselves", "records", "Instruments, as they name themselves"),
    ("rig: hash of the bench file", "records", "{bench_sha256}"),
    ("rig: hash of the specification", "records", "{spec_sha256}"),
    ("rig: hash of the scenario", "records", "{scenario_sha256}"),
    ("rig: host, kernel", "records", "{kernel}"),
    ("rig: state of the clock", "records", "Clock: synchronised"),
    ("rig: software of unknown provenance", "records", "hdf5 {hdf5}"),
    ("rig: files of that software", "records", "{libc_build_id}"),
    ("calibration: certificate", "calibration", "{certificate}"),
    ("calibration: due", "calibration", "{due}"),
    ("calibration: date", "calibration", "{certificate_date}"),
    ("calibration: laboratory", "calibration", "{certificate} {certificate_laboratory}"),
    ("calibration: instrument", "calibration", "{sensor}"),
    ("calibration: gain used", "calibration", "Gain: one count"),
    ("calibration: offset used", "calibration", "Offset U offset"),
    ("calibration: delay used", "calibration", "Delay U delay"),
    ("calibration: uncertainty used", "calibration", "{u_gain}"),
    ("calibration: status", "calibration", "were simulated ones: their certificates are examples"),
    ("acceptance criterion with its source", "results", "{source}"),
    ("criteria fixed before execution", "results", "read from the specification before the first pulse"),
    ("limit", "results", "{limit_text}"),
    ("margin", "results", "Margin"),
    ("trace: requirement", "trace", "{requirement}"),
    ("trace: hazard", "trace", "{hazard}"),
    ("trace: risk control", "trace", "{risk_control}"),
    ("trace: test case", "trace", "{scenario}"),
    ("trace: raw data", "trace", "recording.h5"),
    ("trace: from hazard to requirement", "trace", "{hazard}, {risk_control}"),
    ("trace: requirements not tested", "trace", "Requirements not tested by this run"),
    ("trace: back from test case", "trace", "Declared by the test case, not in the specification"),
    ("statistics: n, mean, s, smallest, largest", "method", "n Mean Std. deviation Smallest Largest"),
    ("statistics: n of the result", "results", "n = {population}"),
    ("verdict without and with a guard band", "method", "w = 0, w = U"),
    ("verdict: an entry", "method", "pass pass, pass"),
    ("guard band used", "method", "w used"),
    ("zero failures in n trials", "method", "none outside: at most"),
    ("repeated runs", "anomalies", "Repeated runs"),
    ("override of the calibration", "anomalies", "Calibration override none"),
    ("justifications", "anomalies", "Findings of the plan's check"),
    ("waveform: representative", "waveforms", "Representative pulse"),
    ("waveform: worst case", "waveforms", "Worst case: pulse"),
    ("raw data: place", "records", "archive shelf 7"),
    ("raw data: format", "records", "recording.h5 (HDF5)"),
    ("raw data: SHA-256", "records: PDF", "{recording_sha256}"),
    ("attached result.json: SHA-256", "records: PDF", "{result_sha256}"),
    ("attached manifest: SHA-256", "records: PDF", "{manifest_sha256}"),
    ("raw data: retention", "records", "15 years"),
    ("signatures", "signatures", "Signature by hand"),
    ("signatures: operator", "signatures", "A. Tester"),
    ("signatures: reviewer", "signatures", "S. Second"),
    ("signatures: electronic, meaning", "signatures", "performed A. Meier"),
    ("signatures: electronic, UTC time", "signatures", "A. Meier {signed}"),
    ("signatures: electronic, key", "signatures", "{key_id}"),
    ("audit trail", "records", "Extract of the audit trail"),
    ("audit trail: an entry", "records", "safe state"),
    ("tool validation", "records", "OQ without findings"),
    ("tool: known anomalies", "records", "no known anomaly"),
    ("uncertainty budgets", "budgets", "effective degrees of freedom"),
    ("simulated or real", "anomalies", "SIMULATED"),
    ("safe state at the end", "front", "the safe state was seen at the end"),
    ("where each item stands", "checklist", "7.8.2.1 p"),
]

# What a rig cannot know; nothing else may be "not stated".
UNSTATED = {
    "Number of the report", "Date of issue", "Authorised by", "Reviewed by", "Laboratory", "Address of the laboratory", "Location of the activity",
    "Customer", "Address of the customer", "UDI", "Hardware revision", "Software version under test", "SHA-256 of that software",
    "Serial number of the coil", "Condition", "Received", "Pulse counter before", "Pulse counter after", "Sampling plan",
    "Additions to, deviations and exclusions from the method", "Results from external providers", "Temperature", "Relative humidity",
    "Mains voltage and frequency", "Warm-up", "Coil temperature, start and end", "Deviations from the method", "Serial number of the rig",
    "Validation of the rig as a tool", "Known anomalies of the rig", "Retention period", "Firmware and FPGA images of the rig",
}


def squeezed(text):
    """Without white space and case: where a line breaks, and that headings are capitals, is a matter of the page."""
    return re.sub(r"\s+", "", text).casefold()


def sections(path):
    """The text of each section of the HTML by its id, read as XML."""
    body = xml.etree.ElementTree.parse(path).getroot().find(".//main")
    found, at = {"front": []}, "front"
    for element in body.iter():
        if element.tag == "h2" and element.get("id"):
            at = element.get("id")
            found[at] = []
        if element.get("class") == "end":
            at = "end"
            found[at] = []
        found[at].append(element.text or "")
        found[at].append(element.tail or "")
    return {name: squeezed("".join(texts)) for name, texts in found.items()}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def read_json(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return json.load(file)


def facts(bundle):
    result, environment = read_json(bundle, "result.json"), read_json(bundle, "environment.json")
    signature = read_json(bundle, "signatures", "01-performed.json")
    inputs = {entry["path"]: entry["sha256"] for entry in result["inputs"]}
    sensor = next(channel for channel in result["bench"]["channels"] if channel["certificate"])
    traced = next(r for r in result["requirements"] if r["hazard"] and r["risk_control"])
    counted = next(r for r in result["requirements"] if r["unit"] == "1" and r["lower"] is not None and r["lower"] == r["upper"])
    latency = next(r for r in result["requirements"] if r["measurand"] == "pulse.latency")
    loaded = {entry["file"]: entry["build_id"] for entry in environment["program"]["loaded"]}
    return {
        "title": result["scenario"]["title"], "results_sha256": result["results_sha256"], "plan_sha256": result["scenario"]["plan_sha256"],
        "started": result["run"]["started"], "ended": result["run"]["ended"], "value_text": f"{counted['value']:.0f}",
        "limit_text": f"= {counted['lower']:.0f}", "spec_title": result["spec"]["title"], "spec_revision": result["spec"]["revision"],
        "met": ", ".join(r["id"] for r in result["requirements"] if r["verdict"] in ("pass", "conditional_pass")),
        "rule_text": counted["rule_text"], "tool": result["tool"]["version"], "build": result["tool"]["build"],
        "device_title": result["device"]["title"], "bench_sha256": inputs[result["bench"]["file"]], "spec_sha256": inputs[result["spec"]["file"]],
        "scenario_sha256": next(sha for name, sha in inputs.items() if name.endswith(".lua")), "certificate": sensor["certificate"],
        "due": sensor["due"], "source": f"{traced['source']['document']}, {traced['source']['clause']}", "requirement": traced["id"],
        "hazard": traced["hazard"], "risk_control": traced["risk_control"], "scenario": result["scenario"]["id"],
        "u_text": f"{latency['expanded'] * 1e6:.{1 - math.floor(math.log10(latency['expanded'] * 1e6))}f} µs", "population": max(r["population"] for r in result["requirements"]),
        "program_sha256": environment["program"]["sha256"],
        "kernel": environment["host"]["kernel"], "hdf5": environment["program"]["versions"]["hdf5"], "libc_build_id": loaded["libc.so.6"],
        "certificate_date": sensor["date"], "certificate_laboratory": sensor["laboratory"], "sensor": sensor["sensor"],
        "u_gain": f"{200 * sensor['u_gain_rel']:.2g} %", "signed": signature["time"], "key_id": signature["key_id"],
        "recording_sha256": sha256(os.path.join(bundle, "recording.h5")), "result_sha256": sha256(os.path.join(bundle, "result.json")),
        "manifest_sha256": sha256(os.path.join(bundle, "SHA256SUMS")),
    }


class Paper:
    """The text of a PDF without white space and case, the lines in the margins left out, and on which page and in which section each part is."""

    MARGIN = re.compile(r"(?m)^.*(Page \d+ of \d+|SIMULATED: no evidence about a real device)$")

    def __init__(self, path, headings):
        with open(path, encoding="utf-8") as file:
            pages = file.read().rstrip("\f").split("\f")
        self.text, self.starts, self.sections, self.count = "", [], [(0, "front")], len(pages)
        for page in pages:
            self.starts.append(len(self.text))
            for line in self.MARGIN.sub("", page).split("\n"):
                if line.strip() in headings:
                    self.sections.append((len(self.text), headings[line.strip()]))
                self.text += squeezed(line)

    def page_of(self, text, section):
        """Its page, from 1, in that section; None when it is not there."""
        for number, (start, name) in enumerate(self.sections):
            end = self.sections[number + 1][0] if number + 1 < len(self.sections) else len(self.text)
            place = self.text.find(text, start, end) if name == section else -1
            if place >= 0:
                return sum(start <= place for start in self.starts)
        return None


def headings(html):
    root = xml.etree.ElementTree.parse(html).getroot()
    found = {"".join(h.itertext()).strip(): h.get("id") for h in root.iter("h2") if h.get("id")}
    found["End of report"] = "end"
    return found


def stated(pdf, html, bundle):
    known = facts(bundle)
    paper, screen, missing = Paper(pdf, headings(html)), sections(html), 0
    print(f"where each item stands, in a PDF of {paper.count} pages:")
    for item, place, template in ITEMS:
        section, _, only = place.partition(": ")
        text = squeezed(template.format(**known))
        page = paper.page_of(text, section)
        if page is None:
            print(f"not ok {item}: the section {section} of the PDF lacks '{template.format(**known)}'")
            missing += 1
        else:
            print(f"  {item:55} page {page:2}  {section}")
        if not only and text not in screen.get(section, ""):
            print(f"not ok {item}: the section {section} of the HTML lacks '{template.format(**known)}'")
            missing += 1
    if squeezed("not stated") in screen["identification"] + screen["records"]:
        print("not ok: all was stated, and the report says 'not stated'")
        missing += 1
    print(f"{len(ITEMS)} items, {missing} missing")
    return missing


def unstated(html):
    root = xml.etree.ElementTree.parse(html).getroot()
    seen = set()
    for row in root.findall(".//tr"):
        if any(element.get("class") == "unstated" for element in row.iter()):
            seen.add("".join(row.find("td").itertext()))
    total = sum(element.get("class") == "unstated" for element in root.iter())
    for label in seen - UNSTATED:
        print(f"not ok: '{label}' is 'not stated', but the rig knows it")
    for label in UNSTATED - seen:
        print(f"not ok: nobody stated '{label}', and the report does not say so")
    print(f"{total} facts not stated")
    return len(seen ^ UNSTATED) + (total < len(UNSTATED))


def pages(pdf, identification, real=None):
    with open(pdf, encoding="utf-8") as file:
        texts = file.read().rstrip("\f").split("\f")
    wrong = 0
    for number, text in enumerate(texts, 1):
        for what in (f"Page {number} of {len(texts)}", identification) + (() if real else ("SIMULATED: no evidence about a real device",)):
            if squeezed(what) not in squeezed(text):
                print(f"not ok: page {number} lacks '{what}'")
                wrong += 1
    ends = [number for number, text in enumerate(texts, 1) if re.search(r"\bEnd of (report|document)\b", text)]
    if ends != [len(texts)]:
        print(f"not ok: the end mark stands on page {ends}, the last page is {len(texts)}")
        wrong += 1
    print(f"{len(texts)} pages")
    return wrong


def beyond(t, dof):
    """P(T > t) of Student's t: Simpson's rule over its density, from the angle whose tangent is t / sqrt(dof)."""
    if dof > 1e7:
        return 0.5 * math.erfc(t / math.sqrt(2))
    steps, low, high = 20000, math.atan(t / math.sqrt(dof)), math.pi / 2
    scale = math.exp(math.lgamma((dof + 1) / 2) - math.lgamma(dof / 2)) / math.sqrt(math.pi)
    width = (high - low) / steps

    def density(angle):
        return max(math.cos(angle), 0.0) ** (dof - 1)
    total = density(low) + density(high) + sum((4 if i % 2 else 2) * density(low + i * width) for i in range(1, steps))
    return scale * total * width / 3


def near(a, b, relative, absolute=0.0):
    return abs(a - b) <= max(relative * max(abs(a), abs(b)), absolute)


def judged(requirement):
    """What is wrong with margin, risk, capability and verdict of a requirement, each made again from value, u and limits."""
    value, u, expanded = requirement["value"], requirement["u"], requirement["expanded"]
    lower, upper = requirement["lower"], requirement["upper"]
    margin = min(value - lower if lower is not None else math.inf, upper - value if upper is not None else math.inf)
    guard = {"simple": 0, "guarded": expanded, "non_binary": expanded}.get(requirement["rule"])
    dof = requirement["dof"] if requirement["dof"] is not None else math.inf
    if not near(margin, requirement["margin"], 1e-9, 1e-12):
        yield f"margin {requirement['margin']}, by hand {margin}"
    if u > 0:
        risk = (beyond((upper - value) / u, dof) if upper is not None else 0) + (beyond((value - lower) / u, dof) if lower is not None else 0)
        if not near(risk, requirement["consumer_risk"], 1e-5, 1e-9):
            yield f"consumer's risk {requirement['consumer_risk']}, by hand {risk}"
        if lower is not None and upper is not None and not near((upper - lower) / (4 * u), requirement["capability_index"], 1e-9):
            yield f"capability {requirement['capability_index']}, by hand {(upper - lower) / (4 * u)}"
    if guard is not None and requirement["rule"] != "non_binary" and requirement["verdict"] in ("pass", "fail"):
        verdict = "pass" if margin >= guard else "fail"
        if verdict != requirement["verdict"]:
            yield f"verdict {requirement['verdict']}, by hand {verdict}"


def worst_of(requirement, rows):
    """The index with the smallest margin less guard band, for limits that are the same for every value; None where they are not."""
    limit, fields = requirement["limit"], dict(line.split("=", 1) for line in requirement["canonical"].splitlines() if "=" in line)
    selected = any(fields.get(name) for name in ("scenarios", "intensity_min_pct", "intensity_max_pct", "interval_max_s")) or fields.get("position", "any") != "any"
    if requirement["judge"] != "every" or limit["nominal"] is not None or selected or requirement["rule"] != "guarded":
        return None
    best = None
    for row in rows.get(requirement["measurand"], []):
        value, expanded = float(row["value"]), float(row["U"])
        low, high = limit["minimum"], limit["maximum"]
        distance = min(value - low if low is not None else math.inf, high - value if high is not None else math.inf) - expanded
        if row["voided"] == "0" and (best is None or distance < best[0]):
            best = (distance, int(row["index"]))
    return best and best[1]


def numbers(bundle, html):
    result, rows, wrong = read_json(bundle, "result.json"), {}, 0
    with open(os.path.join(bundle, "measurements.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["measurand"], []).append(row)
    risks = worsts = 0
    for requirement in result["requirements"]:
        if requirement["consumer_risk"] is None:
            continue
        risks += 1
        for finding in judged(requirement):
            print(f"not ok {requirement['id']}: {finding}")
            wrong += 1
        worst = worst_of(requirement, rows)
        if worst is not None and requirement["subject"] != "session":
            worsts += 1
            if worst != requirement["worst_subject"]:
                print(f"not ok {requirement['id']}: the worst is {requirement['worst_subject']}, by hand {worst}")
                wrong += 1
    peaks = sorted((float(r["value"]) / float(r["planned"]), int(r["index"])) for r in rows["pulse.peak1"] if r["voided"] == "0" and r["planned"] not in ("", "nan"))
    middle = peaks[(len(peaks) + 1) // 2 - 1][1]
    with open(html, encoding="utf-8") as file:
        if f"Representative pulse {middle}." not in file.read():
            print(f"not ok: the representative pulse is {middle} by hand, and not that of the report")
            wrong += 1
    print(f"{risks} risks and margins, {worsts} worst cases, 1 representative pulse made again, {wrong} differ")
    return wrong + (risks == 0) + (worsts == 0)


COMMANDS = {"stated": stated, "unstated": unstated, "pages": pages, "numbers": numbers}
sys.exit(1 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 0)
