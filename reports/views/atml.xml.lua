<?xml version="1.0" encoding="UTF-8"?>
<?lua
-- ATML Test Results (IEEE 1636.1): a Test for every requirement. Each value stands as a Datum with its limits and, in the extension that the standard
-- leaves for such, as a quantity of D-SI with its expanded uncertainty.
local trace = require "trace"
local run = result.run

-- The outcomes that every version of the standard has. Readers take one that they do not know for a pass, so a verdict that is neither is never one
-- of its own: what was judged and did not pass is Failed, what could not be judged Aborted, with a qualifier that readers of TestStand's reports know.
local OUTCOMES = {
	pass = {"Passed"}, fail = {"Failed"}, conditional_pass = {"Failed", "conditional_pass"}, conditional_fail = {"Failed", "conditional_fail"},
	not_capable = {"Failed", "not_capable"}, inconclusive = {"Failed", "inconclusive"}, void = {"Aborted", "Error"}, not_tested = {"Aborted", "Skipped"},
}

local function attribute(name, value)
	if value ~= nil and value ~= "" then
		raw(" ", name, '="') emit(value) raw('"')
	end
end

local function outcome(value, qualifier)
	raw("<tr:Outcome")
	attribute("value", value)
	attribute("qualifier", qualifier)
	raw("/>")
end

local function verdict_outcome(verdict)
	local known = OUTCOMES[verdict] or {"Aborted", "Error"}
	outcome(known[1], known[2])
end

local function datum(value, unit)
	raw('<c:Datum xsi:type="c:double" value="', trace.number(value), '" standardUnit="') emit(unit or "1") raw('"/>')
end

local function limit(comparator, value, unit)
	raw('<c:Limit comparator="', comparator, '">') datum(value, unit) raw("</c:Limit>")
end

local function limits(requirement)
	local lower, upper = trace.is_number(requirement.lower), trace.is_number(requirement.upper)
	if not lower and not upper then
		return
	end
	raw("\n          <tr:TestLimits><tr:Limits>")
	if lower and upper then
		raw('<c:LimitPair operator="AND">')
		limit("GE", requirement.lower, requirement.unit)
		limit("LE", requirement.upper, requirement.unit)
		raw("</c:LimitPair>")
	else
		raw("<c:SingleLimit comparator=\"", lower and "GE" or "LE", '">')
		datum(lower and requirement.lower or requirement.upper, requirement.unit)
		raw("</c:SingleLimit>")
	end
	raw("</tr:Limits></tr:TestLimits>")
end

local function quantity(requirement)
	local unit = trace.dsi_unit(requirement.unit)
	if not unit then
		return
	end
	raw("\n          <tr:Extension><si:real><si:label>") emit(requirement.measurand) raw("</si:label><si:value>", trace.number(requirement.value),
		"</si:value><si:unit>") emit(unit) raw("</si:unit>")
	if trace.is_number(requirement.expanded) and requirement.expanded > 0 and trace.is_number(requirement.k) and requirement.k >= 1 then
		raw("<si:expandedUnc><si:uncertainty>", trace.number(requirement.expanded), "</si:uncertainty><si:coverageFactor>", trace.number(requirement.k),
			"</si:coverageFactor><si:coverageProbability>0.9545</si:coverageProbability></si:expandedUnc>")
	end
	raw("</si:real></tr:Extension>")
end

-- Why a verdict is not a pass, as an event, which every reader shows.
local function reason(number, requirement)
	if requirement.verdict ~= "pass" then
		raw('\n        <tr:Events><tr:Event ID="reason-', number, '" name="verdict" source="tmsrig"><tr:Message>')
		emit(requirement.verdict .. (requirement.reason and requirement.reason ~= "" and ": " .. requirement.reason or ""))
		raw("</tr:Message></tr:Event></tr:Events>")
	end
end

-- What an instance is by its description, and its serial number; neither may be blank.
local function instance(model, version, serial)
	raw("<c:Definition><c:Identification>")
	if version and version ~= "" then
		raw("<c:Version>") emit(version) raw("</c:Version>")
	end
	raw("<c:ModelName>") emit(model) raw("</c:ModelName></c:Identification></c:Definition><c:SerialNumber>")
	emit(serial and serial ~= "" and serial or "not stated")
	raw("</c:SerialNumber>")
end

-- A name for this result that is always the same: its hash in the form of a UUID.
local hash = result.results_sha256 or ""
while #hash < 32 do
	hash = hash .. "0"
end
local uuid = table.concat({hash:sub(1, 8), hash:sub(9, 12), hash:sub(13, 16), hash:sub(17, 20), hash:sub(21, 32)}, "-")
local started = (run.started or "1970-01-01T00:00:00"):sub(1, 19) .. "Z"
local ended = (run.ended or run.started or "1970-01-01T00:00:00"):sub(1, 19) .. "Z"
local simulated = run.simulated and "true" or "false"
local operator = run.operator and run.operator ~= "" and run.operator or "not stated"
local device = result.device or {}
?>
<trc:TestResultsCollection xmlns:trc="urn:IEEE-1636.1:2013:TestResultsCollection" xmlns:tr="urn:IEEE-1636.1:2013:TestResults"
    xmlns:c="urn:IEEE-1671:2010:Common" xmlns:si="https://ptb.de/si" xmlns:rig="urn:tmsrig:requirement"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <trc:TestResults uuid="<?= uuid ?>">
    <tr:Personnel><tr:SystemOperator ID="<?= operator ?>" name="<?= operator ?>"/></tr:Personnel>
    <tr:ResultSet ID="run" name="<?= result.scenario and result.scenario.id or run.recording or "recording" ?>" simulated="<?= simulated ?>" startDateTime="<?= started ?>" endDateTime="<?= ended ?>">
      <?lua
if run.aborted then
	outcome("Aborted", "Terminated")
elseif run.complete == false then
	outcome("Aborted", "Error")
elseif result.verdict == "not_tested" then
	outcome("Failed", "not_tested")
else
	verdict_outcome(result.verdict)
end
for number, requirement in ipairs(result.requirements) do
	local source = requirement.source or {}
?>

      <tr:Test ID="requirement-<?= number ?>" name="<?= requirement.id ?>" simulated="<?= simulated ?>" startDateTime="<?= started ?>" endDateTime="<?= ended ?>" testReferenceID="<?= trace.citation(requirement) ?>">
<?lua if requirement.text and requirement.text ~= "" then ?>
        <tr:Description><?= requirement.text ?></tr:Description><?lua end
	reason(number, requirement) ?>

        <tr:Extension><rig:requirement citation="<?= trace.citation(requirement) ?>" verdict="<?= requirement.verdict ?>"<?lua
	attribute("hazard", requirement.hazard)
	attribute("riskControl", requirement.risk_control)
	attribute("document", source.document)
	attribute("clause", source.clause)
	attribute("decisionRule", requirement.rule) ?> simulated="<?= simulated ?>"/></tr:Extension>
        <?lua verdict_outcome(requirement.verdict)
	if trace.is_number(requirement.value) then ?>

        <tr:TestResult ID="result-<?= number ?>" name="<?= requirement.measurand ?>">
          <?lua verdict_outcome(requirement.verdict) ?>

          <tr:TestData><?lua datum(requirement.value, requirement.unit) ?></tr:TestData><?lua
		limits(requirement)
		quantity(requirement) ?>

        </tr:TestResult>
<?lua end ?>

      </tr:Test>
<?lua end ?>
    </tr:ResultSet>
    <tr:TestProgram><?lua instance(result.tool.name, result.tool.version, result.tool.build) ?></tr:TestProgram>
<?lua if result.bench then ?>
    <tr:TestStation><?lua instance(result.bench.title or result.bench.id, nil, result.bench.id) ?></tr:TestStation>
<?lua end ?>
    <tr:UUT UutType="Hardware"><?lua instance(device.title or device.id or "not stated", nil, run.device_serial) ?></tr:UUT>
  </trc:TestResults>
</trc:TestResultsCollection>
