-- What the figures share: the columns of pulses.csv, the measurements, and where in time things were.
local format = require "format"

local session = {}

local columns, measured = {}, {}

-- A column of pulses.csv, read once.
function session.pulses(name)
	if not columns[name] then
		columns[name] = evidence.column("pulses", name)
	end
	return columns[name]
end

-- All measurements of a measurand, read once: arrays index (of the subject), value, planned, start_s, voided, … and count.
function session.measurements(measurand)
	if not measured[measurand] then
		measured[measurand] = evidence.measurements(measurand)
	end
	return measured[measurand]
end

-- After another run was selected.
function session.forget()
	columns, measured = {}, {}
end

-- The entry of result.measurands with that id, or nil.
function session.measurand(id)
	for _, measurand in ipairs(result.measurands or {}) do
		if measurand.id == id then
			return measurand
		end
	end
end

-- The requirement on a measurand whose limits a figure shows: one that judges every value if there is one; nil when none has limits.
function session.requirement(measurand)
	local found
	for _, requirement in ipairs(result.requirements or {}) do
		if requirement.measurand == measurand and (requirement.lower or requirement.upper) then
			if requirement.judge == "every" then
				return requirement
			end
			found = found or requirement
		end
	end
	return found
end

-- How long the time axis is: the recording, and in any case past the last pulse, so that none lies outside the picture.
function session.duration_s()
	local onset = session.pulses("onset_s")
	local last = onset[#onset]
	return math.max(result.recording and result.recording.duration_s or 0, format.is_number(last) and last + 0.001 or 0, 0.001)
end

local function is_true(field)
	return field == true or field == 1 or field == "true"
end
session.is_true = is_true

-- A truth value of pulses.csv or measurements.csv as an array of booleans.
function session.flags(fields)
	local flags = {}
	for i = 1, #fields do
		flags[i] = is_true(fields[i])
	end
	return flags
end

-- value - planned of the measurements that count, in pairs of arrays: times, differences (relative: divided by the planned value).
function session.errors(measurements, relative)
	local times, errors = {}, {}
	for i = 1, measurements.count do
		local planned, value = measurements.planned[i], measurements.value[i]
		if format.is_number(planned) and format.is_number(value) and not is_true(measurements.voided[i]) and not (relative and planned == 0) then
			times[#times + 1] = measurements.start_s[i]
			errors[#errors + 1] = relative and value / planned - 1 or value - planned
		end
	end
	return times, errors
end

-- The missing pulses as {index, time_s}: an expected pulse that did not come has no time, so it is put between its neighbours that did.
function session.missing()
	local list, onsets = {}, {}
	if #(result.missing or {}) == 0 then
		return list
	end
	local expected, onset = session.pulses("expected"), session.pulses("onset_s")
	for i = 1, #expected do
		if expected[i] >= 0 then
			onsets[expected[i]] = onset[i]
		end
	end
	local last = result.scenario and result.scenario.pulses or 0
	for _, entry in ipairs(result.missing) do
		local index = type(entry) == "table" and (entry.expected or entry.pulse or entry.index) or entry
		local time = type(entry) == "table" and entry.time_s or nil
		if not time then
			local before, after = index, index
			while before >= 0 and not onsets[before] do
				before = before - 1
			end
			while after <= last and not onsets[after] do
				after = after + 1
			end
			local a, b = onsets[before], onsets[after]
			time = a and b and after > before and a + (b - a) * (index - before) / (after - before) or a or b or 0
		end
		list[#list + 1] = {index = index, time_s = time}
	end
	return list
end

-- Detected pulses whose match is that word ("extra", "untriggered") as {index, time_s}; index as in pulses.csv.
function session.matched(word)
	local list, match, onset = {}, session.pulses("match"), session.pulses("onset_s")
	for i = 1, #match do
		if match[i] == word then
			list[#list + 1] = {index = i - 1, time_s = onset[i]}
		end
	end
	return list
end

--[[ The pulse to point at: that of the worst requirement decided by a single pulse, else the one with the largest amplitude error, else the
     largest. Returns its index as in pulses.csv and why; nil without pulses. ]]
function session.worst_pulse()
	local worst
	for _, requirement in ipairs(result.requirements or {}) do
		local measurand = session.measurand(requirement.measurand)
		local count = result.counts and result.counts.detected or 0
		if measurand and measurand.subject == "pulse" and requirement.worst_subject and requirement.worst_subject < count and
			requirement.verdict ~= "pass" and requirement.verdict ~= "not_tested" then
			if not worst or format.verdict(requirement.verdict).rank < format.verdict(worst.verdict).rank then
				worst = requirement
			end
		end
	end
	if worst then
		return worst.worst_subject, string.format("decides %s (%s)", worst.id, format.verdict(worst.verdict).word)
	end
	local index, most = nil, -1
	local amplitude = session.measurements(session.amplitude)
	for i = 1, amplitude.count do
		local planned = amplitude.planned[i]
		local size = format.is_number(planned) and planned ~= 0 and math.abs(amplitude.value[i] / planned - 1) or 0
		if size > most and not is_true(amplitude.voided[i]) then
			index, most = amplitude.index[i], size
		end
	end
	return index and math.floor(index), most > 0 and "has the largest amplitude error" or "is the first"
end

-- The ids of the measurands the figures are drawn from.
session.amplitude = "pulse.peak1"
session.interval = "pulse.interval"
session.latency = "pulse.latency"

return session
