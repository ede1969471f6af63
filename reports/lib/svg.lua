-- Pieces of SVG. Their looks are attributes and no style sheet, so that they are the same in a browser and in a PDF; texts are escaped here.
local brand = require "brand"

local svg = {}

local f = string.format
local colour = brand.colour

local LOOKS = {
	text = 'font-family="Liberation Sans, Arial, sans-serif" font-size="13" fill="' .. colour.ink .. '"',
	frame = 'fill="none" stroke="#7d8791" stroke-width="1"', grid = 'stroke="#e3e7eb" stroke-width="1"',
	tick = 'fill="#3c4650"', label = 'font-size="13.5" font-weight="600"', key = "", middle = 'text-anchor="middle"', ["end"] = 'text-anchor="end"',
	envelope = 'fill="#0072b2" stroke="none"', band = 'fill="#9cc7e2" stroke="none"', strong = 'fill="#0072b2" stroke="#0072b2" stroke-width="1"',
	typical = 'fill="none" stroke="#0b3552" stroke-width="1.6"', ["worst-line"] = 'fill="none" stroke="#d55e00" stroke-width="2" stroke-dasharray="7 4"',
	["worst-solid"] = 'fill="none" stroke="#d55e00" stroke-width="1.8"', reference = 'fill="none" stroke="#5b6570" stroke-width="1.4" stroke-dasharray="5 3"',
	zero = 'stroke="#7d8791" stroke-width="1"', dots = 'fill="none" stroke="#0072b2" stroke-width="3.6" stroke-linecap="round"',
	ranges = 'fill="none" stroke="#0072b2" stroke-width="2.2" stroke-linecap="round"',
	tolerance = 'fill="#e6ece9" stroke="#8fb9a8" stroke-width="0.6"', planned = 'stroke="#17202a" stroke-width="1.4" stroke-dasharray="5 3"',
	limit = 'stroke="#b3261e" stroke-width="1.6" stroke-dasharray="9 3 2 3"', bar = 'fill="#5a9fc9"',
	gap = 'fill="#e69f00" fill-opacity="0.55" stroke="#8a5a00" stroke-width="0.8"',
	missing = 'fill="#fff" stroke="#b3261e" stroke-width="1.8"', extra = 'fill="#6a3d8f" stroke="#6a3d8f" stroke-width="1.8"',
	untriggered = 'fill="none" stroke="#000" stroke-width="2.6"', worst = 'fill="none" stroke="#d55e00" stroke-width="2.2"',
	void = 'fill="#fff" stroke="#6a3d8f" stroke-width="1.8"',
	inside = 'fill="#cfe4dc"', guard = 'fill="#8fb9a8"', edge = 'stroke="#17202a" stroke-width="2"', whisker = 'stroke="#17202a" stroke-width="1.5"',
	value = 'fill="#17202a" stroke="#fff" stroke-width="1"', out = 'fill="#b3261e" stroke="#fff" stroke-width="1"',
}

-- The attributes of a class such as "tick middle" or "band strong": of two words that say how a shape is drawn the last one counts.
local SHAPES = {strong = true, ranges = true, out = true}
local function look(class)
	local words, parts = text.split(class, " "), {}
	local last = words[#words]
	if SHAPES[last] then
		return LOOKS[last]
	end
	for _, word in ipairs(words) do
		parts[#parts + 1] = LOOKS[word]
	end
	return table.concat(parts, " ")
end

function svg.line(x1, y1, x2, y2, class)
	raw(f('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>', x1, y1, x2, y2, look(class)))
end

function svg.rect(x, y, width, height, class)
	raw(f('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" %s/>', x, y, math.max(width, 0), math.max(height, 0), look(class)))
end

-- The first size and colour that a class gives count; what it leaves open is as for all text.
function svg.text(x, y, class, content)
	local own = look(class)
	local base = LOOKS.text
	if text.contains(own, "font-size") then
		base = text.replace(base, ' font-size="13"', "")
	end
	if text.contains(own, "fill") then
		base = text.replace(base, ' fill="' .. colour.ink .. '"', "")
	end
	raw(f('<text x="%.1f" y="%.1f" %s %s>', x, y, base, own))
	emit(content)
	raw("</text>")
end

-- pieces: strings like "M1 2" that make up the path
function svg.path(pieces, class)
	if #pieces > 0 then
		raw('<path d="')
		raw(table.concat(pieces))
		raw(f('" %s/>', look(class)))
	end
end

-- A line through points given as arrays of drawing coordinates; a gap where a value is not a number.
function svg.polyline(xs, ys, class)
	local pieces, pen = {}, "M"
	for i = 1, #xs do
		if xs[i] == xs[i] and ys[i] == ys[i] then
			pieces[#pieces + 1] = f("%s%.1f %.1f", pen, xs[i], ys[i])
			pen = "L"
		else
			pen = "M"
		end
	end
	svg.path(pieces, class)
end

-- The area between two lines over the same xs.
function svg.area(xs, lows, highs, class)
	local pieces, pen = {}, "M"
	for i = 1, #xs do
		pieces[#pieces + 1] = f("%s%.1f %.1f", pen, xs[i], highs[i])
		pen = "L"
	end
	for i = #xs, 1, -1 do
		pieces[#pieces + 1] = f("L%.1f %.1f", xs[i], lows[i])
	end
	if #pieces > 0 then
		pieces[#pieces + 1] = "Z"
	end
	svg.path(pieces, class)
end

-- Round dots: one path, so that thousands of them stay small. A step of 0.01 is there because not everybody draws a line without length.
function svg.dots(xs, ys, class)
	local pieces = {}
	for i = 1, #xs do
		pieces[i] = f("M%.1f %.1fh.01", xs[i], ys[i])
	end
	svg.path(pieces, class)
end

-- A mark that is told by its form as well as by its colour: "missing", "extra", "untriggered", "void".
function svg.mark(kind, x, y)
	local forms = {
		missing = "M%.1f %.1fm-6 -5h12l-6 11z",
		extra = "M%.1f %.1fm-6 5h12l-6 -11z",
		untriggered = "M%.1f %.1fm-6 -6l12 12m0 -12l-12 12",
		void = "M%.1f %.1fm-5 -5h10v10h-10z",
		worst = "M%.1f %.1fm-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0",
	}
	svg.path({f(forms[kind], x, y)}, kind)
end

return svg
