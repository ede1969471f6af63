# SPDX-License-Identifier: GPL-3.0-or-later
"""ReqIF of other tools, there and back: what is imported is what the file says, and comes back from the evidence as the same ids, identifiers, texts,
revisions and fingerprints.
usage: foreign.py TMSRIG FOLDER-OF-THIS-FILE   (in a scratch folder; TMSRIG_REQIF: a folder with files of other tools; TMSRIG_REQIF_LIBRARY: where the
Python library `reqif` is, which then reads our export)"""
import glob
import json
import os
import re
import subprocess
import sys
import traceback
import xml.etree.ElementTree as ET
import zipfile

from checks import check, finish

TMSRIG, HERE = sys.argv[1], sys.argv[2]
R = "{http://www.omg.org/spec/ReqIF/20110401/reqif.xsd}"


def run(*arguments):
    return subprocess.run([TMSRIG, *arguments], capture_output=True, text=True)


def objects_of(path):
    """Of every object its values as lists of words, read by ElementTree."""
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        root = ET.fromstring(archive.read([n for n in archive.namelist() if n.endswith(".reqif")][0]))
    else:
        root = ET.parse(path).getroot()
    found = {}
    for thing in root.iter(R + "SPEC-OBJECT"):
        values = thing.find(R + "VALUES")
        found[thing.get("IDENTIFIER")] = [(v.get("THE-VALUE") if v.get("THE-VALUE") is not None else " ".join(
            (v.find(R + "THE-VALUE") if v.find(R + "THE-VALUE") is not None else v).itertext())).split() for v in (values if values is not None else [])]
    return found


def judged(spec, name):
    """The requirements of a specification as evidence has them, and the evidence's folder."""
    done = run("run", "./foreign.lua", "--spec", spec, "--out", name, "--quiet")
    check("evidence of " + spec, done.returncode in (0, 1, 3), done.stderr)
    return {r["uid"]: {k: r[k] for k in ("id", "uid", "text", "revision", "fingerprint", "hazard", "risk_control", "verified_by", "source")}
            for r in json.load(open(name + "/result.json"))["requirements"]}


def read_by_library(path, wanted):
    folder = os.environ.get("TMSRIG_REQIF_LIBRARY")
    if not folder:
        return False
    sys.path.insert(0, folder)
    from reqif.parser import ReqIFParser
    from reqif.unparser import ReqIFUnparser
    bundle = ReqIFParser.parse(path)
    things = bundle.core_content.req_if_content.spec_objects
    texts = {next(a.value for a in t.attributes if a.definition_ref.endswith("ForeignID")): next(
        a.value for a in t.attributes if a.definition_ref.endswith("ReqIF-Text")) for t in things}
    check("the reqif library reads the same from " + path, texts == {r["id"]: r["text"] for r in wanted.values()}, texts)
    check("and finds every object in the document", len(list(bundle.iterate_specification_hierarchy(bundle.core_content.req_if_content.specifications[0]))) == len(wanted))
    open("unparsed.reqif", "w").write(ReqIFUnparser.unparse(bundle))
    done = run("import", "unparsed.reqif", "-o", "unparsed-%d.yaml" % len(os.listdir(".")))
    check("what the reqif library writes of it is read again", done.returncode == 0, done.stderr)
    return True


def there_and_back(number, path):
    name, spec = os.path.basename(path), "./foreign-%d.yaml" % number
    done = run("import", path, "-o", spec, "--id", "foreign")
    if done.returncode != 0:
        check(name + ": a refusal says where and why", done.returncode == 2 and path in done.stderr and not os.path.exists(spec), done.stderr)
        print("%-46s refused: %s" % (name, done.stderr.strip().split(path)[-1][:110]))
        return
    first = judged(spec, "foreign-ev-%d" % number)
    kept, objects = int(re.search(r": (\d+) requirements", done.stdout)[1]), objects_of(path)
    left = int(re.search(r"; (\d+) other", done.stdout)[1])
    check(name + ": every object is counted", kept + left == len(objects) and kept == len(first), done.stdout)
    if not name.startswith("doors"):
        for uid, r in first.items():
            check(name + ": the text of " + r["id"], r["text"].split() in objects[uid], r["text"])
    back = "./foreign-back-%d.yaml" % number
    again = run("import", "foreign-ev-%d/requirements.reqif" % number, "-o", back, "--id", "foreign")
    check(name + ": our export is read", again.returncode == 0, again.stderr)
    second = judged(back, "foreign-ev-back-%d" % number)
    check(name + ": there and back the same", first == second, [(a, b) for a, b in zip(first.values(), second.values()) if a != b][:1])
    by_library = read_by_library("foreign-ev-%d/requirements.reqif" % number, first)
    print("%-46s %d requirements of %d objects, there and back the same%s" % (name, kept, len(objects), ", read by the reqif library" if by_library else ""))


def test_doors():
    done = run("import", HERE + "/doors.reqif", "-o", "doors.yaml")
    check("DOORS: counts", "2 requirements; 1 other" in done.stdout, done.stdout + done.stderr)
    check("DOORS: what is left out of a text is told", "picture or other object" in done.stderr and "struck out" in done.stderr, done.stderr)
    requirements = {r["id"]: r for r in judged("./doors.yaml", "doors-ev").values()}
    check("DOORS: numbers have their module's prefix", set(requirements) == {"SYS-12", "SW-12"}, list(requirements))
    system = requirements["SYS-12"]
    check("DOORS: powers, indices, tables; nothing that is struck out", system["text"] ==
          "Charge below 10^-3 A s, I_max within 2 % for^(note 1) all:\nmin | 1\nmax | 2\nOle", system["text"])
    check("DOORS: XHTML in other attributes", system["hazard"] == "HAZ-4")
    check("DOORS: a default value, and one that is given", (system["verified_by"], requirements["SW-12"]["verified_by"]) == ("test", "inspection"))
    done = run("import", HERE + "/doors.reqif", "-o", "doors-ids.yaml", "--map", "id=IDENTIFIER")
    check("DOORS: the object's own identifier as id", done.returncode == 0 and '- id: "o1"' in open("doors-ids.yaml").read(), done.stderr)
    broken = open(HERE + "/doors.reqif").read()
    for what, text, message in (("two of one number", broken.replace(">SW-<", ">SYS-<"), "the id 'SYS-12' is given twice"),
                                ("a prefix with a blank", broken.replace(">SW-<", ">SW x<"), "the id 'SW x12'"),
                                ("a default of nothing", broken.replace("<ENUM-VALUE-REF>e2<", "<ENUM-VALUE-REF>e9<"), "enumeration's value 'e9'"),
                                ("a prefix of nothing", broken.replace("REF>p<", "REF>q<"), "attribute 'q'"),
                                ("an identifier of two things", broken.replace('"st"', '"t"').replace('"t">', '"t" LONG-NAME="A">', 1), "is given twice")):
        open("broken.reqif", "w").write(text)
        done = run("import", "broken.reqif", "-o", "broken.yaml")
        check("DOORS: " + what + " is refused", done.returncode == 2 and message in done.stderr and "broken.reqif:" in done.stderr and
              not os.path.exists("broken.yaml"), done.stderr)


open("foreign.lua", "w").write('scenario { id = "foreign", title = "t" }\nintensity(60)\narm()\nawait("ready", seconds(2))\n'
                               'single { pulses = 1, interval = ms(500) }\ndisarm()\n')
try:
    test_doors()
    there_and_back(0, HERE + "/doors.reqif")
    folder = os.environ.get("TMSRIG_REQIF")
    if folder:
        for number, path in enumerate(sorted(glob.glob(folder + "/**/*.reqif*", recursive=True)), 1):
            there_and_back(number, path)
    else:
        print("NOT RUN: ReqIF files of other tools (TMSRIG_REQIF)")
except Exception as error:  # a check that could not be made is one that failed
    check("foreign", False, repr(error))
    traceback.print_exc()
finish()
