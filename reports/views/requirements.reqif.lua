<?xml version="1.0" encoding="UTF-8"?>
<?lua
-- ReqIF 1.2 (OMG formal/16-07-01): the requirements as they were judged, with fingerprint and verdict, for the tool they came from.
local trace = require "trace"
local run = result.run
local stamp = (run.ended or run.started or "1970-01-01T00:00:00"):sub(1, 19) .. "Z"

-- In an attribute a line feed is a blank unless it is written so.
local function attribute(value)
	local written = text.replace(escape(value), "\n", "&#10;")
	written = text.replace(written, "\t", "&#9;")
	raw(written)
end

local STRING_NAMES = {"ReqIF.ForeignID", "ReqIF.Text", "Revision", "Source Document", "Source Clause", "Hazard", "Risk Control", "Verified By",
	"Measurand", "Select Scenarios", "Select Waveform", "Select Intensity Minimum", "Select Intensity Maximum", "Select Interval Maximum",
	"Select Position", "Minimum", "Maximum", "Nominal", "Tolerance Relative", "Tolerance Absolute", "Tolerance Combine", "Decision Rule",
	"Accepted Risk", "Capability", "Judge", "Fingerprint", "Verdict"}

local function definition(name)
	return "tmsrig-attribute-" .. text.replace(text.replace(name, " ", "-"), ".", "-")
end

-- An identifier of XML: a letter or _ first, then letters, digits and . - _; every one once. Those of this file's own elements are taken.
local used = {["tmsrig-header"] = true, ["tmsrig-string"] = true, ["tmsrig-requirement"] = true, ["tmsrig-specification"] = true,
	["tmsrig-specification-type"] = true}
for _, name in ipairs(STRING_NAMES) do
	used[definition(name)] = true
end
for number in ipairs(result.requirements) do
	used["tmsrig-place-" .. number] = true
end
local function identifier(requirement, number)
	local wanted = requirement.uid or ("tmsrig-" .. requirement.id)
	local good = #wanted > 0
	for i = 1, #wanted do
		local sign = wanted:sub(i, i)
		local letter = (sign >= "A" and sign <= "Z") or (sign >= "a" and sign <= "z") or sign == "_"
		local inner = (sign >= "0" and sign <= "9") or sign == "-" or sign == "."
		good = good and (letter or (inner and i > 1))
	end
	while not good or used[wanted] do
		wanted = string.format("tmsrig-requirement-%d", number)
		good, number = true, number + #result.requirements
	end
	used[wanted] = true
	return wanted
end

local objects = {}
for number, requirement in ipairs(result.requirements) do
	local values = {{"ReqIF.ForeignID", requirement.id}, {"ReqIF.Text", requirement.text or ""}}
	for _, pair in ipairs(trace.attributes(requirement)) do
		values[#values + 1] = pair
	end
	if requirement.fingerprint then
		values[#values + 1] = {"Fingerprint", "sha256:" .. requirement.fingerprint}
	end
	values[#values + 1] = {"Verdict", requirement.verdict}
	objects[number] = {id = identifier(requirement, number), values = values}
end
?>
<REQ-IF xmlns="http://www.omg.org/spec/ReqIF/20110401/reqif.xsd">
  <THE-HEADER>
    <REQ-IF-HEADER IDENTIFIER="tmsrig-header">
      <COMMENT>Judged by <?= result.tool.name ?> <?= result.tool.version ?><?= run.simulated and " on simulated instruments" or "" ?></COMMENT>
      <CREATION-TIME><?= stamp ?></CREATION-TIME>
      <REQ-IF-TOOL-ID>tmsrig</REQ-IF-TOOL-ID>
      <REQ-IF-VERSION>1.0</REQ-IF-VERSION>
      <SOURCE-TOOL-ID>tmsrig</SOURCE-TOOL-ID>
      <TITLE><?= result.spec.title or result.spec.id ?></TITLE>
    </REQ-IF-HEADER>
  </THE-HEADER>
  <CORE-CONTENT>
    <REQ-IF-CONTENT>
      <DATATYPES>
        <DATATYPE-DEFINITION-STRING IDENTIFIER="tmsrig-string" LAST-CHANGE="<?= stamp ?>" LONG-NAME="Text" MAX-LENGTH="1000000"/>
      </DATATYPES>
      <SPEC-TYPES>
        <SPEC-OBJECT-TYPE IDENTIFIER="tmsrig-requirement" LAST-CHANGE="<?= stamp ?>" LONG-NAME="Requirement">
          <SPEC-ATTRIBUTES>
<?lua for _, name in ipairs(STRING_NAMES) do ?>
            <ATTRIBUTE-DEFINITION-STRING IDENTIFIER="<?= definition(name) ?>" LAST-CHANGE="<?= stamp ?>" LONG-NAME="<?= name ?>">
              <TYPE>
                <DATATYPE-DEFINITION-STRING-REF>tmsrig-string</DATATYPE-DEFINITION-STRING-REF>
              </TYPE>
            </ATTRIBUTE-DEFINITION-STRING>
<?lua end ?>
          </SPEC-ATTRIBUTES>
        </SPEC-OBJECT-TYPE>
        <SPECIFICATION-TYPE IDENTIFIER="tmsrig-specification-type" LAST-CHANGE="<?= stamp ?>" LONG-NAME="Specification"/>
      </SPEC-TYPES>
      <SPEC-OBJECTS>
<?lua for _, object in ipairs(objects) do ?>
        <SPEC-OBJECT IDENTIFIER="<?= object.id ?>" LAST-CHANGE="<?= stamp ?>">
          <VALUES>
<?lua for _, pair in ipairs(object.values) do ?>
            <ATTRIBUTE-VALUE-STRING THE-VALUE="<?lua attribute(pair[2]) ?>">
              <DEFINITION>
                <ATTRIBUTE-DEFINITION-STRING-REF><?= definition(pair[1]) ?></ATTRIBUTE-DEFINITION-STRING-REF>
              </DEFINITION>
            </ATTRIBUTE-VALUE-STRING>
<?lua end ?>
          </VALUES>
          <TYPE>
            <SPEC-OBJECT-TYPE-REF>tmsrig-requirement</SPEC-OBJECT-TYPE-REF>
          </TYPE>
        </SPEC-OBJECT>
<?lua end ?>
      </SPEC-OBJECTS>
      <SPECIFICATIONS>
        <SPECIFICATION IDENTIFIER="tmsrig-specification" LAST-CHANGE="<?= stamp ?>" LONG-NAME="<?= result.spec.id ?>">
          <TYPE>
            <SPECIFICATION-TYPE-REF>tmsrig-specification-type</SPECIFICATION-TYPE-REF>
          </TYPE>
          <CHILDREN>
<?lua for number, object in ipairs(objects) do ?>
            <SPEC-HIERARCHY IDENTIFIER="tmsrig-place-<?= number ?>" LAST-CHANGE="<?= stamp ?>">
              <OBJECT>
                <SPEC-OBJECT-REF><?= object.id ?></SPEC-OBJECT-REF>
              </OBJECT>
            </SPEC-HIERARCHY>
<?lua end ?>
          </CHILDREN>
        </SPECIFICATION>
      </SPECIFICATIONS>
    </REQ-IF-CONTENT>
  </CORE-CONTENT>
</REQ-IF>
