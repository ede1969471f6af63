-- What the top of the report says in words.
local format = require "format"
local repeats = require "repeats"

local summary = {}

-- Requirement ids of one verdict.
local function of(verdict)
	local ids = {}
	for _, requirement in ipairs(result.requirements) do
		if requirement.verdict == verdict then
			ids[#ids + 1] = requirement.id
		end
	end
	return ids
end
summary.of = of

-- A requirement whose selector leaves this scenario out: nothing was lost.
function summary.elsewhere(requirement)
	return requirement.verdict == "not_tested" and requirement.reason == "not for this scenario"
end

-- A requirement that was judged although a calibration it rests on was not in force: its verdict is no statement of conformity.
function summary.by_override(requirement)
	return result.calibration and result.calibration.overridden and text.find(requirement.reason or "", "judged by override") ~= nil
end

--[[ What the top of the report shows: {word, symbol, class}. A pass that rests on an override, or that an earlier attempt did not come to, is not
     shown like any other. ]]
function summary.headline()
	local verdict = format.verdict(result.verdict)
	local word, class = verdict.word, result.verdict
	if result.verdict == "pass" or result.verdict == "conditional_pass" then
		if result.calibration and result.calibration.overridden then
			word, class = word .. " BY OVERRIDE", "conditional_pass"
		end
		if repeats.spoilt() then
			word, class = word .. " ON REPEAT", "conditional_pass"
		end
	end
	return {word = word, symbol = verdict.symbol, class = class}
end

local SENTENCES = {
	fail = "%s not met: %s.",
	void = "No verdict on the device as a whole: %s could not be judged: %s.",
	conditional_fail = "%s outside the limit by less than the guard band: %s.",
	not_capable = "The measurement uncertainty is too large to decide %s: %s.",
	inconclusive = "No statement of conformity can be made on %s: %s.",
	conditional_pass = "%s met, but by less than the guard band: %s.",
}

-- What the report is about.
function summary.title()
	local recording = text.split(result.run.recording or "recording", "/")
	return result.scenario and (result.scenario.title or result.scenario.id) or recording[#recording]
end

local function requirements(count, verb)
	return format.count(count, "requirement") .. (verb and (count == 1 and " is" or " are") or "")
end

local function passed(ids)
	local total, untested = #result.requirements, #of("not_tested")
	if untested == 0 then
		return string.format("All %s of the specification are met", requirements(total))
	end
	return string.format("%s of %d are met; %s not tested in this run", requirements(#ids), total, untested == 1 and "1 was" or untested .. " were")
end

-- The requirements that the test case says it verifies, and that this run could not test.
local function owed()
	local declared, list = {}, {}
	for _, id in ipairs(result.scenario and result.scenario.verifies or {}) do
		declared[id] = true
	end
	for _, id in ipairs(of("not_tested")) do
		if declared[id] then
			list[#list + 1] = id
		end
	end
	return list
end

-- One sentence: why the verdict is what it is.
function summary.sentence()
	local verdict = result.verdict
	local ids = of(verdict)
	if verdict == "pass" then
		local because = {passed(ids)}
		if result.calibration and result.calibration.overridden then
			because[#because + 1] = string.format("judged by override, for no calibration was in force for %s: no statement of conformity where a value rests on it",
				format.list(result.calibration.not_in_force))
		end
		if repeats.spoilt() then
			because[#because + 1] = repeats.unnamed() > 0 and "but not every earlier attempt is named here, and the first attempt counts" or "but an earlier attempt did not pass, and the first attempt counts"
		end
		return table.concat(because, "; ") .. "."
	elseif verdict == "not_tested" then
		local list, judged = owed(), #result.requirements - #ids
		if judged == 0 then
			return string.format("None of the %s could be judged from this run.", requirements(#result.requirements))
		elseif #list > 0 then
			return string.format("No pass: the test case says that it verifies %s, which this run could not test. Of the others %d %s met.", format.list(list, 6),
				#of("pass"), #of("pass") == 1 and "is" or "are")
		end
		return string.format("No pass: %s could not be tested in this run. Of the others %d are met.", requirements(#ids), #of("pass"))
	elseif #ids == 0 or not SENTENCES[verdict] then
		return "The run as a whole: " .. format.verdict(verdict).means .. "."
	end
	local with_verb = verdict == "fail" or verdict == "conditional_fail" or verdict == "conditional_pass"
	local sentence = string.format(SENTENCES[verdict], requirements(#ids, with_verb), format.list(ids, 6))
	local first = summary.sorted()[1].requirement
	if first.verdict == verdict and first.reason and first.reason ~= "" then
		sentence = string.format("%s %s: %s", sentence, #ids == 1 and "The reason" or first.id, first.reason)
	end
	return sentence
end

-- What a reader must know before reading on, as sentences; grave ones first. Returns grave, mild.
function summary.notices()
	local grave, mild = {}, {}
	local run, counts = result.run, result.counts or {}
	local function add(list, text, ...)
		list[#list + 1] = string.format(text, ...)
	end
	if run.aborted then
		add(grave, "The run was aborted before the end of its plan. What was not fired was not tested.")
	end
	local safe_state, monitor = result.safe_state, result.monitor
	if type(monitor) == "table" then
		add(grave, "A monitor stopped the run (%s, against the %s): %s.", format.words(monitor.name), monitor.against, monitor.text)
	end
	if type(safe_state) == "table" and safe_state.proven == false then
		add(grave, "SAFE STATE NOT PROVEN: %s. No pass is given.", safe_state.text)
	elseif type(safe_state) == "table" and safe_state.proven ~= true then
		add(mild, "Safe state not provable: %s.", safe_state.text)
	end
	if #(result.not_watched or {}) > 0 then
		add(mild, "Not watched by any monitor, for the bench has nothing to do it by: %s.", format.list(result.not_watched))
	end
	if run.complete == false then
		add(grave, "The recording is not complete: it ended without its closing record. What lies beyond its end is unknown.")
	end
	if evidence.recording_problem then
		add(grave, "The raw recording cannot be read, so the figures made from it are missing: %s", evidence.recording_problem)
	elseif not evidence.recording_complete and run.complete ~= false then
		add(grave, "The raw recording is not marked complete.")
	end
	if #(result.gaps or {}) > 0 then
		add(grave, "The recording has %s. Whatever depends on the missing samples is void.", format.count(#result.gaps, "gap"))
	end
	local voids = of("void")
	if #voids > 0 then
		add(grave, "Void, so that nothing is said about the device by: %s. Why stands beside each of the results.", format.list(voids))
	end
	if (counts.voided or 0) > 0 then
		add(grave, "%s void: a gap touches the samples.", format.count(counts.voided, "pulse is", "pulses are"))
	end
	if (counts.clipped or 0) > 0 then
		add(grave, "%s reached the full scale of the converter: the true peak is not known.", format.count(counts.clipped, "pulse"))
	end
	if #(run.faults or {}) > 0 then
		local names = {}
		for i, fault in ipairs(run.faults) do
			names[i] = format.words(type(fault) == "table" and tostring(fault.kind or fault.name or fault[1]) or tostring(fault))
		end
		add(grave, "The virtual device was made wrong on purpose: %s.", format.list(names))
	end
	local calibration = result.calibration or {}
	if #(calibration.not_in_force or {}) > 0 then
		add(grave, "On the day of the recording, %s, no calibration was in force for: %s. %s", calibration.date or "unknown",
			format.list(calibration.not_in_force), calibration.overridden and "What rests on it was judged all the same, by override."
			or "What rests on it is inconclusive.")
	end
	local uncalibrated = {}
	for _, channel in ipairs(result.bench and result.bench.channels or {}) do
		if channel.calibrated == false and channel.role ~= "trigger" and channel.role ~= "other" then
			uncalibrated[#uncalibrated + 1] = channel.name
		end
	end
	if #uncalibrated > 0 then
		add(mild, "Without calibration data: %s. The uncertainty stated for these channels leaves the sensor out.", format.list(uncalibrated))
	end
	local untested, elsewhere = {}, 0
	for _, requirement in ipairs(result.requirements) do
		if summary.elsewhere(requirement) then
			elsewhere = elsewhere + 1
		elseif requirement.verdict == "not_tested" then
			untested[#untested + 1] = requirement.id
		end
	end
	if #untested > 0 then
		add(mild, "Not tested in this run: %s.", format.list(untested, 8))
	end
	if elsewhere > 0 then
		add(mild, "%s of the specification %s for other scenarios, and not tested in this run.", format.count(elsewhere, "requirement"), elsewhere == 1 and "is" or "are")
	end
	local warnings = 0
	for _, finding in ipairs(result.lint or {}) do
		warnings = warnings + ((finding.level == "warning" or finding.level == "error") and not finding.justification and 1 or 0)
	end
	if warnings > 0 then
		add(mild, "%s of the plan's check without a justification, see below.", format.count(warnings, "warning"))
	end
	return grave, mild
end

-- The requirements, worst verdicts first, otherwise as in the specification.
function summary.sorted()
	local rows = {}
	for i, requirement in ipairs(result.requirements) do
		rows[i] = {place = i, rank = format.verdict(requirement.verdict).rank, requirement = requirement}
	end
	table.sort(rows, function(a, b)
		if a.rank ~= b.rank then
			return a.rank < b.rank
		end
		return a.place < b.place
	end)
	return rows
end

return summary
