<?xml version="1.0" encoding="UTF-8"?>
<?lua
local format = require "format"
local run = result.run
local class = result.spec.id .. "." .. (result.scenario and result.scenario.path or run.recording or "recording")

-- What a case becomes: "failure", "error", "skipped", or nil for a pass.
local OUTCOMES = {pass = false, fail = "failure", conditional_pass = "failure", conditional_fail = "failure", not_capable = "failure", inconclusive = "failure", void = "error",
	not_tested = "skipped"}
local cases, totals = {}, {failure = 0, error = 0, skipped = 0}

local function add(name, verdict, outcome, message)
	cases[#cases + 1] = {name = name, verdict = verdict, outcome = outcome, message = message}
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
	add(string.format("%s~%s %s", requirement.id, tostring(requirement.revision or 0), requirement.text or ""), requirement.verdict, outcome, message)
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
local function attributes()
	raw(string.format('tests="%d" failures="%d" errors="%d" skipped="%d" time="%s"', #cases, totals.failure, totals.error, totals.skipped, duration))
end
?>
<testsuites name="tmsrig" <?lua attributes() ?>>
  <testsuite name="<?= result.spec.id ?>" <?lua attributes() ?> timestamp="<?= (run.started or "1970-01-01T00:00:00"):sub(1, 19) ?>">
    <properties>
      <property name="tool.version" value="<?= result.tool.version ?>"/>
      <property name="tool.build" value="<?= result.tool.build or "" ?>"/>
      <property name="spec.revision" value="<?= result.spec.revision or "" ?>"/>
      <property name="plan.sha256" value="<?= result.scenario and result.scenario.plan_sha256 or "" ?>"/>
      <property name="results.sha256" value="<?= result.results_sha256 or "" ?>"/>
      <property name="simulated" value="<?= run.simulated and "true" or "false" ?>"/>
      <property name="calibration.date" value="<?= result.calibration and result.calibration.date or "" ?>"/>
      <property name="calibration.not_in_force" value="<?= result.calibration and table.concat(result.calibration.not_in_force, " ") or "" ?>"/>
      <property name="calibration.overridden" value="<?= result.calibration and result.calibration.overridden and "true" or "false" ?>"/>
      <property name="device" value="<?= result.device and result.device.id or "" ?>"/>
      <property name="device.serial" value="<?= run.device_serial or "" ?>"/>
      <property name="verdict" value="<?= result.verdict ?>"/>
    </properties>
<?lua for _, case in ipairs(cases) do ?>
    <testcase classname="<?= class ?>" name="<?= case.name ?>" time="0"><?lua
	if case.outcome == "skipped" then ?><skipped message="<?= case.message ?>"/><?lua
	elseif case.outcome then
		raw("<", case.outcome, ' type="') emit(case.verdict) raw('" message="') emit(case.message) raw('">') emit(case.message) raw("</", case.outcome, ">")
	end ?></testcase>
<?lua end ?>
  </testsuite>
</testsuites>
