<?xml version="1.0" encoding="UTF-8"?>
<?lua
-- ATML Test Results (IEEE 1636.1): a Test for every requirement. Each value stands as a Datum with its limits and, in the extension that the standard
-- leaves for such, as a quantity of D-SI with its expanded uncertainty.
local trace = require "trace"
local format = require "format"
local run = result.run

-- Outcomes of the standard; what it has no word for says its own in `qualifier`.
local OUTCOMES = {pass = "Passed", fail = "Failed", not_tested = "NotStarted"}

local function outcome(verdict)
	local word = OUTCOMES[verdict] or "Inconclusive"
	raw('<tr:Outcome value="', word, '"')
	if word == "Inconclusive" or word == "NotStarted" then
		raw(' qualifier="') emit(verdict) raw('"')
	end
	raw("/>")
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

-- A name for this result that is always the same: its hash in the form of a UUID.
local hash = result.results_sha256 or ""
while #hash < 32 do
	hash = hash .. "0"
end
local uuid = table.concat({hash:sub(1, 8), hash:sub(9, 12), hash:sub(13, 16), hash:sub(17, 20), hash:sub(21, 32)}, "-")
local started = (run.started or "1970-01-01T00:00:00"):sub(1, 19) .. "Z"
local ended = (run.ended or run.started or "1970-01-01T00:00:00"):sub(1, 19) .. "Z"
?>
<trc:TestResultsCollection xmlns:trc="urn:IEEE-1636.1:2013:TestResultsCollection" xmlns:tr="urn:IEEE-1636.1:2013:TestResults"
    xmlns:c="urn:IEEE-1671:2010:Common" xmlns:si="https://ptb.de/si" xmlns:rig="urn:tmsrig:requirement"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <trc:TestResults uuid="<?= uuid ?>">
    <tr:Personnel><tr:SystemOperator ID="operator" name="<?= run.operator or "" ?>"/></tr:Personnel>
    <tr:ResultSet ID="run" name="<?= result.scenario and result.scenario.id or run.recording or "recording" ?>" startDateTime="<?= started ?>" endDateTime="<?= ended ?>">
      <?lua
if run.aborted then
	raw('<tr:Outcome value="Aborted"/>')
else
	outcome(result.verdict)
end
for number, requirement in ipairs(result.requirements) do
	local source = requirement.source or {}
?>

      <tr:Test ID="requirement-<?= number ?>" name="<?= requirement.id ?>">
        <tr:Description><?= requirement.text or "" ?></tr:Description>
        <tr:Extension><rig:requirement citation="<?= trace.citation(requirement) ?>" verdict="<?= requirement.verdict ?>" hazard="<?= requirement.hazard or "" ?>" riskControl="<?= requirement.risk_control or "" ?>" document="<?= source.document or "" ?>" clause="<?= source.clause or "" ?>" decisionRule="<?= requirement.rule or "" ?>" simulated="<?= run.simulated and "true" or "false" ?>"/></tr:Extension>
        <?lua outcome(requirement.verdict)
	if trace.is_number(requirement.value) then ?>

        <tr:TestResult ID="result-<?= number ?>" name="<?= requirement.measurand ?>">
          <?lua outcome(requirement.verdict) ?>

          <tr:TestData><?lua datum(requirement.value, requirement.unit) ?></tr:TestData><?lua
		limits(requirement)
		quantity(requirement) ?>

        </tr:TestResult>
<?lua end ?>
      </tr:Test>
<?lua end ?>
    </tr:ResultSet>
    <tr:TestProgram><tr:Definition name="tmsrig" version="<?= result.tool.version ?>"/></tr:TestProgram>
    <tr:TestStation><c:SerialNumber><?= result.bench and result.bench.id or "" ?></c:SerialNumber></tr:TestStation>
    <tr:UUT UutType="Hardware"><c:SerialNumber><?= run.device_serial or "" ?></c:SerialNumber></tr:UUT>
  </trc:TestResults>
</trc:TestResultsCollection>
