-- All runs of a document that is about several: what each came to, and what they show together. Only small things are kept of each run.
local about = require "about"
local format = require "format"
local repeats = require "repeats"
local session = require "session"
local summary = require "summary"
local trace = require "trace"

local runs = {list = {}, requirements = {}, specs = {}, rules = {}, absent = {}, swapped = {}}

local by_key = {}

-- How near to its limit a value is: the margin over the span of the limits or the limit itself. Smaller is worse; nil without limits.
local function nearness(requirement)
	if not format.is_number(requirement.margin) then
		return nil
	end
	local span = requirement.lower and requirement.upper and requirement.upper - requirement.lower or math.abs(requirement.upper or requirement.lower or 0)
	return span > 0 and requirement.margin / span or requirement.margin
end

local function cell(requirement)
	local row = format.row(requirement)
	return {
		rule = requirement.rule, override = summary.by_override(requirement), verdict = requirement.verdict, full = row.full, limit = row.limit, margin = row.margin, nearness = nearness(requirement),
		worst_subject = requirement.worst_subject, judge = requirement.judge, reason = requirement.reason, measurand = requirement.measurand,
	}
end

local function add_requirement(i, requirement)
	local key = string.format("%s~%s", requirement.id, tostring(requirement.revision or 0))
	if not by_key[key] then
		by_key[key] = {
			key = key, id = requirement.id, text = requirement.text or "", source = requirement.source or {}, hazard = requirement.hazard,
			risk_control = requirement.risk_control, measurand = requirement.measurand, scenarios = trace.canonical(requirement).scenarios or "", cells = {},
		}
		runs.requirements[#runs.requirements + 1] = by_key[key]
	end
	by_key[key].cells[i] = cell(requirement)
	if requirement.rule and not runs.rules[requirement.rule] then
		runs.rules[requirement.rule] = true
		table.insert(runs.rules, {name = requirement.rule, text = requirement.rule_text or ""})
	end
end

local function spec_hash()
	for _, input in ipairs(result.inputs or {}) do
		if result.spec.file and text.ends_with(result.spec.file, (input.name:sub(8))) then
			return input.sha256
		end
	end
	return "?"
end

local function read(i)
	campaign.select(i)
	session.forget()
	local run, counts = result.run, result.counts or {}
	local grave = summary.notices()
	local entry = {
		number = i, name = evidence.name, verdict = result.verdict, rank = format.verdict(result.verdict).rank, sentence = summary.sentence(), grave = grave,
		scenario = result.scenario and result.scenario.id or "no plan", title = result.scenario and result.scenario.title or run.recording or "",
		started = run.started or "no date", ended = run.ended or "", operator = run.operator or "not given", serial = run.device_serial or "not given",
		device = result.device and (result.device.title or result.device.id) or "not described", bench = result.bench and result.bench.id or "–",
		simulated = run.simulated, aborted = run.aborted, overridden = result.calibration and result.calibration.overridden, expected = counts.expected,
		detected = counts.detected, missing = counts.missing, extra = counts.extra, untriggered = counts.untriggered, gaps = #(result.gaps or {}),
		id = run.id, attempt = run.attempt, repeated = repeats.sentence(), reason = run.reason, earlier = repeats.earlier(), ledger = repeats.ledger(), hash = result.results_sha256 or "–",
		program = string.format("%s (%s)", result.tool.version, result.tool.build or "–"), manifest = evidence.manifest(), signatures = evidence.signatures(),
		sealed_result = evidence.sealed("result.json"), unnamed = repeats.unnamed(), headline = summary.headline(), command = run.command,
	}
	local spec = string.format("%s, revision %s", result.spec.title or result.spec.id, tostring(result.spec.revision or "–"))
	entry.spec = spec
	local full = spec .. " " .. spec_hash()
	if not runs.specs[full] then
		runs.specs[full] = true
		runs.specs[#runs.specs + 1] = {words = spec, hash = spec_hash()}
	end
	for _, requirement in ipairs(result.requirements) do
		add_requirement(i, requirement)
	end
	runs.list[i] = entry
end

--[[ The earlier attempts that the runs name and that are not among them, as {id, words, counts_as, of}: leaving a bundle out does not make them
     undone. ]]
local function find_absent()
	local given, seen = {}, {}
	for _, entry in ipairs(runs.list) do
		if entry.id then
			given[entry.id] = entry
		end
	end
	for _, entry in ipairs(runs.list) do
		for _, earlier in ipairs(entry.earlier) do
			local same = given[earlier.id]
			if same and earlier.sums and earlier.sums ~= same.manifest then
				-- What was given in its place is not what the ledger saw.
				runs.swapped[#runs.swapped + 1] = string.format("run %d is not as the ledger had it when run %d began", same.number, entry.number)
				given[earlier.id] = nil
			end
			if not given[earlier.id] and not seen[earlier.id] then
				seen[earlier.id] = true
				runs.absent[#runs.absent + 1] = {id = earlier.id, words = earlier.words, counts_as = earlier.counts_as, of = entry}
			end
		end
		if entry.unnamed > 0 then
			runs.absent[#runs.absent + 1] = {id = format.count(entry.unnamed, "run") .. " that the result does not name", words = "see tmsrig ledger",
				counts_as = "void", of = entry}
		end
	end
end

-- Bundles of one and the same run, given more than once.
local function find_twice()
	local by_id = {}
	runs.twice = {}
	for _, entry in ipairs(runs.list) do
		local key = entry.id or entry.hash
		if by_id[key] then
			runs.twice[#runs.twice + 1] = string.format("%d and %d", by_id[key], entry.number)
		end
		by_id[key] = by_id[key] or entry.number
	end
end

local function better(a, b)
	return format.verdict(a).rank > format.verdict(b).rank
end

-- What all runs together say of a requirement: the worst of what was judged; "not_tested" only when no run tested it.
local function together(requirement)
	local worst
	for i = 1, campaign.count do
		local one = requirement.cells[i]
		if one and one.verdict ~= "not_tested" and (not worst or better(worst, one.verdict)) then
			worst = one.verdict
		end
		if one and one.nearness and (not requirement.nearest or one.nearness < requirement.cells[requirement.nearest].nearness) then
			requirement.nearest = i
		end
	end
	requirement.verdict = worst or "not_tested"
end

-- Reads every run; the first one is selected afterwards.
function runs.read()
	if #runs.list > 0 then
		return runs
	end
	for i = 1, campaign.count do
		read(i)
	end
	runs.verdict, runs.simulated, runs.overridden, runs.real = "pass", false, false, false
	local hashes = {}
	for _, entry in ipairs(runs.list) do
		runs.simulated = runs.simulated or entry.simulated
		runs.real = runs.real or not entry.simulated
		runs.overridden = runs.overridden or entry.overridden
		runs.analysed = runs.analysed or entry.command == "analyze"
		hashes[#hashes + 1] = entry.hash:sub(1, 8)
	end
	for _, requirement in ipairs(runs.requirements) do
		together(requirement)
	end
	for _, entry in ipairs(runs.list) do
		-- A run says pass although it left requirements out; the others may fill them, so only what is worse than that counts here.
		if better(runs.verdict, entry.verdict) then
			runs.verdict = entry.verdict
		end
	end
	find_absent()
	find_twice()
	-- The first attempt counts, whether its bundle was given or not.
	for _, earlier in ipairs(runs.absent) do
		if earlier.counts_as and better(runs.verdict, earlier.counts_as) then
			runs.verdict = earlier.counts_as
			runs.by_absent = true
		end
	end
	runs.untested = {}
	for _, requirement in ipairs(runs.requirements) do
		if requirement.verdict == "not_tested" then
			runs.untested[#runs.untested + 1] = requirement
		end
	end
	if #runs.untested > 0 and better(runs.verdict, "not_tested") then
		runs.verdict = "not_tested"
	end
	runs.identification = "Runs " .. format.list(hashes, 6)
	campaign.select(1)
	session.forget()
	return runs
end

-- The runs, worst and repeated ones first.
function runs.sorted()
	local list = {}
	for i, entry in ipairs(runs.list) do
		list[i] = entry
	end
	table.sort(list, function(a, b)
		local one, other = a.rank - (a.repeated and 0.5 or 0), b.rank - (b.repeated and 0.5 or 0)
		if one ~= other then
			return one < other
		end
		return a.number < b.number
	end)
	return list
end

-- The requirements, worst first, otherwise as specified.
function runs.sorted_requirements()
	local list = {}
	for i, requirement in ipairs(runs.requirements) do
		list[i] = {place = i, rank = format.verdict(requirement.verdict).rank, requirement = requirement}
	end
	table.sort(list, function(a, b)
		if a.rank ~= b.rank then
			return a.rank < b.rank
		end
		return a.place < b.place
	end)
	for i, entry in ipairs(list) do
		list[i] = entry.requirement
	end
	return list
end

return runs
