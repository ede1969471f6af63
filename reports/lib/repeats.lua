-- Runs that came before this one on the same bench with the same scenario: the first attempt counts, and a repeat is never silent.
local format = require "format"

local repeats = {}

-- The earlier attempts that the result names as {id, words}, in their order.
function repeats.earlier()
	local list = {}
	for i, entry in ipairs(result.run.earlier or {}) do
		local words = {entry.time or "no time", entry.verdict == "failed" and "ended without a result" or entry.verdict and format.verdict(entry.verdict).word
			or "no end: cut off, or still going on"}
		if entry.reason then
			words[3] = "repeated because: " .. entry.reason
		end
		list[i] = {id = tostring(entry.id or "?"), words = table.concat(words, ", ")}
	end
	return list
end

-- One sentence for the top of a report; nil for a first attempt.
function repeats.sentence()
	local run = result.run
	if (run.attempt or 1) <= 1 then
		return nil
	end
	return string.format("This is attempt %d: %s of this test came before, and the first attempt counts. Reason for the repeat: %s.",
		run.attempt, format.count(run.attempt - 1, "run"), run.reason and run.reason ~= "" and run.reason or "no reason given")
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
