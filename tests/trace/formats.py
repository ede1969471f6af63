# SPDX-License-Identifier: GPL-3.0-or-later
"""What other tools read of evidence, for bundles of many kinds: by published schemas and by our own; that no verdict reads as a better one; that a
damaged file is refused by our schemas as by the published ones.
usage: formats.py TMSRIG FOLDER-OF-THIS-FILE [all]   (in a scratch folder; all: every shipped scenario)"""
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
import xml.etree.ElementTree as ET

import damage
from checks import check, finish

TMSRIG, HERE, ALL = sys.argv[1], sys.argv[2], "all" in sys.argv[3:]
DATA = os.environ["TMSRIG_DATA"]
TR, TR306 = "urn:IEEE-1636.1:2013:TestResults", "urn:IEEE-1671:2009.04:TestResults"
SI, R = "{https://ptb.de/si}", "{http://www.omg.org/spec/ReqIF/20110401/reqif.xsd}"
for prefix, name in (("trc", TR + "Collection"), ("tr", TR), ("c", "urn:IEEE-1671:2010:Common"), ("si", SI[1:-1]), ("rig", "urn:tmsrig:requirement"),
                     ("xsi", "http://www.w3.org/2001/XMLSchema-instance")):
    ET.register_namespace(prefix, name)


def find(name):
    """A published schema, of what the tests were given or of what could be had."""
    for folder in (os.environ.get("TMSRIG_SCHEMAS"), os.environ.get("TMSRIG_SCHEMAS_CACHE")):
        if folder and os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return None


# Schemas: format, name as it is printed, file, whether it is ours, what a file has to undergo first.
def plain(text):
    return text


def without_skipped(text):
    """The schema for Apache Ant of 2011 knows no skipped yet."""
    if "skipped" in open(find("JUnit.xsd")).read():
        return text
    return re.sub(r"<skipped [^>]*/>", "", re.sub(r' skipped="\d+"', "", text))


def without_reason(text):
    """junit-4.xsd knows no reason of skipped yet."""
    return re.sub(r'<skipped message="[^"]*"/>', "<skipped/>", text)


def as_306(text):
    """TestResults.xsd 3.06 has another namespace, no collection around it, and no UutType."""
    root = ET.fromstring(text.replace(TR + '"', TR306 + '"').encode())
    one = root[0] if root.tag == "{%sCollection}TestResultsCollection" % TR else root
    if one.tag != "{%sCollection}TestResults" % TR:
        return text
    one.tag = "{%s}TestResults" % TR306
    for uut in one.iter("{%s}UUT" % TR306):
        uut.attrib.pop("UutType", None)
    ET.register_namespace("tr", TR306)
    written = ET.tostring(one, encoding="unicode")
    ET.register_namespace("tr", TR)
    return written


SCHEMAS = [("junit.xml", "our junit.xsd", HERE + "/junit.xsd", True, plain),
           ("junit.xml", "Jenkins' junit-10.xsd", find("junit-10.xsd"), False, plain),
           ("junit.xml", "Jenkins' junit-4.xsd", find("jenkins-junit.xsd"), False, without_reason),
           ("junit.xml", "JUnit.xsd for Apache Ant", find("JUnit.xsd"), False, without_skipped),
           ("atml.xml", "our atml.xsd", HERE + "/atml.xsd", True, plain),
           ("atml.xml", "the IEEE's TestResults.xsd 3.06", find("Common.xsd") and find("TestResults.xsd"), False, as_306),
           ("requirements.reqif", "our reqif.xsd", HERE + "/reqif.xsd", True, plain),
           ("requirements.reqif", "the OMG's reqif.xsd", find("reqif.xsd"), False, plain),
           ("needs.json", "our needs.schema.json", HERE + "/needs.schema.json", True, plain),
           ("needs.json", "Sphinx-Needs' needsfile.json", find("needsfile.json"), False, plain),
           ("quantity.xml", "our dsi.xsd", HERE + "/dsi.xsd", True, plain),
           ("quantity.xml", "PTB's SI_Format.xsd", find("SI_Format.xsd"), False, plain)]


def accepts(schema, prepare, texts):
    """Of each text whether the schema accepts it, and what it said. A file that is no XML is not accepted."""
    verdicts, said = [True] * len(texts), ""
    if schema.endswith(".json"):
        import jsonschema
        rules = json.load(open(schema))
        for i, text in enumerate(texts):
            try:
                jsonschema.validate(json.loads(text), rules)
            except (jsonschema.ValidationError, ValueError) as error:
                verdicts[i], said = False, str(error)[:300]
        return verdicts, said
    names = []
    os.makedirs("validated", exist_ok=True)
    for i, text in enumerate(texts):
        names.append("validated/%d.xml" % i)
        try:
            text = prepare(text)
        except ET.ParseError:
            pass
        open(names[-1], "w", encoding="utf-8").write(text)
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--huge", "--schema", schema, *names], capture_output=True, text=True)
    for i, name in enumerate(names):
        verdicts[i] = (name + " validates\n") in done.stderr
    return verdicts, "\n".join(line for line in done.stderr.split("\n") if "error" in line)[:500]


def evidence(name, *arguments, statuses=(0, 1, 3, 4, 5)):
    done = subprocess.run([TMSRIG, *arguments, "--out", name, "--quiet"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    good = done.returncode in statuses and os.path.exists(name + "/junit.xml")
    check("evidence %s" % name, good, "%d: %s" % (done.returncode, done.stderr[-300:]))
    return [name] if good else []


HOSTILE = "The \"peak\" <b>is</b> & 'right' ]]> ${x} %s \\n µ\u2028🧲 \u0085 {{ }} --> # : end"
STOPPED = """scenario { id = "stopped", title = "Nobody <confirms> & \\"waits\\"" }
intensity(50) arm() await("ready", seconds(2))
single { pulses = 3, interval = seconds(1) }
prompt("Turn the coil")
single { pulses = 3, interval = seconds(1) }
disarm()
"""
# Ids that are those of our own elements, beside others that are awkward.
IDS = ["requirement", "string", "header", "specification", "specification-type", "place-1", "attribute-Verdict", "1", "a.b/c:d", "A_B", "a-b", "a.b"]


def hostile_spec():
    with open("hostile.yaml", "w") as out:
        out.write("spec: hostile\ntitle: %s\nrevision: 1\nrequirements:\n" % json.dumps(HOSTILE))
        for number, name in enumerate(IDS):
            out.write("  - id: %s\n    revision: 1\n    text: %s\n    source: {document: %s, clause: %s}\n    uid: %s\n" % (
                json.dumps(name), json.dumps(HOSTILE + str(number)), json.dumps(HOSTILE), json.dumps("\t \n" + HOSTILE), json.dumps("tmsrig-place-2" if number == 1 else HOSTILE)))
            out.write("    verified_by: inspection\n" if number % 2 else "    measurand: pulse.peak1\n    limit: {minimum: 0.1 kA}\n    decision: {rule: guarded}\n")


def make_bundles():
    hostile_spec()
    open("stopped.lua", "w").write(STOPPED)
    pulse = DATA + "/fixtures/recordings/simulated-pulse.csv"
    bundles = [b for b in ("ev", "ev-other") if os.path.exists(b + "/junit.xml")]
    add = lambda name, *arguments, **more: bundles.extend(evidence(name, *arguments, **more))
    add("f-pass", "run", "smoke", "--operator", HOSTILE, "--serial", HOSTILE, statuses=(0,))
    add("f-again", "run", "smoke", "--operator", HOSTILE, "--serial", HOSTILE, "--reason", HOSTILE, statuses=(0,))
    check("a repeat is one", json.load(open("f-again/result.json"))["run"]["attempt"] == 2)
    add("f-fail", "run", "smoke", "--fault", "drop_pulse=3", "--fault", "amplitude=0.9", statuses=(1,))
    add("f-stopped", "run", "./stopped.lua", statuses=(5,))
    add("f-hostile", "run", "single-pulse", "--spec", "./hostile.yaml")
    add("f-analyze", "analyze", pulse, "--bench", "recording-csv", "--spec", "recording", "--date", "2026-11-01", statuses=(0,))
    add("f-overdue", "analyze", pulse, "--bench", "recording-csv", "--spec", "recording", "--date", "2027-03-02", statuses=(3,))
    add("f-interlock", "run", "interlocks/il06-door", "--bench", "virtual-interlocks", "--spec", "interlocks", "--set", "trials=1")
    if not ALL:
        return bundles
    add("f-interlock-fails", "run", "interlocks/il06-door", "--bench", "virtual-interlocks", "--spec", "interlocks", "--set", "trials=1", "--fault",
        "interlock=IL06:ignored")
    add("f-threshold", "run", "motor-threshold-ascending", "--motor-threshold", "45")
    add("f-undischarged", "run", "smoke", "--fault", "no_discharge")
    add("f-spontaneous", "run", "smoke", "--fault", "spontaneous=4:20 ms")
    for bench in sorted(os.listdir(DATA + "/fixtures/benches")):
        if bench.startswith("virtual"):
            spec = "example-monophasic" if "monophasic" in bench else "smoke"
            add("f-bench-" + bench[:-5], "run", "single-pulse", "--bench", bench[:-5], "--spec", spec)
    for folder, _, files in sorted(os.walk(DATA + "/scenarios")):
        for file in sorted(files):
            path = os.path.relpath(os.path.join(folder, file), DATA + "/scenarios")[:-4]
            if not file.endswith(".lua") or path.startswith("lib/"):
                continue
            more = ["--bench", "virtual-interlocks", "--spec", "interlocks", "--set", "trials=1"] if path.startswith("interlocks/") else []
            add("f-" + path.replace("/", "-"), "run", path, *more)
    return bundles


def quantities(bundle):
    return [ET.tostring(q, encoding="unicode") for q in ET.parse(bundle + "/atml.xml").iter(SI + "real")]


def read(bundle, name):
    return quantities(bundle) if name == "quantity.xml" else [open(os.path.join(bundle, name), encoding="utf-8").read()]


# What each verdict may be in the files with fewer words. Nothing but a pass may look like one.
JUNIT = {"pass": None, "fail": "failure", "conditional_pass": "failure", "conditional_fail": "failure", "not_capable": "failure",
         "inconclusive": "failure", "void": "error", "not_tested": "skipped"}
ATML = {"pass": "Passed", "fail": "Failed", "conditional_pass": "Failed", "conditional_fail": "Failed", "not_capable": "Failed", "inconclusive": "Failed",
        "void": "Aborted", "not_tested": "Aborted"}


def test_same_verdicts(bundle, seen):
    result = json.load(open(bundle + "/result.json"))
    junit, atml = ET.parse(bundle + "/junit.xml").getroot(), ET.parse(bundle + "/atml.xml").getroot()
    tests = atml.findall(".//{%s}Test" % TR)
    needs = [n for v in json.load(open(bundle + "/needs.json"))["versions"].values() for n in v["needs"].values()]
    reqif = ET.parse(bundle + "/requirements.reqif").getroot()
    verdicts = [v.get("THE-VALUE") for v in reqif.iter(R + "ATTRIBUTE-VALUE-STRING")
                if v.find("%sDEFINITION/%sATTRIBUTE-DEFINITION-STRING-REF" % (R, R)).text == "tmsrig-attribute-Verdict"]
    counted = len(result["requirements"])
    check(bundle + ": every requirement is in every file", counted == len(junit) - 1 == len(tests) == len(verdicts) == len(needs) / 2 ==
          len({n["id"] for n in needs}) / 2, (counted, len(junit), len(tests), len(verdicts), len(needs)))
    for requirement, suite, test, verdict in zip(result["requirements"], junit[1:], tests, verdicts):
        name, want = bundle + " " + requirement["id"], requirement["verdict"]
        seen[want] = seen.get(want, 0) + 1
        case = suite.find("testcase")
        marks = [child.tag for child in case]
        check(name + ": JUnit", marks == ([JUNIT[want]] if JUNIT[want] else []), (want, marks))
        outcomes = {o.get("value") for o in test.iter("{%s}Outcome" % TR)}
        check(name + ": ATML", outcomes == {ATML[want]} and test.find("{%s}Extension" % TR)[0].get("verdict") == want, (want, outcomes))
        check(name + ": ReqIF", verdict == want, verdict)
        found = [n for n in needs if n["type"] == "test" and n["requirement"].startswith("%s~" % requirement["id"])]
        check(name + ": needs.json", [n["verdict"] for n in found] == [want] == [n["status"] for n in found], found)
        number = test.find(".//{urn:IEEE-1671:2010:Common}Datum")
        if requirement["value"] is not None:
            check(name + ": the value", float(number.get("value")) == requirement["value"] == float(test.find(".//%svalue" % SI).text))
            u = test.find(".//%suncertainty" % SI)
            check(name + ": its uncertainty", (float(u.text) if u is not None else 0) == (requirement["expanded"] or 0))
    bad = sum(len(case.findall("failure")) + len(case.findall("error")) for case in junit.iter("testcase"))
    overall = atml.find(".//{%s}ResultSet/{%s}Outcome" % (TR, TR)).get("value")
    check(bundle + ": the whole", (result["verdict"] == "pass") == (overall == "Passed") == (bad == 0), (result["verdict"], overall, bad))
    check(bundle + ": simulated is said", {t.get("simulated") for t in tests} <= {str(result["run"]["simulated"]).lower()})


def test_schemas(bundles):
    for name, title, schema, _, prepare in SCHEMAS:
        if not schema:
            print("NOT RUN: %s by %s (a folder with it: TMSRIG_SCHEMAS)" % (name, title))
            continue
        texts = [text for bundle in bundles for text in read(bundle, name)]
        verdicts, said = accepts(schema, prepare, texts)
        check("%s by %s" % (name, title), texts and all(verdicts), said)
        print("%-18s  %-32s accepts %d of %d" % (name, title, sum(verdicts), len(texts)))


def test_damage(bundle):
    """Each of some twenty damages a file is refused by ours; the published ones are more or less strict, which is printed."""
    for name in dict.fromkeys(s[0] for s in SCHEMAS):
        whole = next(text for text in read(bundle, name) if name != "quantity.xml" or "expandedUnc" in text)
        damaged = damage.damage(name, whole)
        check(name + ": every damage is one", all(text != whole for _, text in damaged) and len(damaged) >= 20, [d for d, t in damaged if t == whole])
        ours = None
        for _, title, schema, own, prepare in (s for s in SCHEMAS if s[0] == name and s[2]):
            verdicts, _ = accepts(schema, prepare, [text for _, text in damaged])
            missed = [what for (what, _), good in zip(damaged, verdicts) if good]
            if own:
                ours = verdicts
                check("%s refuses every damage to %s" % (title, name), not missed, missed)
            agree = sum(a == b for a, b in zip(ours, verdicts))
            print("%-18s  %-32s refuses %d of %d damaged%s" % (name, title, len(damaged) - len(missed), len(damaged),
                                                             "" if own else ", as ours in %d; takes: %s" % (agree, "; ".join(missed) or "none")))


def views(bundle, name, edit):
    """The views of a bundle with another result.json, sealed anew."""
    subprocess.run(["cp", "-r", bundle, name], check=True)
    result = json.load(open(name + "/result.json"))
    edit(result)
    json.dump(result, open(name + "/result.json", "w"))
    digest = hashlib.sha256(open(name + "/result.json", "rb").read()).hexdigest()
    sums = open(name + "/SHA256SUMS").read()
    open(name + "/SHA256SUMS", "w").write(re.sub("[0-9a-f]{64}(?=  result.json)", digest, sums))
    done = subprocess.run([TMSRIG, "report", name, "--out", name + "-out"], capture_output=True, text=True)
    check("views of " + name, done.returncode == 0, done.stderr)
    shutil.copy(name + "/result.json", name + "-out/result.json")
    return result


def test_verdicts(bundle, seen):
    """Every verdict there is, of a requirement and of the whole."""
    for verdict in JUNIT:
        def edit(result):
            result["requirements"] = [dict(copy.deepcopy(result["requirements"][0]), id=word.upper(), verdict=word) for word in {verdict, "pass"}]
            result["verdict"] = verdict
        views(bundle, "f-verdict-" + verdict, edit)
        test_same_verdicts("f-verdict-%s-out" % verdict, seen)


def test_units(bundle):
    """A value of every unit that is measured, and values at the ends of what a number can be, as D-SI quantities."""
    listed = subprocess.run([TMSRIG, "measurands"], capture_output=True, text=True).stdout
    units = sorted({re.split(r"  +", line)[1] for line in listed.split("\n") if re.match(r"[a-z]+\.", line)})
    check("units", len(units) >= 9, units)
    values = [0, -1, 1e-300, -2.5e300, 5e-324, 1 / 3, 1e22, 123456789.123456789]

    def edit(result):
        template = [r for r in result["requirements"] if r["value"] is not None and r["expanded"]][0]
        result["requirements"] = []
        for unit in units:
            for value in values:
                one = copy.deepcopy(template)
                one.update(id="U-%d" % len(result["requirements"]), unit=unit, value=value, expanded=abs(value) / 3, k=2.87 if value < 0 else 13.968)
                result["requirements"].append(one)
        result["requirements"][0].update(expanded=None, k=None)
    result = views(bundle, "f-units", edit)
    found = [ET.fromstring(text) for text in quantities("f-units-out")]
    check("a D-SI quantity for every unit and value", len(found) == len(units) * len(values), (len(found), units))
    check("values read back as the same", [float(q.find(SI + "value").text) for q in found] == [r["value"] for r in result["requirements"]])
    for name, title, schema, _, prepare in SCHEMAS:
        if schema and name in ("quantity.xml", "atml.xml"):
            verdicts, said = accepts(schema, prepare, read("f-units-out", name))
            check("units %s, %s" % (" ".join(units), title), all(verdicts), said)
    print("D-SI: %d units (%s), %d values of each" % (len(units), ", ".join(units), len(values)))


seen = {}
try:
    bundles = make_bundles()
    for bundle in bundles:
        test_same_verdicts(bundle, seen)
    test_schemas(bundles)
    test_verdicts("f-pass", seen)
    test_units("f-pass")
    test_damage("f-fail")
    print("%d bundles; verdicts: %s" % (len(bundles), ", ".join("%d %s" % (n, v) for v, n in sorted(seen.items()))))
except Exception as error:  # a check that could not be made is one that failed
    check("formats", False, repr(error))
    traceback.print_exc()
finish()
