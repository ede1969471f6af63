-- Words and numbers for people.
local format = {}

local VERDICTS = {
	pass = {word = "PASS", symbol = "✓", rank = 8, means = "meets its limit"},
	conditional_pass = {word = "CONDITIONAL PASS", symbol = "≈", rank = 6, means = "inside its limit, by less than the guard band"},
	conditional_fail = {word = "CONDITIONAL FAIL", symbol = "≉", rank = 3, means = "outside its limit, by less than the guard band"},
	fail = {word = "FAIL", symbol = "✗", rank = 1, means = "does not meet its limit"},
	void = {word = "VOID", symbol = "∅", rank = 2, means = "rests on samples that are missing or say nothing, or on a run that was stopped: says nothing about the device"},
	not_capable = {word = "NOT CAPABLE", symbol = "±", rank = 5, means = "the measurement uncertainty is too large for the limit"},
	inconclusive = {word = "INCONCLUSIVE", symbol = "?", rank = 4, means = "rests on a calibration that is not in force: no statement of conformity"},
	not_tested = {word = "NOT TESTED", symbol = "–", rank = 7, means = "nothing in this run could be judged"},
}

-- {word, symbol, rank (1: worst), means} of a verdict's name.
function format.verdict(name)
	return VERDICTS[name] or {word = tostring(name), symbol = "?", rank = 0, means = "is not a verdict this report knows"}
end

format.verdict_names = {"pass", "conditional_pass", "conditional_fail", "fail", "void", "not_capable", "inconclusive", "not_tested"}

function format.is_number(value)
	return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

-- The number in a scale, with a true minus sign.
function format.number(scale, value)
	if not format.is_number(value) then
		return "–"
	end
	local text = number.text(scale, value)
	return text:sub(1, 1) == "-" and "−" .. text:sub(2) or text
end

function format.with_unit(text, unit)
	return unit == "" and text or text .. " " .. unit
end

-- A single value: "290.0 µs"; u: its standard uncertainty, may be nil.
function format.quantity(value, unit, u)
	if not format.is_number(value) then
		return "–"
	end
	local scale = number.scale(unit, format.is_number(u) and 2 * u or nil, value)
	local text = format.number(scale, value)
	if format.is_number(u) and u > 0 then
		text = text .. " ± " .. format.number(scale, 2 * u)
	end
	return format.with_unit(text, scale.unit)
end

-- A requirement's row: its value, uncertainty, limits and margin in one unit and with the same decimals.
function format.row(requirement)
	local expanded = format.is_number(requirement.expanded) and requirement.expanded > 0 and requirement.expanded or nil
	local scale = number.scale(requirement.unit or "1", expanded, requirement.value or 0 / 0, requirement.lower or 0 / 0,
		requirement.upper or 0 / 0)
	local function text(value)
		return format.number(scale, value)
	end
	local lower, upper = requirement.lower, requirement.upper
	local limit = "–"
	if lower and upper then
		limit = lower == upper and "= " .. text(lower) or text(lower) .. " … " .. text(upper)
	elseif lower then
		limit = "≥ " .. text(lower)
	elseif upper then
		limit = "≤ " .. text(upper)
	end
	local value = requirement.value and text(requirement.value) or "–"
	local margin = requirement.margin
	return {
		value = value,
		uncertainty = requirement.value and expanded and text(expanded) or nil,
		coverage = requirement.value and expanded and format.is_number(requirement.k) and string.format("k = %.2f", requirement.k) or nil,
		unit = scale.unit,
		limit = format.with_unit(limit, limit == "–" and "" or scale.unit),
		margin = margin and format.with_unit((margin > 0 and "+" or "") .. text(margin), scale.unit) or nil,
		full = requirement.value and format.with_unit(value .. (expanded and " ± " .. text(expanded) or ""), scale.unit) or "no value",
	}
end

-- "1 gap", "2 gaps"
function format.count(count, singular, plural)
	return string.format("%d %s", count, count == 1 and singular or plural or singular .. "s")
end

-- At most so many characters of a text, with an ellipsis where it goes on.
function format.short(words, most)
	if utf8.len(words) <= most then
		return words
	end
	local out, count = {}, 0
	for _, point in utf8.codes(words) do
		count = count + 1
		if count < most then
			out[count] = utf8.char(point)
		end
	end
	return table.concat(out) .. "…"
end

-- "a, b and c", at most so many of them.
function format.list(items, most)
	local shown = {}
	for i = 1, math.min(#items, most or #items) do
		shown[i] = items[i]
	end
	if #items > #shown then
		return table.concat(shown, ", ") .. string.format(" and %d more", #items - #shown)
	end
	if #shown < 2 then
		return shown[1] or ""
	end
	return table.concat(shown, ", ", 1, #shown - 1) .. " and " .. shown[#shown]
end

-- A probability in percent; none is said to be 0 or 1, since no uncertainty is known so well.
function format.percent(probability)
	if not format.is_number(probability) then
		return "–"
	elseif probability < 1e-4 then
		return "< 0.01 %"
	elseif probability > 1 - 1e-4 then
		return "> 99.99 %"
	end
	return string.format("%.4g %%", 100 * probability)
end

-- What the trials of a requirement on every one show, or nil: "600, none outside: at most 0.498 % are", at 95 % confidence.
function format.trials(requirement)
	local trials = requirement.trials or 0
	if trials == 0 then
		return nil
	elseif (requirement.outside or 0) > 0 then
		return string.format("%d, %d outside", trials, requirement.outside)
	elseif not requirement.outside_proportion_95 then
		return string.format("%d", trials)
	end
	return string.format("%d, none outside: at most %.3g %% are", trials, 100 * requirement.outside_proportion_95)
end

-- Seconds as "37 min 3.9 s".
function format.duration(seconds)
	if not format.is_number(seconds) then
		return "–"
	end
	if seconds < 60 then
		return format.quantity(seconds, "s")
	end
	local minutes = math.floor(seconds / 60)
	return string.format("%d min %.1f s", minutes, seconds - 60 * minutes)
end

-- Words of an identifier: "last_burst_onset" becomes "last burst onset".
function format.words(identifier)
	local out = {}
	for i = 1, #identifier do
		local c = identifier:sub(i, i)
		out[i] = c == "_" and " " or c
	end
	return table.concat(out)
end

return format
