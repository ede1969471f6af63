-- What the top of the report says in words.
local format = require "format"

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

local SENTENCES = {
	fail = "%s not met: %s.",
	void = "Nothing can be said about the device: %s could not be judged, because the bench or the recording failed: %s.",
	conditional_fail = "%s outside the limit by less than the guard band: %s.",
	not_capable = "The measurement uncertainty is too large to decide %s: %s.",
	inconclusive = "No statement of conformity can be made on %s, because a calibration is not in force: %s.",
	conditional_pass = "%s met, but by less than the guard band: %s.",
}

local function requirements(count, verb)
	return format.count(count, "requirement") .. (verb and (count == 1 and " is" or " are") or "")
end

-- One sentence: why the verdict is what it is.
function summary.sentence()
	local verdict, total = result.verdict, #result.requirements
	local ids = of(verdict)
	local untested = #of("not_tested")
	if verdict == "pass" then
		if untested == 0 then
			return string.format("All %s of the specification are met.", requirements(total))
		end
		return string.format("%s of %d are met; %s not tested in this run.", requirements(#ids), total,
			untested == 1 and "1 was" or untested .. " were")
	elseif verdict == "not_tested" then
		return string.format("None of the %s could be judged from this run.", requirements(total))
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
		add(grave, "Void, because of %s and not of the device: %s.", run.aborted and "the abort or the bench" or "the bench", format.list(voids))
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
