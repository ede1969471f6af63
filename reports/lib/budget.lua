-- The uncertainty budget of a value that decided.
local format = require "format"

local budget = {}

local function significant(value)
	return format.is_number(value) and string.format("%.4g", value) or "not known"
end

local function freedom(dof)
	return format.is_number(dof) and dof < 1e5 and string.format("%.0f", dof) or "∞"
end

-- In the unit of the value, three digits; what was not known had no number.
local function amount(value, unit)
	if not format.is_number(value) then
		return "not known"
	elseif unit == "1" then
		return string.format("%.3g", value)
	end
	return value == 0 and "0" or format.quantity(value, unit)
end

-- Whether there is one to be shown: an exact value has none.
local function has(requirement)
	return requirement.budget and #requirement.budget > 0 and requirement.u and requirement.u > 0
end

local function write(requirement)
	local unit = requirement.unit or "1"
	raw("<table><thead><tr><th>Source</th><th>Type</th>"
		.. "<th>u<sub>i</sub></th><th>c<sub>i</sub></th><th>|c<sub>i</sub> u<sub>i</sub>|</th><th>% of u²</th><th>ν</th></tr></thead><tbody>")
	for _, line in ipairs(requirement.budget) do
		raw("<tr><td>")
		emit(line.source)
		for _, cell in ipairs({line.type, amount(line.u, line.unit), significant(line.c), amount(line.share, unit),
			format.is_number(line.percent) and string.format("%.1f", line.percent) or "–", freedom(line.dof)}) do
			raw("</td><td>")
			emit(cell)
		end
		raw("</td></tr>")
	end
	raw("</tbody></table><p>")
	emit(string.format("u = %s, effective degrees of freedom %s, k = %.2f (95.45 %%), U = %s.", amount(requirement.u, unit),
		freedom(requirement.dof), requirement.k or 2, amount(requirement.expanded, unit)))
	raw("</p>")
end

-- Writes the table, folded; nothing where there is none.
function budget.table(requirement)
	if has(requirement) then
		raw('<details class="budget"><summary>Uncertainty budget</summary>')
		write(requirement)
		raw("</details>")
	end
end

-- Writes it for paper, under the name of the requirement.
function budget.section(requirement)
	if has(requirement) then
		raw('<div class="budget sheet"><b>')
		emit(requirement.id)
		raw("</b> ")
		emit(requirement.measurand)
		write(requirement)
		raw("</div>\n")
	end
end

return budget
