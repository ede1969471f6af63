<?lua
-- For Sphinx-Needs: `needimport` or an external needs source. A need for every requirement and one for its result in this run.
local trace = require "trace"
local format = require "format"
local run = result.run
local needs, amount = {}, 0

-- Ids of needs are words of capital letters, digits and _ by default (needs_id_regex).
local function need_id(name)
	local out = {}
	for i = 1, #name do
		local sign = name:sub(i, i):upper()
		local plain = (sign >= "A" and sign <= "Z") or (sign >= "0" and sign <= "9") or sign == "_"
		out[i] = plain and sign or "_"
	end
	return table.concat(out)
end

local function unique(id)
	local candidate, number = id, 1
	while needs[candidate] do
		number = number + 1
		candidate = id .. "_" .. number
	end
	return candidate
end

local function add(need)
	needs[need.id] = need
	amount = amount + 1
end

for _, requirement in ipairs(result.requirements) do
	local row = format.row(requirement)
	local id = unique(need_id(requirement.id or ""))
	local need = {
		id = id, type = "req", title = requirement.id, content = requirement.text or "", tags = {"list"}, links = {"list"},
		foreign_id = requirement.id, uid = requirement.uid, fingerprint = requirement.fingerprint and "sha256:" .. requirement.fingerprint,
	}
	for _, pair in ipairs(trace.attributes(requirement)) do
		local name = text.replace(pair[1]:lower(), " ", "_")
		need[name] = pair[2]
	end
	add(need)
	local message = requirement.reason or ""
	add {
		id = unique(id .. "_RESULT"), type = "test", title = requirement.id .. ": " .. format.verdict(requirement.verdict).word,
		content = string.format("%s (limit %s)%s", row.full, row.limit, message ~= "" and ": " .. message or ""), tags = {"list"}, links = {"list", id},
		status = requirement.verdict, verdict = requirement.verdict, requirement = trace.citation(requirement),
		value = trace.is_number(requirement.value) and trace.number(requirement.value) or "",
		expanded_uncertainty = trace.is_number(requirement.expanded) and trace.number(requirement.expanded) or "",
		unit = requirement.unit or "", scenario = result.scenario and result.scenario.id or "", started = run.started or "",
		simulated = run.simulated and "yes" or "no", results_sha256 = result.results_sha256 or "",
	}
end

local version = tostring(result.spec.revision or 1)
raw(trace.json {
	created = run.ended or run.started or "", current_version = version, project = result.spec.title or result.spec.id,
	versions = {[version] = {created = run.ended or run.started or "", needs = needs, needs_amount = amount,
		creator = {program = "tmsrig", version = result.tool.version}}},
}, "\n")
?>
