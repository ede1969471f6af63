<?xml version="1.0" encoding="UTF-8"?>
<?lua
local format = require "format"
local repeats = require "repeats"
local trace = require "trace"
local run = result.run
local class = result.spec.id .. "." .. (result.scenario and result.scenario.path or run.recording or "recording")

-- What a case becomes: "failure", "error", "skipped", or nil for a pass.
local OUTCOMES = {pass = false, fail = "failure", conditional_pass = "failure", conditional_fail = "failure", not_capable = "failure", inconclusive = "failure", void = "error",
	not_tested = "skipped"}
local cases, totals = {}, {failure = 0, error = 0, skipped = 0}

local function add(name, verdict, outcome, message, requirement)
	cases[#cases + 1] = {name = name, verdict = verdict, outcome = outcome, message = message, requirement = requirement}
	if outcome then
		totals[outcome] = totals[outcome] + 1
	end
end

for _, requirement in ipairs(result.requirements) do
	local row, outcome = format.row(requirement), OUTCOMES[requirement.verdict]
	if outcome == nil then
		outcome = "error"
	end
	local message = string.format("%s (limit %s)", row.full, row.limit)
	if requirement.reason and requirement.reason ~= "" then
		message = message .. ": " .. requirement.reason
	end
	add(string.format("%s~%s %s", requirement.id, tostring(requirement.revision or 0), requirement.text or ""), requirement.verdict, outcome, message,
		requirement)
end
if run.aborted then
	add("run to the end of its plan", "void", "error", "the run was aborted before the end of its plan")
end
if run.complete == false then
	add("complete recording", "void", "error", "the recording is not complete")
end
-- A set in which no case says so must not look green.
if result.verdict ~= "pass" and totals.failure + totals.error == 0 then
	add("overall verdict", result.verdict, "failure", "the verdict is " .. format.verdict(result.verdict).word)
end
local duration = string.format("%.3f", result.recording and result.recording.duration_s or 0)
-- The published schemas (Jenkins' junit-10.xsd, the one for Apache Ant) let a suite have properties, and no case: so every requirement is a suite of
-- one case. The first suite is the run, with what went wrong beside the requirements.
local stamp = (run.started or "1970-01-01T00:00:00"):sub(1, 19)
local suites = {{name = result.spec.id, cases = {}}}
for _, case in ipairs(cases) do
	if case.requirement then
		suites[#suites + 1] = {name = case.requirement.id, cases = {case}, requirement = case.requirement}
	else
		table.insert(suites[1].cases, case)
	end
end

local function property(name, value)
	raw('      <property name="') emit(name) raw('" value="') emit(value == nil and "" or value) raw('"/>\n')
end

local function open_suite(number, suite)
	local count = {failure = 0, error = 0, skipped = 0}
	for _, case in ipairs(suite.cases) do
		if case.outcome then
			count[case.outcome] = count[case.outcome] + 1
		end
	end
	raw('  <testsuite name="') emit(suite.name) raw('" package="') emit(class)
	raw(string.format('" id="%d" hostname="localhost" timestamp="%s" tests="%d" failures="%d" errors="%d" skipped="%d" time="%s">\n', number - 1, stamp,
		#suite.cases, count.failure, count.error, count.skipped, number == 1 and duration or "0"))
end

local function requirement_properties(requirement)
	local source = requirement.source or {}
	property("requirement", requirement.id)
	property("requirement.revision", requirement.revision)
	property("requirement.fingerprint", requirement.fingerprint and "sha256:" .. requirement.fingerprint)
	property("requirement.citation", trace.citation(requirement))
	property("source.document", source.document)
	property("source.clause", source.clause)
	property("hazard", requirement.hazard)
	property("risk_control", requirement.risk_control)
	property("measurand", requirement.measurand)
	property("verdict", requirement.verdict)
	for _, name in ipairs {"value", "expanded", "k", "lower", "upper"} do
		local value = requirement[name]
		property(name == "expanded" and "U" or name, trace.is_number(value) and trace.number(value) or "")
	end
	property("unit", requirement.unit)
end

local function run_properties()
	property("tool.version", result.tool.version)
	property("tool.build", result.tool.build)
	property("spec.revision", result.spec.revision)
	property("plan.sha256", result.scenario and result.scenario.plan_sha256)
	property("results.sha256", result.results_sha256)
	property("simulated", run.simulated and "true" or "false")
	property("calibration.date", result.calibration and result.calibration.date)
	property("calibration.not_in_force", result.calibration and table.concat(result.calibration.not_in_force, " "))
	property("calibration.overridden", result.calibration and result.calibration.overridden and "true" or "false")
	property("device", result.device and result.device.id)
	property("device.serial", run.device_serial)
	property("verdict", result.verdict)
	property("run", run.id)
	property("attempt", run.attempt)
	property("attempt.reason", run.reason)
	for i, earlier in ipairs(repeats.earlier()) do
		property("attempt.earlier." .. i, earlier.id .. ": " .. earlier.words)
	end
	property("ledger", repeats.ledger())
end

-- What a CI server shows beside the cases: a run that passed at last does not look like one that passed.
local function system_out()
	local sentence = repeats.sentence()
	if not sentence then
		return raw("    <system-out/>\n")
	end
	raw("    <system-out>") emit(sentence)
	for _, earlier in ipairs(repeats.earlier()) do
		emit("\n" .. earlier.id .. ": " .. earlier.words)
	end
	raw("</system-out>\n")
end

local function write_case(case)
	raw('    <testcase classname="') emit(class) raw('" name="') emit(case.name) raw('" time="0">')
	if case.outcome == "skipped" then
		raw('<skipped message="') emit(case.message) raw('"/>')
	elseif case.outcome then
		raw("<", case.outcome, ' type="') emit(case.verdict) raw('" message="') emit(case.message) raw('">') emit(case.message) raw("</", case.outcome, ">")
	end
	raw("</testcase>\n")
end

raw("<testsuites>\n")
for number, suite in ipairs(suites) do
	open_suite(number, suite)
	raw("    <properties>\n")
	if suite.requirement then
		requirement_properties(suite.requirement)
	else
		run_properties()
	end
	raw("    </properties>\n")
	for _, case in ipairs(suite.cases) do
		write_case(case)
	end
	if suite.requirement then
		raw("    <system-out/>\n")
	else
		system_out()
	end
	raw("    <system-err/>\n  </testsuite>\n")
end
raw("</testsuites>\n")
?>
