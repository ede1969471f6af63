# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages to the files that other tools read: each is one that a reader of the format would stumble over."""
import json
import re


def sub(what, pattern, replacement):
    return what, lambda text: re.sub(pattern, replacement, text, count=1, flags=re.S)


def drop(attribute, element):
    return sub("<%s> without %s" % (element, attribute), r'(<%s\b[^>]*?) %s="[^"]*"' % (re.escape(element), attribute), r"\1")


JUNIT = [
    drop("name", "testsuite"), drop("timestamp", "testsuite"), drop("hostname", "testsuite"), drop("tests", "testsuite"), drop("failures", "testsuite"),
    drop("errors", "testsuite"), drop("time", "testsuite"), drop("classname", "testcase"), drop("name", "testcase"), drop("time", "testcase"),
    drop("name", "property"), drop("type", "failure"), drop("package", "testsuite"), drop("id", "testsuite"),
    sub("tests is no number", r'tests="\d+"', 'tests="many"'), sub("failures is a fraction", r'failures="\d+"', 'failures="1.5"'),
    sub("timestamp with a zone", r'(timestamp="[^"]*)"', r'\1Z"'), sub("time is negative", r' time="[^"]*"', ' time="-1"'),
    sub("an element that is none", r"</testsuite>", "<verdict/></testsuite>"), sub("properties behind the case", r"(<properties>.*?</properties>)(.*?</testcase>)", r"\2\1"),
    sub("two sets of properties", r"<properties>", "<properties/><properties>"), sub("a suite in no suites", r"<testsuites>(.*)</testsuites>", r"<testsuit>\1</testsuit>"),
    sub("a case of two outcomes", r"<testcase ([^>]*)>", r'<testcase \1><failure type="a"/><error type="b"/>'), sub("cut off", r"</testsuites>", ""),
]
ATML = [
    drop("uuid", "trc:TestResults"), sub("uuid is none", r'uuid="[^"]*"', 'uuid="1"'), drop("startDateTime", "tr:ResultSet"), drop("startDateTime", "tr:Test"),
    drop("ID", "tr:Test"), drop("ID", "tr:TestResult"), sub("an ID twice", r'ID="requirement-2"', 'ID="requirement-1"'), drop("value", "tr:Outcome"),
    sub("an outcome of its own", r'<tr:Outcome value="[A-Za-z]*"', '<tr:Outcome value="Inconclusive"'), sub("no outcome of a test", r"(</tr:Extension>\s*)<tr:Outcome [^>]*/>", r"\1"),
    sub("outcome before the description", r"(<tr:Description>.*?</tr:Extension>\s*)(<tr:Outcome [^>]*/>)", r"\2\1"), sub("a value without a type", r' xsi:type="c:double"', ""),
    sub("a value that is none", r'<c:Datum xsi:type="c:double" value="[^"]*"', '<c:Datum xsi:type="c:double" value="much"'), drop("value", "c:Datum"),
    drop("comparator", "c:SingleLimit"), sub("a comparator of its own", r'comparator="LE"', 'comparator="below"'), drop("operator", "c:LimitPair"),
    sub("a pair of one", r"(<c:LimitPair[^>]*>)<c:Limit .*?</c:Limit>", r"\1"), sub("limits without a limit", r"<tr:Limits>.*?</tr:Limits>", "<tr:Limits/>"),
    sub("no operator", r"<tr:SystemOperator[^>]*/>", ""), drop("ID", "tr:SystemOperator"), sub("a blank name", r'(<tr:Test [^>]*?)name="[^"]*"', r'\1name=""'),
    sub("a serial number of nothing", r"<c:SerialNumber>[^<]*<", "<c:SerialNumber><"), sub("a program without a serial number", r"(<tr:TestProgram>.*?)<c:SerialNumber>[^<]*</c:SerialNumber>", r"\1"),
    sub("a model without a name", r"<c:ModelName>[^<]*</c:ModelName>", ""), sub("an empty extension", r"<tr:Extension>.*?</tr:Extension>", "<tr:Extension/>"),
    sub("a time that is none", r'startDateTime="[^"]*"', 'startDateTime="yesterday"'), sub("an event of nobody", r'(<tr:Event [^>]*?) source="[^"]*"', r"\1"), sub("cut off", r"</trc:TestResultsCollection>", ""),
]
REQIF = [
    drop("IDENTIFIER", "SPEC-OBJECT"), drop("LAST-CHANGE", "SPEC-OBJECT"), drop("IDENTIFIER", "REQ-IF-HEADER"), drop("THE-VALUE", "ATTRIBUTE-VALUE-STRING"),
    drop("IDENTIFIER", "ATTRIBUTE-DEFINITION-STRING"), drop("MAX-LENGTH", "DATATYPE-DEFINITION-STRING"), drop("IDENTIFIER", "SPEC-HIERARCHY"),
    drop("LAST-CHANGE", "SPECIFICATION"), sub("an identifier twice", r'IDENTIFIER="tmsrig-place-2"', 'IDENTIFIER="tmsrig-place-1"'),
    sub("an identifier that begins with a digit", r'(<SPEC-HIERARCHY IDENTIFIER=")', r"\g<1>1"), sub("an attribute of nothing", r"(<ATTRIBUTE-DEFINITION-STRING-REF>)[^<]*", r"\1nowhere"),
    sub("an object of no type", r"(<SPEC-OBJECT-TYPE-REF>)[^<]*", r"\1nowhere"), sub("a place of no object", r"(<SPEC-OBJECT-REF>)[^<]*", r"\1nowhere"),
    sub("a datatype of nothing", r"(<DATATYPE-DEFINITION-STRING-REF>)[^<]*", r"\1nowhere"), sub("no title", r"<TITLE>[^<]*</TITLE>", ""),
    sub("another version", r"<REQ-IF-VERSION>1.0<", "<REQ-IF-VERSION>9<"), sub("no time", r"<CREATION-TIME>[^<]*</CREATION-TIME>", ""),
    sub("a time that is none", r"(<CREATION-TIME>)[^<]*", r"\1now"), sub("no type of an object", r"<TYPE>\s*<SPEC-OBJECT-TYPE-REF>.*?</TYPE>", ""),
    sub("header behind the content", r"(<THE-HEADER>.*</THE-HEADER>)(.*</CORE-CONTENT>)", r"\2\1"), sub("a value without its attribute", r"<DEFINITION>.*?</DEFINITION>", ""),
    sub("an element that is none", r"</SPEC-OBJECTS>", "<REQUIREMENT/></SPEC-OBJECTS>"), sub("cut off", r"</REQ-IF>", ""), sub("another namespace", r"20110401", "20990401"),
]
QUANTITY = [
    sub("no value", r"<si:value>[^<]*</si:value>", ""), sub("no unit", r"<si:unit>[^<]*</si:unit>", ""), sub("infinite", r"<si:value>[^<]*", "<si:value>INF"),
    sub("no number", r"<si:value>[^<]*", "<si:value>NaN"), sub("a comma", r"<si:value>[^<]*", "<si:value>1,5"), sub("hexadecimal", r"<si:value>[^<]*", "<si:value>0x1p3"),
    sub("a value of nothing", r"<si:value>[^<]*", "<si:value>"), sub("a value with its unit", r"(<si:value>[^<]*)", r"\1 A"), sub("a negative uncertainty", r"<si:uncertainty>", "<si:uncertainty>-"),
    sub("no uncertainty", r"<si:uncertainty>[^<]*</si:uncertainty>", ""), sub("no coverage factor", r"<si:coverageFactor>[^<]*</si:coverageFactor>", ""),
    sub("a coverage factor below one", r"<si:coverageFactor>[^<]*", "<si:coverageFactor>0.5"), sub("no probability", r"<si:coverageProbability>[^<]*</si:coverageProbability>", ""),
    sub("a probability in percent", r"<si:coverageProbability>[^<]*", "<si:coverageProbability>95.45"), sub("a negative probability", r"<si:coverageProbability>", "<si:coverageProbability>-"),
    sub("unit before value", r"(<si:value>[^<]*</si:value>)(<si:unit>[^<]*</si:unit>)", r"\2\1"), sub("two values", r"(<si:value>[^<]*</si:value>)", r"\1\1"),
    sub("a unit that is none", r"<si:unit>[^<]*", r"<si:unit>furlong"), sub("a unit of nothing", r"<si:unit>[^<]*", "<si:unit>"), sub("an element that is none", r"</si:real>", "<si:guess/></si:real>"),
    sub("an uncertainty twice", r"(<si:expandedUnc>.*</si:expandedUnc>)", r"\1\1"), sub("another namespace", r'xmlns:si="[^"]*"', 'xmlns:si="urn:si"'),
    sub("an infinite uncertainty", r"<si:uncertainty>[^<]*", "<si:uncertainty>INF"),
]


def needs_damages():
    def member(what, edit):
        def changed(text):
            root = json.loads(text)
            version = next(iter(root["versions"].values()))
            edit(root, version, next(iter(version["needs"].values())))
            return json.dumps(root)
        return what, changed

    def put(place, name, value):
        def edit(root, version, need):
            target = {"root": root, "version": version, "need": need}[place]
            if value is None:
                del target[name]
            else:
                target[name] = value
        return member("%s %s" % (name, "missing" if value is None else "is %r" % (value,)), edit)
    return [put("root", "project", None), put("root", "current_version", None), put("root", "versions", None), put("root", "project", 1), put("root", "current_version", 2.0),
            put("root", "created", 0), put("root", "versions", []), put("version", "needs", None), put("version", "needs_amount", "many"), put("version", "created", 7),
            put("version", "creator", "me"), put("version", "needs", [1]), put("need", "id", None), put("need", "id", 5), put("need", "title", None), put("need", "title", ["a"]),
            put("need", "content", 3), put("need", "content", None), put("need", "links", "TIM"), put("need", "tags", "a"), put("need", "type", 9), put("need", "type", None),
            put("need", "hazard", 1), ("cut off", lambda text: text[:-10])]


def damage(name, text):
    """Pairs of what is wrong and the damaged text."""
    damages = {"junit.xml": JUNIT, "atml.xml": ATML, "requirements.reqif": REQIF, "quantity.xml": QUANTITY, "needs.json": needs_damages()}[name]
    return [(what, change(text)) for what, change in damages]
