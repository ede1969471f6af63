-- The figures of the report, each from the evidence alone.
local chart = require "chart"
local format = require "format"
local session = require "session"
local svg = require "svg"

local figures = {}

local MARKED = 200   -- so many missing, extra and untriggered pulses are drawn; the table counts them all

local function unavailable(title, why)
	raw('<figure class="wide"><div class="absent">')
	emit(title, ": not drawn. ", why)
	raw("</div></figure>\n")
end

local function current_channel(role)
	for _, channel in ipairs(result.bench and result.bench.channels or {}) do
		if channel.role == role then
			return channel
		end
	end
end

local function draw_gaps(c)
	local rate = result.bench and result.bench.adc and result.bench.adc.sample_rate_hz
	for _, gap in ipairs(rate and result.gaps or {}) do
		local from, to = c.x(gap.first_frame / rate), c.x((gap.first_frame + gap.frames) / rate)
		svg.rect(from - 1, c.top - 8, math.max(to - from, 1) + 2, c.bottom - c.top + 8, "gap")
	end
end

local function draw_marks(c, kind, list, y)
	for i = 1, math.min(#list, MARKED) do
		svg.mark(kind, c.x(list[i].time_s), y)
	end
end

local function describe_marks(marks)
	local words = {}
	for _, mark in ipairs(marks) do
		if #mark.list > 0 then
			local places = {}
			for i = 1, #mark.list do
				places[i] = string.format("%s at %s", mark.name(mark.list[i].index), format.quantity(mark.list[i].time_s, "s"))
			end
			words[#words + 1] = string.format("%s: %s", mark.word, format.list(places, 4))
		end
	end
	return #words > 0 and table.concat(words, "; ") .. "." or "No pulse is missing, extra or untriggered."
end

-- The whole session: envelope of the coil current, pulses that should not be or are not there, gaps.
function figures.timeline()
	local channel = current_channel("coil_current")
	local band = channel and evidence.envelope(channel.name, 960)
	if not band then
		return unavailable("Session timeline", evidence.recording_problem or "The recording holds no envelope of the coil current.")
	end
	local low, high = chart.extent(band.minimum, band.maximum)
	low, high = chart.padded(math.min(low or 0, 0), math.max(high or 0, 0), 0.12)
	local function planned(index) return "planned pulse " .. index end
	local function detected(index) return "pulse " .. index end
	local marks = {
		{kind = "missing", word = "Missing", list = session.missing(), name = planned},
		{kind = "extra", word = "Extra", list = session.matched("extra"), name = detected},
		{kind = "untriggered", word = "Untriggered", list = session.matched("untriggered"), name = detected},
	}
	local legend = {{"box", "envelope", "coil current, lowest to highest"}}
	for _, mark in ipairs(marks) do
		if #mark.list > 0 then
			legend[#legend + 1] = {"mark", mark.kind, string.format("%s (%d)", mark.word:lower(), #mark.list)}
		end
	end
	local gaps = #(result.gaps or {})
	if gaps > 0 then
		legend[#legend + 1] = {"box", "gap", format.count(gaps, "gap") .. " in the recording"}
	end
	local c = chart.open {
		title = "Session timeline", height = 270, legend = legend,
		look = "Everything the coil did, without a break: between the pulses the band must be flat. " .. describe_marks(marks),
		x = chart.session_axis(math.max(session.duration_s(), band.t[band.count])), y = chart.axis(low, high, "A", "Coil current"),
	}
	-- As wide as what it stands for: a part of the session, or a cell of the envelope in a short one.
	local spacing = band.count > 1 and (band.t[band.count] - band.t[1]) / (band.count - 1) or 0
	local pieces, half = {}, math.max(0.5, 0.5 * (c.x(spacing) - c.x(0)))
	for i = 1, band.count do
		if format.is_number(band.minimum[i]) then
			local x, top, bottom = c.x(band.t[i]), c.y(band.maximum[i]), c.y(band.minimum[i])
			pieces[#pieces + 1] = string.format("M%.1f %.1fh%.1fv%.1fh%.1fz", x - half, top - 0.6, 2 * half, bottom - top + 1.2, -2 * half)
		end
	end
	svg.path(pieces, "envelope")
	draw_gaps(c)
	for _, mark in ipairs(marks) do
		draw_marks(c, mark.kind, mark.list, c.top + 6)
	end
	chart.close(c)
end

-- How long the longest pulse is, with room; s.
function figures.overlay_length_s()
	local onset, zero1, zero2 = session.pulses("onset_s"), session.pulses("zero1_s"), session.pulses("zero2_s")
	local longest = 0
	for i = 1, #onset do
		local finish = format.is_number(zero2[i]) and zero2[i] or zero1[i]
		if format.is_number(finish) and finish - onset[i] > longest then
			longest = finish - onset[i]
		end
	end
	return longest > 0 and math.min(1.35 * longest, 2e-3) or 500e-6
end

-- All pulses on top of each other, the worst one marked.
function figures.overlay()
	local length = figures.overlay_length_s()
	local before = 0.1 * length
	local band = evidence.overlay_band(before, length, 400)
	if not band then
		return unavailable("All pulses", evidence.recording_problem or "The recording holds no samples of a pulse.")
	end
	local index, why = session.worst_pulse()
	local trace = index and evidence.pulse_trace(index, before, length)
	local low, high = chart.extent(band.minimum, band.maximum)
	low, high = chart.padded(low, high, 0.08)
	local legend = {{"box", "band", "lowest to highest of " .. format.count(band.pulses, "pulse")}, {"line", "typical", "mean"}}
	if trace then
		legend[#legend + 1] = {"line", "worst-line", string.format("pulse %d: %s", index, why)}
	end
	local c = chart.open {
		title = "All pulses, aligned at their onset", height = 400, legend = legend, ticks = 6,
		look = "The narrower the band, the more alike the pulses; where the programme changes the intensity it is wide by intention." ..
			(trace and string.format(" The marked pulse %d %s.", index, why) or ""),
		x = chart.axis(-before, length, "s", "Time from the onset"), y = chart.axis(low, high, "A", "Coil current"),
	}
	local xs, lows, highs, means = {}, {}, {}, {}
	for i = 1, band.count do
		xs[i], lows[i], highs[i], means[i] = c.x(band.t[i]), c.y(band.minimum[i]), c.y(band.maximum[i]), c.y(band.mean[i])
	end
	svg.area(xs, lows, highs, "band")
	svg.polyline(xs, means, "typical")
	if trace then
		local tx, ty = {}, {}
		local ts, values = chart.thinned(trace, 750)
		for i = 1, #ts do
			tx[i], ty[i] = c.x(ts[i]), c.y(values[i])
		end
		svg.polyline(tx, ty, "worst-line")
	end
	svg.line(c.left, c.y(0), c.right, c.y(0), "zero")
	chart.close(c)
end

-- Runs of measurements with the same planned value: their tolerance as bars, so that a programme with many levels stays readable.
local function draw_planned(c, amplitude, lower_ratio, upper_ratio)
	local i = 1
	while i <= amplitude.count do
		local planned, from = amplitude.planned[i], i
		-- A pulse nobody planned does not end a run.
		while i < amplitude.count and (amplitude.planned[i + 1] == planned or not format.is_number(amplitude.planned[i + 1])) do
			i = i + 1
		end
		if format.is_number(planned) then
			local left, right = c.x(amplitude.start_s[from]) - 3, c.x(amplitude.start_s[i]) + 3
			if lower_ratio and upper_ratio then
				local top = math.min(c.y(planned * lower_ratio), c.y(planned * upper_ratio))
				svg.rect(left, top, right - left, math.abs(c.y(planned * lower_ratio) - c.y(planned * upper_ratio)), "tolerance")
			end
			svg.line(left, c.y(planned), right, c.y(planned), "planned")
		end
		i = i + 1
	end
end

-- Counts the runs draw_planned would draw.
local function planned_runs(amplitude)
	local runs = 0
	for i = 1, amplitude.count do
		runs = runs + ((i == 1 or amplitude.planned[i] ~= amplitude.planned[i - 1]) and 1 or 0)
	end
	return runs
end

-- The first peak of every pulse against what was planned.
function figures.amplitude()
	local amplitude = session.measurements(session.amplitude)
	if amplitude.count == 0 then
		return unavailable("Amplitude", "No amplitude was measured.")
	end
	local requirement = session.requirement(session.amplitude)
	local lower_ratio, upper_ratio
	if requirement and format.is_number(requirement.planned) and requirement.planned ~= 0 and requirement.lower and requirement.upper then
		lower_ratio, upper_ratio = requirement.lower / requirement.planned, requirement.upper / requirement.planned
	end
	local planned = {}
	for i = 1, amplitude.count do
		planned[2 * i - 1] = amplitude.planned[i] * (lower_ratio or 1)
		planned[2 * i] = amplitude.planned[i] * (upper_ratio or 1)
	end
	local low, high = chart.extent(amplitude.value, planned)
	if not low then
		return unavailable("Amplitude", "No amplitude could be measured.")
	end
	low, high = chart.padded(low, high, 0.08)
	local legend = {{"dot", "dots", "measured first peak"}}
	if chart.extent(planned) then
		legend[#legend + 1] = {"line", "planned", "planned"}
	end
	if lower_ratio then
		legend[#legend + 1] = {"box", "tolerance", "limit of " .. requirement.id .. ", for the pulses it selects"}
	end
	local c = chart.open {
		title = "Amplitude over time", height = 290, legend = legend,
		look = "Dots outside the shaded tolerance break the limit; a slope is drift or droop, steps are the programme's." ..
			chart.scatter_words(amplitude.count),
		x = chart.session_axis(session.duration_s()), y = chart.axis(low, high, "A", "First peak"),
	}
	if planned_runs(amplitude) <= 2000 then
		draw_planned(c, amplitude, lower_ratio, upper_ratio)
	end
	chart.scatter(c, amplitude.start_s, amplitude.value, "dots")
	local index = session.worst_pulse()
	for i = 1, amplitude.count do
		if amplitude.index[i] == index and requirement and requirement.verdict ~= "pass" and format.is_number(amplitude.value[i]) then
			svg.mark("worst", c.x(amplitude.start_s[i]), c.y(amplitude.value[i]))
		end
	end
	chart.close(c)
end

-- Measured minus planned interval, over time.
function figures.intervals()
	local times, errors = session.errors(session.measurements(session.interval))
	if #times == 0 then
		return unavailable("Interval error", "No interval with a planned value was measured.")
	end
	local requirement = session.requirement(session.interval)
	local limits, words, legend = {}, "", {{"dot", "dots", "measured minus planned interval"}}
	if requirement and format.is_number(requirement.planned) then
		for _, limit in ipairs {requirement.lower or 0 / 0, requirement.upper or 0 / 0} do
			if format.is_number(limit) then
				limits[#limits + 1] = limit - requirement.planned
			end
		end
		words = string.format("limit of %s at an interval of %s", requirement.id, format.quantity(requirement.planned, "s"))
	end
	local low, high = chart.extent(errors)
	local look = string.format("Scatter is jitter, an offset that grows with the interval is clock error. All errors lie between %s and %s.",
		format.quantity(low, "s"), format.quantity(high, "s")) .. chart.scatter_words(#errors)
	-- Limits far away would press the scatter flat: they are then told instead of drawn.
	local reach, drawn, outside = 4 * math.max(math.abs(low), math.abs(high)), {}, {}
	for _, limit in ipairs(limits) do
		if math.abs(limit) <= reach then
			drawn[#drawn + 1] = limit
		else
			outside[#outside + 1] = format.quantity(limit, "s")
		end
	end
	if #outside > 0 then
		look = look .. string.format(" Outside the picture: %s, %s.", words, format.list(outside))
	end
	if #drawn > 0 then
		legend[2] = {"line", "limit", words}
	end
	low, high = chart.extent({low, high, 0}, drawn)
	low, high = chart.padded(low, high, 0.1)
	local c = chart.open {
		title = "Interval error over time", height = 270, legend = legend, look = look,
		x = chart.session_axis(session.duration_s()), y = chart.axis(low, high, "s", "Interval error"),
	}
	for _, limit in ipairs(drawn) do
		svg.line(c.left, c.y(limit), c.right, c.y(limit), "limit")
	end
	svg.line(c.left, c.y(0), c.right, c.y(0), "zero")
	chart.scatter(c, times, errors, "dots")
	chart.close(c)
end

-- options: title, values, unit, label, limits (array of numbers or false), look
function figures.histogram(options)
	local values = options.values
	local low, high = chart.extent(values)
	if not low then
		return
	end
	local total, bins = 0, math.max(8, math.min(40, math.ceil(math.sqrt(#values))))
	local value_low, value_high = low, high
	low, high = chart.padded(low, high, 0.02)
	local counts, most = {}, 0
	for i = 1, #values do
		if format.is_number(values[i]) then
			local bin = math.min(bins, 1 + math.floor((values[i] - low) / (high - low) * bins))
			counts[bin] = (counts[bin] or 0) + 1
			most, total = math.max(most, counts[bin]), total + values[i]
		end
	end
	local mean, beyond = total / #values, {}
	for _, limit in ipairs(options.limits or {}) do
		if limit and (limit < low or limit > high) then
			beyond[#beyond + 1] = format.quantity(limit, options.unit)
		end
	end
	local c = chart.open {
		title = options.title, width = 350, height = 240,
		look = string.format("%s %s, mean %s, from %s to %s.%s", options.look, format.count(#values, "value"), format.quantity(mean, options.unit),
			format.quantity(value_low, options.unit), format.quantity(value_high, options.unit),
			#beyond > 0 and " Outside the picture: limit " .. format.list(beyond) .. "." or ""),
		x = chart.axis(low, high, options.unit, options.label), y = {low = 0, high = 1.08 * most, scale = {factor = 1, unit = ""}, label = "Count", ticks = 4},
	}
	for bin = 1, bins do
		if counts[bin] then
			local left, right = c.x(low + (bin - 1) * (high - low) / bins), c.x(low + bin * (high - low) / bins)
			svg.rect(left + 0.5, c.y(counts[bin]), right - left - 1, c.bottom - c.y(counts[bin]), "bar")
		end
	end
	for _, limit in ipairs(options.limits or {}) do
		if limit and limit >= low and limit <= high then
			svg.line(c.x(limit), c.top, c.x(limit), c.bottom, "limit")
		end
	end
	svg.line(c.x(mean), c.top, c.x(mean), c.bottom, "planned")
	chart.close(c)
end

-- The three histograms: amplitude error, interval error, latency.
function figures.histograms()
	local function limits(measurand, relative)
		local requirement = session.requirement(measurand)
		if not requirement then
			return {}
		end
		local planned = requirement.planned
		local function shift(limit)
			if not limit then
				return false
			elseif relative == nil then
				return limit
			elseif not format.is_number(planned) or planned == 0 then
				return false
			end
			return relative and limit / planned - 1 or limit - planned
		end
		return {shift(requirement.lower), shift(requirement.upper)}
	end
	local _, amplitude = session.errors(session.measurements(session.amplitude), true)
	local _, interval = session.errors(session.measurements(session.interval))
	local latency = session.measurements(session.latency)
	local latencies = {}
	for i = 1, latency.count do
		if format.is_number(latency.value[i]) and not session.is_true(latency.voided[i]) then
			latencies[#latencies + 1] = latency.value[i]
		end
	end
	raw('<div class="three">')
	figures.histogram {title = "Amplitude error", values = amplitude, unit = "1", label = "Measured against planned",
		limits = limits(session.amplitude, true), look = "Dashed: mean."}
	figures.histogram {title = "Interval error", values = interval, unit = "s", label = "Measured minus planned",
		limits = limits(session.interval, false), look = "Dashed: mean."}
	figures.histogram {title = "Latency", values = latencies, unit = "s", label = "Trigger edge to onset", limits = limits(session.latency),
		look = "Dashed: mean."}
	raw("</div>\n")
end

-- The capacitor voltage over the session, where it was recorded.
function figures.capacitor()
	local channel = current_channel("capacitor_voltage")
	local band = channel and evidence.envelope(channel.name, 960)
	if not band then
		return
	end
	local low, high = chart.extent(band.minimum, band.maximum)
	low, high = chart.padded(math.min(low, 0), high, 0.08)
	local c = chart.open {
		title = "Capacitor voltage", height = 230, look = "During a pulse it swings with the oscillation, between pulses the charger restores it, after disarming it has to fall and stay low.",
		x = chart.session_axis(math.max(session.duration_s(), band.t[band.count])), y = chart.axis(low, high, channel.unit or "V", "Capacitor voltage"),
	}
	local xs, lows, highs = {}, {}, {}
	for i = 1, band.count do
		if format.is_number(band.minimum[i]) then
			xs[#xs + 1], lows[#lows + 1], highs[#highs + 1] = c.x(band.t[i]), c.y(band.minimum[i]) + 0.6, c.y(band.maximum[i]) - 0.6
		end
	end
	svg.area(xs, lows, highs, "band strong")
	draw_gaps(c)
	chart.close(c)
end

-- A small graphic of one requirement: the limits, the guard band inside them, the value with its uncertainty.
function figures.margin(requirement)
	local lower, upper, value = requirement.lower, requirement.upper, requirement.value
	if not format.is_number(value) or not (lower or upper) then
		return
	end
	local low, high = math.min(lower or value, value), math.max(upper or value, value)
	if lower and upper then
		local room = math.max(0.25 * (upper - lower), 1e-12)
		low, high = lower - room, upper + room
	else
		local limit = lower or upper
		local room = math.max(math.abs(value - limit), 0.1 * math.abs(limit), 1e-12)
		local reach = math.max(requirement.expanded or 0, requirement.guard or 0)
		low = math.min(limit, value) - math.max(0.35 * room, 1.2 * reach)
		high = math.max(limit, value) + math.max(0.35 * room, 1.2 * reach)
	end
	if lower and upper and lower == upper then
		local room = math.max(math.abs(value - lower), 1)
		low, high = lower - 1.4 * room, lower + 1.4 * room
	end
	local width, height = 150, 26
	local function x(v)
		return math.max(4, math.min(width - 4, (v - low) / (high - low) * width))
	end
	local left, right = lower and x(lower) or 0, upper and x(upper) or width
	raw(string.format('<svg class="margin" viewBox="0 0 %d %d" role="img" aria-label="', width, height))
	emit(string.format("value %s within limits %s", format.row(requirement).full, format.row(requirement).limit))
	raw('">')
	svg.rect(left, 7, right - left, 12, "inside")
	local guard = format.is_number(requirement.guard) and requirement.guard > 0 and requirement.guard / (high - low) * width or 0
	guard = math.min(guard, (right - left) / 2)
	if lower then
		svg.rect(left, 7, guard, 12, "guard")
		svg.line(left, 3, left, 23, "edge")
	end
	if upper then
		svg.rect(right - guard, 7, guard, 12, "guard")
		svg.line(right, 3, right, 23, "edge")
	end
	if format.is_number(requirement.expanded) then
		svg.line(x(value - requirement.expanded), 13, x(value + requirement.expanded), 13, "whisker")
	end
	local at = x(value)
	local outside = lower and value < lower or upper and value > upper
	svg.path({string.format("M%.1f 13m-5 0l5 -6l5 6l-5 6z", at)}, outside and "value out" or "value")
	raw("</svg>")
end

return figures
