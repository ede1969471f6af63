-- A chart: a frame with axes, ticks and a legend, and the way from values (SI) to places on the paper.
local svg = require "svg"
local format = require "format"

local chart = {}

local figures = 0

-- About `count` round numbers between low and high, and the decimals they need.
function chart.ticks(low, high, count)
	local raw_step = (high - low) / count
	local power = 10.0 ^ math.floor(math.log(raw_step, 10))
	local step = 10 * power
	for _, nice in ipairs {1, 2, 5} do
		if nice * power >= raw_step * 0.999999 then
			step = nice * power
			break
		end
	end
	local ticks = {}
	for i = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do
		ticks[#ticks + 1] = i * step
	end
	return ticks, math.max(0, math.ceil(-math.log(step, 10) - 1e-9))
end

-- The smallest and the largest number of some arrays; nil when there is none.
function chart.extent(...)
	local low, high
	for _, values in ipairs {...} do
		for i = 1, #values do
			local v = values[i]
			if format.is_number(v) then
				low = (not low or v < low) and v or low
				high = (not high or v > high) and v or high
			end
		end
	end
	return low, high
end

-- Room around a range, so that nothing lies on the frame; a range without width gets one.
function chart.padded(low, high, part)
	local width = high - low
	if width <= 1e-12 * math.max(math.abs(low), math.abs(high)) then
		width = math.max(math.abs(low), math.abs(high)) * 0.01
		if width == 0 then
			width = 1
		end
		return low - width, high + width
	end
	return low - width * part, high + width * part
end

-- A curve {count, t, mean} as times and values, thinned to the extremes of so many stretches: nothing that stands out is lost.
function chart.thinned(trace, stretches)
	if trace.count <= 2 * stretches then
		return trace.t, trace.mean
	end
	local ts, values = {}, {}
	for part = 0, stretches - 1 do
		local first, last = math.floor(part * trace.count / stretches) + 1, math.floor((part + 1) * trace.count / stretches)
		local low, high = first, first
		for i = first, last do
			low = trace.mean[i] < trace.mean[low] and i or low
			high = trace.mean[i] > trace.mean[high] and i or high
		end
		for _, i in ipairs {math.min(low, high), math.max(low, high)} do
			ts[#ts + 1], values[#values + 1] = trace.t[i], trace.mean[i]
		end
	end
	return ts, values
end

-- A time axis of a session: seconds, minutes when it is long, less when it is short.
function chart.session_axis(seconds)
	if seconds < 1 then
		return chart.axis(0, seconds, "s", "Time in the session")
	end
	if seconds > 300 then
		return {low = 0, high = seconds, scale = {factor = 1 / 60, unit = "min"}, label = "Time in the session"}
	end
	return {low = 0, high = seconds, scale = {factor = 1, unit = "s"}, label = "Time in the session"}
end

-- An axis in a unit of its own choice.
function chart.axis(low, high, unit, label)
	return {low = low, high = high, scale = number.scale(unit, nil, low, high), label = label}
end

local function place(low, high, from, to)
	local slope = (to - from) / (high - low)
	return function(value)
		return from + (value - low) * slope
	end
end

local function tick_text(value, decimals)
	return format.number({factor = 1, decimals = decimals}, value)
end

local function draw_axes(c, x, y)
	local factor = x.scale.factor
	local ticks, decimals = chart.ticks(x.low * factor, x.high * factor, c.width > 600 and 10 or 5)
	for _, tick in ipairs(ticks) do
		local at = c.x(tick / factor)
		svg.line(at, c.top, at, c.bottom, "grid")
		local words = tick_text(tick, decimals)
		-- A label at the right end is kept inside the picture.
		if at + 3.8 * utf8.len(words) > c.width then
			svg.text(c.width - 1, c.bottom + 19, "tick end", words)
		else
			svg.text(at, c.bottom + 19, "tick middle", words)
		end
	end
	svg.text((c.left + c.right) / 2, c.bottom + 41, "label middle", format.with_unit(x.label, x.scale.unit ~= "" and "(" .. x.scale.unit .. ")" or ""))
	factor = y.scale.factor
	ticks, decimals = chart.ticks(y.low * factor, y.high * factor, y.ticks or 5)
	for _, tick in ipairs(ticks) do
		local at = c.y(tick / factor)
		svg.line(c.left, at, c.right, at, "grid")
		svg.text(c.left - 8, at + 4.5, "tick end", tick_text(tick, decimals))
	end
	local label = format.with_unit(y.label, y.scale.unit ~= "" and "(" .. y.scale.unit .. ")" or "")
	raw(string.format('<g transform="translate(16 %.1f) rotate(-90)">', (c.top + c.bottom) / 2))
	svg.text(0, 0, "label middle", label)
	raw("</g>")
end

-- Entries of the legend: {"line", class, words} or {"mark", kind, words}.
local function draw_legend(c, entries)
	local at = c.left
	for _, entry in ipairs(entries) do
		if entry[1] == "mark" then
			svg.mark(entry[2], at + 11, 15)
		elseif entry[1] == "box" then
			svg.rect(at, 9, 22, 12, entry[2])
		elseif entry[1] == "dot" then
			svg.dots({at + 11}, {15}, entry[2])
		else
			svg.line(at, 15, at + 22, 15, entry[2])
		end
		svg.text(at + 28, 19.5, "key", entry[3])
		at = at + 50 + 6.7 * utf8.len(entry[3])
	end
end

--[[ Opens a figure. title: what it shows; look: what to look at (the caption); x, y: axes ({low, high, scale, label}); legend: see above.
     Returns the chart with x(value) and y(value). ]]
function chart.open(options)
	figures = figures + 1
	local width, height = options.width or 1000, options.height or 300
	local c = {
		number = figures, width = width, left = width > 600 and 76 or 62, right = width - 14, top = options.legend and 32 or 14, bottom = height - 48,
		title = options.title, look = options.look,
	}
	c.x = place(options.x.low, options.x.high, c.left, c.right)
	c.y = place(options.y.low, options.y.high, c.bottom, c.top)
	raw(string.format('<figure class="%s"><div class="scroll"><svg viewBox="0 0 %d %d" role="img" aria-labelledby="f%dt f%dd" class="%s">',
		width > 600 and "wide" or "half", width, height, figures, figures, width > 600 and "chart" or "chart small"))
	raw(string.format('<title id="f%dt">', figures))
	emit(options.title)
	raw(string.format('</title><desc id="f%dd">', figures))
	emit(options.look)
	raw("</desc>")
	draw_axes(c, options.x, options.y)
	raw(string.format('<clipPath id="f%dc"><rect x="%d" y="%d" width="%d" height="%d"/></clipPath>', figures, c.left, c.top - 8,
		c.right - c.left, c.bottom - c.top + 8))
	if options.legend then
		draw_legend(c, options.legend)
	end
	raw(string.format('<g clip-path="url(#f%dc)">', figures))
	return c
end

-- Closes it: the frame, the caption.
function chart.close(c)
	raw("</g>")
	svg.rect(c.left, c.top, c.right - c.left, c.bottom - c.top, "frame")
	raw("</svg></div><figcaption><b>")
	emit(string.format("Figure %d. %s.", c.number, c.title))
	raw("</b> ")
	emit(c.look)
	raw("</figcaption></figure>\n")
end

-- So many dots are drawn one by one; of more, the range they span in each of so many columns.
local MOST_DOTS, COLUMNS = 4000, 450

-- One stroke for each column from its lowest to its highest value: what stands out always stays.
local function draw_ranges(c, xs, ys, class)
	local lowest, highest = {}, {}
	for i = 1, #xs do
		if format.is_number(xs[i]) and format.is_number(ys[i]) then
			local column = math.floor((c.x(xs[i]) - c.left) / (c.right - c.left) * COLUMNS)
			lowest[column] = (not lowest[column] or ys[i] < lowest[column]) and ys[i] or lowest[column]
			highest[column] = (not highest[column] or ys[i] > highest[column]) and ys[i] or highest[column]
		end
	end
	local pieces = {}
	for column = 0, COLUMNS do
		if lowest[column] then
			local x = c.left + (column + 0.5) / COLUMNS * (c.right - c.left)
			pieces[#pieces + 1] = string.format("M%.1f %.1fV%.1f", x, c.y(lowest[column]), c.y(highest[column]))
		end
	end
	svg.path(pieces, class .. " ranges")
end

-- Values over time.
function chart.scatter(c, xs, ys, class)
	if #xs > MOST_DOTS then
		return draw_ranges(c, xs, ys, class)
	end
	local px, py = {}, {}
	for i = 1, #xs do
		if format.is_number(xs[i]) and format.is_number(ys[i]) then
			px[#px + 1], py[#py + 1] = c.x(xs[i]), c.y(ys[i])
		end
	end
	svg.dots(px, py, class)
end

-- Said in the caption where values are drawn as ranges.
function chart.scatter_words(count)
	return count > MOST_DOTS and " Each stroke spans the lowest to the highest value of its moment." or ""
end

return chart
