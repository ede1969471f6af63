-- Pieces of SVG. What they look like is in parts/style.css; texts are escaped here.
local svg = {}

local f = string.format

function svg.line(x1, y1, x2, y2, class)
	raw(f('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>', x1, y1, x2, y2, class))
end

function svg.rect(x, y, width, height, class)
	raw(f('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s"/>', x, y, math.max(width, 0), math.max(height, 0), class))
end

function svg.text(x, y, class, text)
	raw(f('<text x="%.1f" y="%.1f" class="%s">', x, y, class))
	emit(text)
	raw("</text>")
end

-- pieces: strings like "M1 2" that make up the path
function svg.path(pieces, class)
	if #pieces > 0 then
		raw('<path d="')
		raw(table.concat(pieces))
		raw(f('" class="%s"/>', class))
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

-- Round dots: one path, so that thousands of them stay small.
function svg.dots(xs, ys, class)
	local pieces = {}
	for i = 1, #xs do
		pieces[i] = f("M%.1f %.1fh0", xs[i], ys[i])
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
	svg.path({f(forms[kind], x, y)}, "mark " .. kind)
end

return svg
