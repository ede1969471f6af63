#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications that a page must survive.

usage: hostile.py texts|many   texts: ids and texts that are too long, in other scripts, or look like markup; many: 120 requirements
"""
import sys

MEASURANDS = [
    ("session.pulse_count", "{nominal: planned, tolerance: {absolute: 0}}", "simple"), ("pulse.interval_error", "{minimum: -1 ms, maximum: 1 ms}", "guarded"),
    ("pulse.peak1_error", "{minimum: -5 %, maximum: 5 %}", "guarded"), ("pulse.period", "{nominal: planned, tolerance: {relative: 2 %}}", "guarded"),
    ("train.rate", "{nominal: planned, tolerance: {relative: 1 %}}", "guarded"), ("session.missing", "{maximum: 0}", "simple"),
]
CHINESE = "\u8109\u51b2\u95f4\u9694\u5fc5\u987b\u5728\u89c4\u5b9a\u7684\u516c\u5dee\u8303\u56f4\u5185\u3002"
ARABIC = "\u064a\u062c\u0628 \u0623\u0646 \u062a\u0643\u0648\u0646 \u0627\u0644\u0641\u062a\u0631\u0629 \u0636\u0645\u0646 \u0627\u0644\u062d\u062f"
TEXTS = [
    ("A" * 60, "word " * 400), ("REQ.VERY-LONG_ID/WITH:SIGNS-" + "x" * 30, "W" * 2000), ("B" * 60, CHINESE * 40), ("C", ARABIC + " \U0001f9e0 " + CHINESE),
    ("D", "<script>alert(1)</script> & ]]> </style>"), ("E", "%d %s {{x}} <?= os ?>"),
]


def requirement(number, name, text, document):
    measurand, limit, rule = MEASURANDS[number % len(MEASURANDS)]
    return f"""  - id: "{name}"
    revision: 1
    text: "{text}"
    source: {{document: "{document}", clause: "{number}"}}
    hazard: HAZ-{number % 9}
    risk_control: RC-{number}
    measurand: {measurand}
    limit: {limit}
    decision: {{rule: {rule}}}"""


if sys.argv[1] == "texts":
    listed = [requirement(i, name, text, "<b>Document</b> & " + CHINESE) for i, (name, text) in enumerate(TEXTS)]
else:
    listed = [requirement(i, f"REQ-{i:03d}", f"Requirement {i} of a big specification is met.", "Big specification") for i in range(120)]
sys.stdout.reconfigure(encoding="utf-8")
print("spec: hostile\ntitle: A specification to break a page with\nrevision: 1\nrequirements:\n" + "\n".join(listed))
