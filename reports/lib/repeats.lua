-- Runs that came before this one on the same bench with the same scenario: the first attempt counts, and a repeat is never silent.
local format = require "format"

local repeats = {}

-- What an earlier attempt came to, in words.
local function outcome(entry)
	if entry.verdict == "failed" then
		return "ended without a result"
	end
	return entry.verdict and format.verdict(entry.verdict).word or "no end: cut off, or still going on"
end

--[[ What an earlier attempt counts as. One that did not start fired nothing; of one without an end nobody knows what it would have shown, and it is
     no pass. ]]
local function counts_as(entry)
	if entry.verdict == "failed" then
		return nil
	end
	return entry.verdict or "void"
end

-- The earlier attempts that the result names as {id, words, sums, counts_as}, in their order.
function repeats.earlier()
	local list = {}
	for i, entry in ipairs(result.run.earlier or {}) do
		local words = {entry.time or "no time", outcome(entry)}
		if entry.reason then
			words[#words + 1] = "repeated because: " .. entry.reason
		end
		if not entry.same_plan then
			words[#words + 1] = "another plan"
		end
		if not entry.same_spec then
			words[#words + 1] = "another state of the specification"
		end
		list[i] = {id = tostring(entry.id or "?"), words = table.concat(words, ", "), sums = entry.sums_sha256, counts_as = counts_as(entry)}
	end
	return list
end

-- How many earlier attempts the result counts, but does not name.
function repeats.unnamed()
	return math.max(0, (result.run.attempt or 1) - 1 - #(result.run.earlier or {}))
end

-- The worst verdict of the earlier attempts that are named; nil when there is none, or none that counts.
function repeats.worst()
	local worst
	for _, entry in ipairs(repeats.earlier()) do
		if entry.counts_as and (not worst or format.verdict(entry.counts_as).rank < format.verdict(worst).rank) then
			worst = entry.counts_as
		end
	end
	return worst
end

-- Whether an earlier attempt came to less than a pass, or may have.
function repeats.spoilt()
	local worst = repeats.worst()
	return worst ~= nil and worst ~= "pass" or repeats.unnamed() > 0
end

-- One sentence for the top of a report; nil for a first attempt.
function repeats.sentence()
	local run = result.run
	if (run.attempt or 1) <= 1 then
		return nil
	end
	local counts, order, parts = {}, {}, {}
	for _, entry in ipairs(run.earlier or {}) do
		local word = outcome(entry)
		if not counts[word] then
			counts[word] = 0
			order[#order + 1] = word
		end
		counts[word] = counts[word] + 1
	end
	for i, word in ipairs(order) do
		parts[i] = string.format("%d %s", counts[word], word)
	end
	if repeats.unnamed() > 0 then
		parts[#parts + 1] = string.format("%d not named here, see tmsrig ledger", repeats.unnamed())
	end
	local first = (run.earlier or {})[1]
	return string.format("This is attempt %d: %s of this test came before (%s), and the first attempt counts%s. Reason for the repeat: %s.",
		run.attempt, format.count(run.attempt - 1, "run"), table.concat(parts, ", "),
		first and string.format(": %s, %s", first.time or "no time", outcome(first)) or "", run.reason and run.reason ~= "" and run.reason or "no reason given")
end

-- Where the ledger stood when this run began; nil where the evidence does not say.
function repeats.ledger()
	local place = result.run.ledger_place
	if type(place) ~= "table" then
		return nil
	end
	if place.runs_before == 0 then
		return "The ledger of the bench begins with this run: of runs before it this evidence knows nothing."
	end
	return string.format("The ledger of the bench had %s before this one, since %s.", format.count(place.runs_before, "run"), place.began)
end

return repeats
