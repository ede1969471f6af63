#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A regulator's reading of the report: each item of the checklists and the text it must stand in, in the PDF and in the HTML.

usage: items.py stated TEXT_OF_PDF REPORT.html RESULT.json     every item is there, with what was stated
       items.py unstated REPORT.html                           what nobody stated says so, and nothing else does
       items.py pages TEXT_OF_PDF IDENTIFICATION               every page says who, what and which of how many
"""
import json
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
    ("p external providers", "identification", "none from outside"),
    ("note: except in full", "identification", "shall not be reproduced except in full"),
    ("7.8.3 temperature", "identification", "22.4 degC"),
    ("7.8.3 humidity", "identification", "41 %"),
    ("7.8.3 mains", "identification", "230 V, 50 Hz"),
    ("7.8.3 warm-up", "identification", "30 min"),
    ("7.8.3 coil temperature", "identification", "23 to 31 degC"),
    ("7.8.6 statement of conformity", "method", "statements of conformity with {spec_title}, revision {spec_revision}"),
    ("7.8.6 requirements met", "method", "met: {met}"),
    ("7.8.6 decision rule", "method", "{rule_text}"),
    ("uncertainty statement", "method", "coverage of 95.45 %"),
    ("7.8.7 opinions", "identification", "no opinion is given"),
    ("7.8.8 amended report", "identification", "TR-2026-0041"),
    ("62304 9.8 results", "results", "PASS"),
    ("62304 9.8 anomalies", "anomalies", "Anomalies"),
    ("62304 9.8 software version tested", "identification", "7.3.1"),
    ("62304 9.8 hash of that software", "identification", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("62304 9.8 configuration", "configuration", "ADC driver"),
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
    ("rig: hash of the bench file", "records", "{bench_sha256}"),
    ("rig: hash of the specification", "records", "{spec_sha256}"),
    ("rig: hash of the scenario", "records", "{scenario_sha256}"),
    ("rig: environment of the program", "records", "Environment of the program"),
    ("calibration: certificate", "calibration", "{certificate}"),
    ("calibration: due", "calibration", "{due}"),
    ("calibration: uncertainty", "calibration", "U gain"),
    ("calibration: status", "calibration", "every calibration that a verdict rests on was in force"),
    ("acceptance criterion with its source", "results", "{source}"),
    ("limit", "results", "{limit_text}"),
    ("trace: requirement", "trace", "{requirement}"),
    ("trace: hazard", "trace", "{hazard}"),
    ("trace: risk control", "trace", "{risk_control}"),
    ("trace: test case", "trace", "{scenario}"),
    ("trace: raw data", "trace", "recording.h5"),
    ("trace: requirements not tested", "trace", "Requirements not tested by this run"),
    ("trace: back from test case", "trace", "Declared by the test case, not in the specification"),
    ("statistics", "method", "Std. deviation"),
    ("repeated runs", "anomalies", "Repeated runs"),
    ("override of the calibration", "anomalies", "Calibration override none"),
    ("justifications", "anomalies", "Findings of the plan's check"),
    ("waveform: representative", "waveforms", "Representative pulse"),
    ("waveform: worst case", "waveforms", "Worst case: pulse"),
    ("raw data: place", "records", "archive shelf 7"),
    ("raw data: retention", "records", "15 years"),
    ("signatures", "signatures", "Signature by hand"),
    ("reviewer", "signatures", "S. Second"),
    ("audit trail", "records", "Extract of the audit trail"),
    ("audit trail: an entry", "records", "safe state"),
    ("tool validation", "records", "OQ without findings"),
    ("tool: known anomalies", "records", "no known anomaly"),
    ("uncertainty budgets", "budgets", "effective degrees of freedom"),
    ("simulated or real", "anomalies", "SIMULATED"),
    ("where each item stands", "checklist", "7.8.2.1 p"),
]

# What a rig cannot know; nothing else may be "not stated".
UNSTATED = {
    "Number of the report", "Date of issue", "Authorised by", "Reviewed by", "Laboratory", "Address of the laboratory", "Location of the activity",
    "Customer", "Address of the customer", "UDI", "Hardware revision", "Software version under test", "SHA-256 of that software",
    "Serial number of the coil", "Condition", "Received", "Pulse counter before", "Pulse counter after", "Sampling plan",
    "Additions to, deviations and exclusions from the method", "Results from external providers", "Temperature", "Relative humidity",
    "Mains voltage and frequency", "Warm-up", "Coil temperature, start and end", "Deviations from the method", "Serial number of the rig",
    "Validation of the rig as a tool", "Known anomalies of the rig", "Retention period",
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


def facts(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    inputs = {entry["path"]: entry["sha256"] for entry in result["inputs"]}
    sensor = next(channel for channel in result["bench"]["channels"] if channel["certificate"])
    traced = next(r for r in result["requirements"] if r["hazard"] and r["risk_control"])
    counted = next(r for r in result["requirements"] if r["unit"] == "1" and r["lower"] is not None and r["lower"] == r["upper"])
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
    }


def stated(pdf, html, result):
    known = facts(result)
    with open(pdf, encoding="utf-8") as file:
        paper = file.read()
    # The lines in the margins stand between two parts of a text that goes over a page.
    paper = squeezed(re.sub(r"(?m)^.*(Page \d+ of \d+|SIMULATED: no evidence about a real device)$", "", paper))
    screen = sections(html)
    missing = 0
    for item, section, template in ITEMS:
        text = squeezed(template.format(**known))
        for where, content in (("PDF", paper), ("HTML, section " + section, screen.get(section, ""))):
            if text not in content:
                print(f"not ok {item}: the {where} lacks '{template.format(**known)}'")
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


def pages(pdf, identification):
    with open(pdf, encoding="utf-8") as file:
        texts = file.read().rstrip("\f").split("\f")
    wrong = 0
    for number, text in enumerate(texts, 1):
        for what in (f"Page {number} of {len(texts)}", identification, "SIMULATED: no evidence about a real device"):
            if squeezed(what) not in squeezed(text):
                print(f"not ok: page {number} lacks '{what}'")
                wrong += 1
    print(f"{len(texts)} pages")
    return wrong


COMMANDS = {"stated": stated, "unstated": unstated, "pages": pages}
sys.exit(1 if COMMANDS[sys.argv[1]](*sys.argv[2:]) else 0)
