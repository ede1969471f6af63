# SPDX-License-Identifier: GPL-3.0-or-later
"""Traceability against implementations that are not ours: hashlib, ElementTree, json, xmllint, jsonschema.
usage: trace.py TMSRIG FOLDER-OF-THIS-FILE   (in a scratch folder)"""
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

from checks import check, finish

TMSRIG, HERE = sys.argv[1], sys.argv[2]
REQIF = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"
XHTML = "http://www.w3.org/1999/xhtml"


def run(*args, status=0):
    done = subprocess.run([TMSRIG, *args], capture_output=True, text=True)
    check("exit status %d of %s" % (status, " ".join(args)), done.returncode == status, "%d: %s" % (done.returncode, done.stderr))
    check("no sanitizer report", not re.search("AddressSanitizer|runtime error|LeakSanitizer", done.stderr), done.stderr)
    return done


HOSTILE = "The \"peak\" <b>is</b> & 'right' ]]> ${x} %s \\n µ\u2028🧲 \u0085 {{ }} --> # : end"

# One dictionary a requirement: what a spec file says, and what the canonical form of docs/traceability.md makes of it.
SPEC = [
    dict(id="PULSE-COUNT", revision=1, text="The number of pulses is the number programmed.", hazard="HAZ-01", risk_control="RC-01",
         measurand="session.pulse_count", limit="{nominal: planned, tolerance: {absolute: 0}}", rule="simple",
         canonical={"nominal": "planned", "tolerance_absolute": 0.0}),
    dict(id="TIM-IPI", revision=3, text="Intervals of up to 1 s are within 1 %\n  or 0.1 ms, \t whichever is larger.", hazard="HAZ-03", risk_control="RC-07",
         measurand="pulse.interval", select="{interval: {maximum: 1 s}}",
         limit="{nominal: planned, tolerance: {relative: 1 %, absolute: 100 us, combine: larger}}", rule="guarded",
         canonical={"interval_max_s": 1.0, "nominal": "planned", "tolerance_relative": 0.01, "tolerance_absolute": 1e-4, "combine": "larger"}),
    dict(id="AMP-RISK", revision=1, text=HOSTILE, measurand="pulse.peak1", limit="{minimum: 0.1 kA, maximum: 9 kA}", rule="risk, risk: 2.5 %, capability: 2",
         select="{waveform: biphasic, intensity: {minimum: 5 %, maximum: 100 %}, position: any}", judge="maximum",
         canonical={"waveform": "biphasic", "intensity_min_pct": 5.0, "intensity_max_pct": 100.0, "lower": 100.0, "upper": 9000.0, "risk": 0.025,
                    "capability": 2.0}),
    dict(id="LABEL", revision=2, text="The label names the maker.", hazard="HAZ-09", verified_by="inspection"),
    dict(id="LATER", revision=1, text="The manual tells the noise level.", verified_by="open"),
]


def quoted(value):
    return json.dumps(value)


def write_spec(path, requirements):
    with open(path, "w") as out:
        out.write("spec: trace-test\nrevision: 1\nrequirements:\n")
        for r in requirements:
            out.write("  - id: %s\n    revision: %d\n    text: %s\n    source: {document: Doc, clause: \"1\"}\n" % (r["id"], r["revision"], quoted(r["text"])))
            for key in ("hazard", "risk_control", "verified_by", "measurand", "select", "limit", "judge"):
                if key in r:
                    out.write("    %s: %s\n" % (key, r[key]))
            if "rule" in r:
                out.write("    decision: {rule: %s}\n" % r["rule"])


def number(value):
    return "%.17g" % value if isinstance(value, float) else value


def canonical(r):
    """The recipe of docs/traceability.md."""
    text = " ".join(re.split("[ \t\r\n\v\f]+", r["text"].strip(" \t\r\n\v\f")))
    lines = ["tmsrig-requirement-1", "text=" + text, "verified_by=" + r.get("verified_by", "rig")]
    if "measurand" in r:
        given = dict(r["canonical"], position="any", judge=r.get("judge", "every"), rule=r["rule"].split(",")[0], measurand=r["measurand"])
        for name in ("measurand scenarios waveform intensity_min_pct intensity_max_pct interval_max_s position lower upper nominal tolerance_relative "
                     "tolerance_absolute combine judge rule risk capability").split():
            lines.append(name + "=" + number(given.get(name, "")))
    return ("\n".join(lines) + "\n").encode()


def fingerprint(r):
    return hashlib.sha256(canonical(r)).hexdigest()


def xmllint(path, schema=None):
    command = ["xmllint", "--noout", "--nonet"] + (["--schema", schema] if schema else []) + [path]
    return subprocess.run(command, capture_output=True, text=True)


def scenario(name, verifies):
    os.makedirs("scenarios", exist_ok=True)
    with open("scenarios/%s.lua" % name, "w") as out:
        out.write('scenario { id = "%s", title = "t"%s }\nintensity(60)\narm()\nawait("ready", seconds(2))\n'
                  'single { pulses = 5, interval = ms(500) }\ndisarm()\n' % (
                      name, ", verifies = { %s }" % ", ".join('"%s"' % one for one in verifies) if verifies else ""))


def matrix(*args, status=0):
    done = run("trace", "--scenarios", "scenarios", "--json", *args, status=status)
    return json.loads(done.stdout) if done.stdout else {}


def row(trace, id):
    return [r for r in trace["requirements"] if r["id"] == id][0]


def test_fingerprints():
    write_spec("spec.yaml", SPEC)
    scenario("five", ["PULSE-COUNT", "TIM-IPI", "AMP-RISK"])
    run("run", "./scenarios/five.lua", "--spec", "./spec.yaml", "--out", "ev", "--quiet", "--serial", "SN <1> \"&")
    result = json.load(open("ev/result.json"))
    for r, judged in zip(SPEC, result["requirements"]):
        check("canonical form of " + r["id"], judged["canonical"].encode() == canonical(r), judged["canonical"] + "\n" + canonical(r).decode())
        check("fingerprint of " + r["id"], judged["fingerprint"] == fingerprint(r))
    verdicts = {r["id"]: r for r in result["requirements"]}
    check("inspection is not tested here", verdicts["LABEL"]["verdict"] == "not_tested" and "inspection" in verdicts["LABEL"]["reason"])
    check("what is verified elsewhere does not spoil the run", result["verdict"] == "pass", result["verdict"])
    check("result.json fits its schema", fits(result, os.path.join(os.environ["TMSRIG_DATA"], "reports/result.schema.json")))


def fits(value, schema):
    try:
        import jsonschema
    except ImportError:
        print("NOT RUN: no jsonschema, so nobody checked", schema)
        return True
    try:
        jsonschema.validate(value, json.load(open(schema)))
        return True
    except jsonschema.ValidationError as error:
        print(error.message[:300])
        return False


def test_matrix():
    trace = matrix("--spec", "./spec.yaml", "ev")
    check("simulated only", row(trace, "TIM-IPI")["state"] == "simulated" and row(trace, "TIM-IPI")["scenarios"] == ["five"])
    check("inspection is elsewhere, open is open", row(trace, "LABEL")["state"] == "elsewhere" and row(trace, "LATER")["state"] == "open")
    check("groups", [g["id"] for g in trace["hazards"]] == ["HAZ-01", "HAZ-03", "HAZ-09"] and trace["risk_controls"][1]["simulated"] == 1)
    check("a risk control that is only simulated is not verified", all(g["verified"] == 0 for g in trace["risk_controls"]))
    check("open is a gap", trace["strict_status"] == 3)
    closed = [r for r in SPEC if r["id"] != "LATER"]
    write_spec("closed.yaml", closed)
    matrix("--spec", "./closed.yaml", "ev", "--strict")
    matrix("--spec", "./closed.yaml", "ev", "--strict", "--real", status=3)
    matrix("--spec", "./closed.yaml", "--strict")

    def changed(id, **members):
        edited = copy.deepcopy(closed)
        for r in edited:
            if r["id"] == id:
                r.update(members)
        write_spec("edited.yaml", edited)
        return edited

    changed("TIM-IPI", text="Intervals of up to 1 s are within 1 % or 0.1 ms, whichever is larger.")
    check("a text wrapped anew is the same text", row(matrix("--spec", "./edited.yaml", "ev", "--strict"), "TIM-IPI")["state"] == "simulated")
    for name, members, why in (("a word", {"text": "Intervals of up to 2 s are within 1 % or 0.1 ms, whichever is larger."}, "text"),
                               ("a tolerance", {"limit": "{nominal: planned, tolerance: {relative: 2 %, absolute: 100 us, combine: larger}}"}, "text"),
                               ("the selection", {"select": "{interval: {maximum: 2 s}}"}, "text"), ("the rule", {"rule": "simple"}, "text"),
                               ("the revision", {"revision": 4}, "revision")):
        changed("TIM-IPI", **members)
        trace = matrix("--spec", "./edited.yaml", "ev", "--strict", status=3)
        stale = row(trace, "TIM-IPI")
        check(name + " makes the evidence stale", stale["state"] == "stale" and stale["evidence"][0]["staleness"] == why, stale)
        check("and only that", sum(r["state"] == "stale" for r in trace["requirements"]) == 1)
    changed("TIM-IPI", hazard="HAZ-77")
    check("another hazard changes nothing measured", row(matrix("--spec", "./edited.yaml", "ev"), "TIM-IPI")["state"] == "simulated")
    table = run("trace", "--spec", "./edited.yaml", "--scenarios", "scenarios", "ev").stdout
    check("the table cites", "TIM-IPI~3@sha256:%s" % fingerprint(SPEC[1])[:12] in table, table)

    scenario("idle", [])
    scenario("other", ["NOWHERE-1", "PULSE-COUNT"])
    with open("scenarios/broken.lua", "w") as out:
        out.write("scenario {")
    trace = matrix("--spec", "./closed.yaml", "ev", "--strict", status=3)
    found = {s["id"]: s for s in trace["scenarios"]}
    check("a scenario without a requirement", found["idle"]["verifies"] == [] and found["idle"]["problem"] is None)
    check("a scenario that verifies what is not there", found["other"]["unknown"] == ["NOWHERE-1"])
    check("a scenario that cannot be read says why", any(s["problem"] and "broken.lua:" in s["problem"] for s in trace["scenarios"]))
    for name in ("idle", "other", "broken"):
        os.remove("scenarios/%s.lua" % name)


def edit_result(source, target, edit, sign=True):
    shutil.copytree(source, target)
    path = os.path.join(target, "result.json")
    result = json.load(open(path))
    edit(result)
    json.dump(result, open(path, "w"))
    if sign:
        sums = open(os.path.join(target, "SHA256SUMS")).read()
        digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
        open(os.path.join(target, "SHA256SUMS"), "w").write(re.sub("[0-9a-f]{64}(?=  result.json)", digest, sums))


def set_verdict(id, verdict, **run_members):
    def edit(result):
        result["run"].update(run_members)
        for r in result["requirements"]:
            if r["id"] == id:
                r["verdict"] = verdict
    return edit


def test_evidence_counts():
    edit_result("ev", "real", set_verdict("", "", simulated=False))
    edit_result("ev", "failing", set_verdict("TIM-IPI", "fail", simulated=False))
    edit_result("ev", "aborted", set_verdict("", "", simulated=False, aborted=True))
    edit_result("ev", "old", lambda result: [r.pop("fingerprint") for r in result["requirements"]])
    edit_result("ev", "edited", set_verdict("TIM-IPI", "pass", operator="somebody else"), sign=False)
    shutil.copytree("ev", "killed.incomplete")
    trace = matrix("--spec", "./closed.yaml", "real", "ev", "--strict", "--real")
    check("a real bench verifies", row(trace, "TIM-IPI")["state"] == "verified" and trace["risk_controls"][0]["verified"] == 1)
    trace = matrix("--spec", "./closed.yaml", "real", "failing", "real", "--strict", status=1)
    check("one failure is not outvoted", row(trace, "TIM-IPI")["state"] == "failed" and row(trace, "PULSE-COUNT")["state"] == "verified")
    trace = matrix("--spec", "./closed.yaml", "aborted", "--strict", status=3)
    check("an aborted run verifies nothing", row(trace, "TIM-IPI")["state"] == "undecided" and row(trace, "TIM-IPI")["evidence"][0]["verdict"] == "void")
    trace = matrix("--spec", "./closed.yaml", "old", "--strict", status=3)
    check("evidence without a fingerprint is stale", row(trace, "TIM-IPI")["evidence"][0]["staleness"] == "no_fingerprint")
    shutil.copytree("ev", "touched")
    with open("touched/recording.h5", "r+b") as out:
        out.seek(5000)
        out.write(b"x")
    shutil.copytree("ev", "added")
    open("added/note.txt", "w").write("all fine")
    shutil.copytree("ev", "unsealed")
    os.remove("unsealed/SHA256SUMS")
    shutil.copytree("ev", "never.failed")
    for bundle, words in (("edited", "result.json: changed"), ("touched", "recording.h5: changed"), ("added", "note.txt"), ("unsealed", "SHA256SUMS"),
                          ("never.failed/", "did not start"), ("killed.incomplete", "never finished"), ("nowhere", "nowhere/result.json")):
        done = run("trace", "--spec", "./closed.yaml", "--scenarios", "scenarios", bundle, status=2)
        check(bundle + " is refused", words in done.stderr and not done.stdout, done.stderr)


def test_devices():
    shutil.copytree("ev", "second")
    edit_result("ev", "third", lambda result: (result["run"].update(device_serial="SN-3", attempt=2, reason="a loose plug"), result["device"].update(id="other")))
    table = run("trace", "--spec", "./closed.yaml", "--scenarios", "scenarios", "ev", "second").stdout
    check("one device is named", 'serial number SN <1> "&: 2 bundles' in table and "EVIDENCE OF" not in table, table[-600:])
    table = run("trace", "--spec", "./closed.yaml", "--scenarios", "scenarios", "ev", "second", "third").stdout
    check("several devices are told", "other, serial number SN-3: 1 bundles\nEVIDENCE OF 2 DEVICES" in table, table[-600:])
    check("a repeated run is told with its reason", table.count("third  attempt 2: a loose plug") == 3, table)
    trace = matrix("--spec", "./closed.yaml", "failing", "third")
    check("failures of a risk control are counted", sum(g["failed"] for g in trace["risk_controls"]) == 1 and trace["bundles"][1]["serial"] == "SN-3")


def reqif_tree(requirements):
    """A ReqIF as another tool would write it: own names and order, XHTML, an enumeration."""
    ET.register_namespace("", REQIF)
    ET.register_namespace("xhtml", XHTML)
    q = lambda name: "{%s}%s" % (REQIF, name)
    root = ET.Element(q("REQ-IF"))
    header = ET.SubElement(ET.SubElement(root, q("THE-HEADER")), q("REQ-IF-HEADER"), IDENTIFIER="h1")
    for name, value in (("CREATION-TIME", "2026-01-01T00:00:00Z"), ("REQ-IF-TOOL-ID", "t"), ("REQ-IF-VERSION", "1.0"), ("SOURCE-TOOL-ID", "t"),
                        ("TITLE", "Stimulator requirements")):
        ET.SubElement(header, q(name)).text = value
    content = ET.SubElement(ET.SubElement(root, q("CORE-CONTENT")), q("REQ-IF-CONTENT"))
    types = ET.SubElement(content, q("DATATYPES"))
    ET.SubElement(types, q("DATATYPE-DEFINITION-STRING"), {"IDENTIFIER": "dt-s", "MAX-LENGTH": "9999"})
    ET.SubElement(types, q("DATATYPE-DEFINITION-XHTML"), IDENTIFIER="dt-x")
    methods = ET.SubElement(ET.SubElement(types, q("DATATYPE-DEFINITION-ENUMERATION"), IDENTIFIER="dt-e"), q("SPECIFIED-VALUES"))
    ET.SubElement(methods, q("ENUM-VALUE"), {"IDENTIFIER": "e-1", "LONG-NAME": "Inspection"})
    attributes = ET.SubElement(ET.SubElement(ET.SubElement(content, q("SPEC-TYPES")), q("SPEC-OBJECT-TYPE"),
                                             {"IDENTIFIER": "ot", "LONG-NAME": "Requirement"}), q("SPEC-ATTRIBUTES"))
    kinds = {"id": ("STRING", "ReqIF.ForeignID"), "text": ("XHTML", "ReqIF.Text"), "hazard": ("STRING", "Hazard ID"), "rc": ("STRING", "risk_control"),
             "method": ("ENUMERATION", "Verification Method"), "chapter": ("STRING", "ReqIF.ChapterName")}
    for key, (kind, name) in kinds.items():
        definition = ET.SubElement(attributes, q("ATTRIBUTE-DEFINITION-" + kind), {"IDENTIFIER": "ad-" + key, "LONG-NAME": name})
        reference = ET.SubElement(ET.SubElement(definition, q("TYPE")), q("DATATYPE-DEFINITION-%s-REF" % kind))
        reference.text = {"STRING": "dt-s", "XHTML": "dt-x", "ENUMERATION": "dt-e"}[kind]
    objects = ET.SubElement(content, q("SPEC-OBJECTS"))
    for number, r in enumerate(requirements):
        thing = ET.SubElement(objects, q("SPEC-OBJECT"), IDENTIFIER="_obj.%d" % number)
        values = ET.SubElement(thing, q("VALUES"))
        for key, value in r.items():
            kind = kinds[key][0]
            one = ET.SubElement(values, q("ATTRIBUTE-VALUE-" + kind))
            if kind == "STRING":
                one.set("THE-VALUE", value)
            ET.SubElement(ET.SubElement(one, q("DEFINITION")), q("ATTRIBUTE-DEFINITION-%s-REF" % kind)).text = "ad-" + key
            if kind == "XHTML":
                div = ET.SubElement(ET.SubElement(one, q("THE-VALUE")), "{%s}div" % XHTML)
                for line in value.split("\n"):
                    ET.SubElement(div, "{%s}p" % XHTML).text = line
            elif kind == "ENUMERATION":
                ET.SubElement(ET.SubElement(one, q("VALUES")), q("ENUM-VALUE-REF")).text = value
        ET.SubElement(ET.SubElement(thing, q("TYPE")), q("SPEC-OBJECT-TYPE-REF")).text = "ot"
    return ET.ElementTree(root)


def texts_of(path):
    """Ids and texts of a ReqIF, read by ElementTree."""
    space = {"r": REQIF}
    root = ET.parse(path).getroot()
    names = {d.get("IDENTIFIER"): d.get("LONG-NAME") for types in root.iter("{%s}SPEC-ATTRIBUTES" % REQIF) for d in types}
    found = {}
    for thing in root.iter("{%s}SPEC-OBJECT" % REQIF):
        values = {}
        for one in thing.find("r:VALUES", space):
            values[names[one.find("r:DEFINITION", space)[0].text]] = one.get("THE-VALUE")
        found[values["ReqIF.ForeignID"]] = (thing.get("IDENTIFIER"), values["ReqIF.Text"])
    return found


def test_reqif():
    wanted = [{"chapter": "1 Outputs"}, {"text": "The device stops.\nAt once.", "id": "SYS-1", "hazard": "HAZ-1", "rc": "RC-1"},
              {"id": "SYS-2", "text": HOSTILE.replace("\u2028", "").replace("\u0085 ", ""), "method": "e-1"}, {"id": "SYS-3", "text": "A third, <with> \"quotes\"."}]
    reqif_tree(wanted).write("other.reqif", encoding="UTF-8", xml_declaration=True)
    done = run("import", "other.reqif", "-o", "other.yaml")
    check("headings are left out and counted", "3 requirements; 1 other" in done.stdout, done.stdout)
    run("import", "other.reqif", "-o", "other.yaml", status=2)
    with zipfile.ZipFile("other.reqifz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write("other.reqif")
    run("import", "other.reqifz", "-o", "zipped.yaml", "--id", "other")
    check("a .reqifz is the same", open("zipped.yaml").read() == open("other.yaml").read())
    run("run", "./scenarios/five.lua", "--spec", "./other.yaml", "--out", "ev-other", "--quiet", status=3)
    result = {r["id"]: r for r in json.load(open("ev-other/result.json"))["requirements"]}
    check("hazard, risk control and method are imported", result["SYS-1"]["hazard"] == "HAZ-1" and result["SYS-1"]["risk_control"] == "RC-1"
          and result["SYS-2"]["verified_by"] == "inspection" and result["SYS-3"]["verified_by"] == "open")
    texts = texts_of("ev-other/requirements.reqif")
    for number, r in enumerate(wanted):
        if "text" in r:
            check("ReqIF round trip of " + r["id"], texts.get(r["id"]) == ("_obj.%d" % number, r["text"]), texts.get(r["id"]))
    run("import", "ev-other/requirements.reqif", "-o", "twice.yaml", "--id", "other")
    check("what was imported twice has the same fingerprints", fingerprints("./twice.yaml") == fingerprints("./other.yaml"))
    run("import", "ev/requirements.reqif", "-o", "back.yaml")
    check("a spec with limits survives ReqIF", fingerprints("./back.yaml") == {r["id"]: fingerprint(r) for r in SPEC}, fingerprints("./back.yaml"))
    run("import", "ev/needs.json", "-o", "needs.yaml")
    check("and needs.json", fingerprints("./needs.yaml") == {r["id"]: fingerprint(r) for r in SPEC})


def fingerprints(spec):
    return {r["id"]: r["fingerprint"] for r in matrix("--spec", spec)["requirements"]}


def test_needs():
    needs = {"project": "P", "current_version": "2", "versions": {"1": {"needs": {}}, "2": {"needs": {
        "R_1": {"id": "R_1", "type": "req", "title": "Short", "content": "Long: \"\\ \u0001 \u007f # -", "hazards": ["HAZ-1", "HAZ-2"], "version": "1.4"},
        "R_2": {"id": "R_2", "type": "req", "title": "Only a title", "description": "", "revision": 3},
        "T_1": {"id": "T_1", "type": "test", "title": "A test"}}}}}
    json.dump(needs, open("in.json", "w"))
    done = run("import", "in.json", "-o", "in.yaml")
    check("tests are left out", "2 requirements; 1 other" in done.stdout, done.stdout)
    check("what is lost is told", "only the first hazard" in done.stderr and "1.4" in done.stderr, done.stderr)
    read = {r["id"]: r for r in matrix("--spec", "./in.yaml")["requirements"]}
    check("texts", read["R_1"]["text"] == "Long: \"\\ \u0001 \u007f # -" and read["R_2"]["text"] == "Only a title" and read["R_2"]["revision"] == 3, read)
    run("import", "in.json", "-o", "all.yaml", "--type", "all")
    run("import", "in.json", "-o", "map.yaml", "--map", "text=title")
    check("--map chooses the attribute", matrix("--spec", "./map.yaml")["requirements"][0]["text"] == "Short")


def test_views():
    junit = ET.parse("ev/junit.xml").getroot()
    suites = {s.get("name"): s for s in junit}
    properties = {p.get("name"): p.get("value") for p in suites["TIM-IPI"].find("properties")}
    judged = {r["id"]: r for r in json.load(open("ev/result.json"))["requirements"]}["TIM-IPI"]
    check("requirement properties", properties["requirement.citation"] == "TIM-IPI~3@sha256:" + fingerprint(SPEC[1]) and properties["hazard"] == "HAZ-03"
          and properties["measurand"] == "pulse.interval" and properties["unit"] == "s", properties)
    check("values read back as the same", float(properties["value"]) == judged["value"] and float(properties["U"]) == judged["expanded"], properties)
    check("hostile texts survive", HOSTILE in suites["AMP-RISK"].find("testcase").get("name"), suites["AMP-RISK"][1].attrib)
    atml = ET.parse("ev/atml.xml").getroot()
    si = "{https://ptb.de/si}"
    quantities = {q.find(si + "label").text: q for q in atml.iter(si + "real")}
    one = quantities["pulse.interval"]
    check("D-SI quantity", float(one.find(si + "value").text) == judged["value"] and one.find(si + "unit").text == "\\second"
          and float(one.find(si + "expandedUnc/" + si + "uncertainty").text) == judged["expanded"])
    needs = json.load(open("ev/needs.json"))["versions"]["1"]
    check("needs are counted and linked", needs["needs_amount"] == len(needs["needs"]) == 10 and needs["needs"]["TIM_IPI_RESULT"]["links"] == ["TIM_IPI"])
    check("the hostile text in needs.json", needs["needs"]["AMP_RISK"]["content"] == HOSTILE)
    for name in ("junit.xml", "atml.xml", "requirements.reqif", "report.html"):
        check(name + " is well-formed", xmllint("ev/" + name).returncode == 0)
    for bundle in ("ev", "ev-other"):
        found = xmllint(bundle + "/junit.xml", HERE + "/junit.xsd")
        check("JUnit of %s fits what both published schemas accept" % bundle, found.returncode == 0, found.stderr)


for test in (test_fingerprints, test_matrix, test_evidence_counts, test_devices, test_reqif, test_needs, test_views):
    try:
        test()
    except Exception as error:  # a check that could not be made is one that failed
        check(test.__name__, False, repr(error))
finish()
