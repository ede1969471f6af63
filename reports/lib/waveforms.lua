-- For every requirement that one pulse decided: that pulse beside a typical one.
local chart = require "chart"
local figures = require "figures"
local format = require "format"
local session = require "session"
local svg = require "svg"

local waveforms = {}

local MOST = 24     -- drawn; more are listed
local POINTS = 260  -- stretches of a drawn curve

local ALIKE = 1e-3 -- planned amplitudes that differ by less are the same

--[[ The pulse whose amplitude, as a part of the planned one, is the median of all; of those planned like the pulse `like` when that is given. nil without
     pulses. ]]
function waveforms.representative(like)
	local amplitude, list, wanted = session.measurements(session.amplitude), {}, nil
	for i = 1, amplitude.count do
		if like and amplitude.index[i] == like and format.is_number(amplitude.planned[i]) then
			wanted = amplitude.planned[i]
		end
	end
	for i = 1, amplitude.count do
		local value, planned = amplitude.value[i], amplitude.planned[i]
		local alike = not wanted or format.is_number(planned) and math.abs(planned - wanted) <= ALIKE * math.abs(wanted)
		if alike and format.is_number(value) and not session.is_true(amplitude.voided[i]) then
			list[#list + 1] = {index = math.floor(amplitude.index[i]), size = format.is_number(planned) and planned ~= 0 and value / planned or value}
		end
	end
	table.sort(list, function(a, b)
		if a.size ~= b.size then
			return a.size < b.size
		end
		return a.index < b.index
	end)
	local middle = list[(#list + 1) // 2]
	return middle and middle.index
end

-- The pulses that decided requirements as {index, ids, subject, worst verdict}, worst verdicts first; and the ids that no single pulse decided.
function waveforms.deciding()
	local list, by_index, others = {}, {}, {}
	local count = result.counts and result.counts.detected or 0
	for _, requirement in ipairs(result.requirements) do
		local measurand = session.measurand(requirement.measurand)
		local subject = measurand and measurand.subject
		local index = requirement.worst_subject
		if (subject == "pulse" or subject == "interval") and requirement.value and requirement.judge == "every" and index and index < count then
			local entry = by_index[index]
			if not entry then
				entry = {index = index, ids = {}, rank = 99}
				by_index[index] = entry
				list[#list + 1] = entry
			end
			entry.ids[#entry.ids + 1] = requirement.id .. (subject == "interval" and " (interval before it)" or "")
			entry.rank = math.min(entry.rank, format.verdict(requirement.verdict).rank)
			entry.verdict = entry.rank == format.verdict(requirement.verdict).rank and requirement.verdict or entry.verdict
		else
			others[#others + 1] = requirement.id
		end
	end
	table.sort(list, function(a, b)
		if a.rank ~= b.rank then
			return a.rank < b.rank
		end
		return a.index < b.index
	end)
	return list, others
end

local function draw(c, trace, class)
	local ts, values = chart.thinned(trace, POINTS)
	local xs, ys = {}, {}
	for i = 1, #ts do
		xs[i], ys[i] = c.x(ts[i]), c.y(values[i])
	end
	svg.polyline(xs, ys, class)
end

local function one(title, look, before, length, typical, worst, small)
	local low, high = chart.extent(typical and typical.mean or {}, worst and worst.mean or {})
	if not low then
		return
	end
	low, high = chart.padded(low, high, 0.08)
	local c = chart.open {
		title = title, look = look, width = small and 350 or 1000, height = small and 230 or 300,
		x = chart.axis(-before, length, "s", "Time from the onset"), y = chart.axis(low, high, "A", "Coil current"),
	}
	if typical then
		draw(c, typical, worst and "reference" or "typical")
	end
	if worst then
		draw(c, worst, "worst-solid")
	end
	chart.close(c)
end

-- Draws the representative pulse and, in rows of three, every pulse that decided; brief: only so many of them, all in one row.
function waveforms.draw(brief)
	local list, others = waveforms.deciding()
	local length = figures.overlay_length_s()
	local before = 0.1 * length
	local index = waveforms.representative()
	local typical = index and evidence.pulse_trace(index, before, length)
	if brief then
		list, others = {table.unpack(list, 1, brief)}, {}
	elseif typical then
		one(string.format("Representative pulse %d", index), "The pulse whose amplitude, as a part of the planned one, is the median of all.", before, length, typical)
	else
		raw('<p class="absent">No waveform can be drawn: ')
		emit(evidence.recording_problem or "the recording holds no samples of a pulse that was measured")
		raw(".</p>")
	end
	raw('<div class="three">')
	if brief and typical then
		one(string.format("Representative pulse %d", index), "The pulse whose amplitude, as a part of the planned one, is the median of all.", before, length, typical, nil, true)
	end
	for i = 1, math.min(#list, MOST) do
		local entry = list[i]
		local worst = evidence.pulse_trace(entry.index, before, length)
		if worst then
			local like = waveforms.representative(entry.index)
			local beside = like and like ~= entry.index and evidence.pulse_trace(like, before, length)
			one(string.format("Worst case: pulse %d", entry.index), string.format("Decides %s: %s.%s", format.list(entry.ids), format.verdict(entry.verdict).word,
				beside and string.format(" Dashed: pulse %d, the median of those planned like it.", like)
				or like == entry.index and " It is itself the median of those planned like it." or ""),
				before, length, beside or nil, worst, true)
		end
	end
	raw("</div>\n")
	if #list > MOST then
		local rest = {}
		for i = MOST + 1, #list do
			rest[#rest + 1] = string.format("pulse %d (%s)", list[i].index, format.list(list[i].ids))
		end
		raw("<p>Not drawn, in the recording: ")
		emit(table.concat(rest, "; "))
		raw(".</p>\n")
	end
	if #others > 0 then
		raw('<p class="soft">Decided by the session, a train or nothing at all, so that no single pulse shows it: ')
		emit(format.list(others))
		raw("; see the figures below.</p>\n")
	end
end

return waveforms
