-- What the views that other tools read have in common: JSON, D-SI quantities, requirements as attributes.
local trace = {}

-- "TIM-IPI~1@sha256:…", how evidence cites a requirement; hex: how many digits, all when left out.
function trace.citation(requirement, hex)
	local id = string.format("%s~%s", requirement.id, tostring(requirement.revision or 0))
	if not requirement.fingerprint then
		return id
	end
	return id .. "@sha256:" .. (hex and requirement.fingerprint:sub(1, hex) or requirement.fingerprint)
end

-- A number as the shortest text that reads back as the same.
function trace.number(value)
	if math.type(value) == "integer" then
		return tostring(value)
	end
	for digits = 15, 17 do
		local written = string.format("%." .. digits .. "g", value)
		if digits == 17 or tonumber(written) == value then
			return written
		end
	end
end

function trace.is_number(value)
	return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

local JSON_SIGNS = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

-- JSON of a text. What is no UTF-8 cannot be here: result.json was read as such.
function trace.quote(value)
	local out = {}
	for i = 1, #value do
		local sign = value:sub(i, i)
		local byte = sign:byte()
		out[i] = JSON_SIGNS[sign] or ((byte < 32 or byte == 127) and string.format("\\u%04x", byte)) or sign
	end
	return '"' .. table.concat(out) .. '"'
end

-- JSON of a value: text, number, truth value, list ({"list", …}) or object, its members in order of their names.
function trace.json(value, indent)
	indent = indent or ""
	local kind = type(value)
	if kind == "string" then
		return trace.quote(value)
	elseif kind == "number" then
		return trace.is_number(value) and trace.number(value) or "null"
	elseif kind ~= "table" then
		return tostring(value)
	end
	local inner, parts = indent .. "  ", {}
	if value[1] == "list" then
		for i = 2, #value do
			parts[#parts + 1] = inner .. trace.json(value[i], inner)
		end
		return #parts == 0 and "[]" or "[\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "]"
	end
	for name, member in pairs(value) do
		parts[#parts + 1] = inner .. trace.quote(name) .. ": " .. trace.json(member, inner)
	end
	return #parts == 0 and "{}" or "{\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "}"
end

-- Units of measurands as D-SI writes them (SI Brochure names, BIPM-RP 2019).
local DSI = {
	["1"] = "\\one", s = "\\second", s2 = "\\second\\tothe{2}", Hz = "\\hertz", ["1/s"] = "\\second\\tothe{-1}", A = "\\ampere",
	["A/s"] = "\\ampere\\second\\tothe{-1}", V = "\\volt", J = "\\joule", C = "\\coulomb", ["A s"] = "\\ampere\\second",
	A2s = "\\ampere\\tothe{2}\\second", degC = "\\degreecelsius",
}

function trace.dsi_unit(unit)
	return DSI[unit]
end

-- What the requirement was specified by: the lines of its canonical form, by name.
function trace.canonical(requirement)
	local fields = {}
	for _, line in ipairs(text.lines(requirement.canonical or "")) do
		local place = text.find(line, "=")
		if place then
			fields[line:sub(1, place - 1)] = line:sub(place + 1)
		end
	end
	return fields
end

-- The attributes of a requirement that other tools keep: {name, value} in order; `tmsrig import` knows them by these names.
function trace.attributes(requirement)
	local list, fields, limit = {}, trace.canonical(requirement), requirement.limit or {}
	local function add(name, value)
		if value ~= nil and value ~= "" then
			list[#list + 1] = {name, tostring(value)}
		end
	end
	local function quantity(value)
		if trace.is_number(value) then
			local unit = requirement.unit or "1"
			return unit == "1" and trace.number(value) or trace.number(value) .. " " .. (unit == "A s" and "C" or unit)
		end
		return value
	end
	local source = requirement.source or {}
	add("Revision", requirement.revision)
	add("Source Document", source.document)
	add("Source Clause", source.clause)
	add("Hazard", requirement.hazard)
	add("Risk Control", requirement.risk_control)
	add("Verified By", requirement.verified_by)
	if requirement.limit then
		add("Measurand", requirement.measurand)
		add("Select Scenarios", fields.scenarios)
		add("Select Waveform", fields.waveform)
		if fields.intensity_min_pct and fields.intensity_min_pct ~= "" then
			add("Select Intensity Minimum", fields.intensity_min_pct .. " %")
		end
		if fields.intensity_max_pct and fields.intensity_max_pct ~= "" then
			add("Select Intensity Maximum", fields.intensity_max_pct .. " %")
		end
		if fields.interval_max_s and fields.interval_max_s ~= "" then
			add("Select Interval Maximum", fields.interval_max_s .. " s")
		end
		if fields.position ~= "any" then
			add("Select Position", fields.position)
		end
		add("Minimum", quantity(limit.minimum))
		add("Maximum", quantity(limit.maximum))
		add("Nominal", quantity(limit.nominal))
		if trace.is_number(limit.tolerance_relative) then
			add("Tolerance Relative", trace.number(limit.tolerance_relative))
		end
		add("Tolerance Absolute", quantity(limit.tolerance_absolute))
		add("Tolerance Combine", limit.combine)
		add("Decision Rule", requirement.rule)
		if trace.is_number(requirement.accepted_risk) then
			add("Accepted Risk", trace.number(requirement.accepted_risk))
		end
		if trace.is_number(requirement.capability_asked) then
			add("Capability", trace.number(requirement.capability_asked))
		end
		add("Judge", requirement.judge)
	end
	return list
end

return trace
