-- Runs that came before this one on the same bench with the same scenario: the first attempt counts, and a repeat is never silent.
local format = require "format"

local repeats = {}

-- The earlier attempts as {id, words}, in their order.
function repeats.earlier()
	local list = {}
	for i, entry in ipairs(result.run.earlier or {}) do
		if type(entry) == "table" then
			local words = {}
			for _, key in ipairs {"started", "verdict", "state", "ended", "reason"} do
				if entry[key] ~= nil then
					words[#words + 1] = key == "verdict" and format.verdict(entry[key]).word or format.words(tostring(entry[key]))
				end
			end
			list[i] = {id = tostring(entry.id or "?"), words = table.concat(words, ", ")}
		else
			list[i] = {id = tostring(entry), words = ""}
		end
	end
	return list
end

-- One sentence for the top of a report; nil for a first attempt.
function repeats.sentence()
	local attempt, earlier = result.run.attempt, repeats.earlier()
	if (not attempt or attempt <= 1) and #earlier == 0 then
		return nil
	end
	return string.format("This is attempt %d: %s of this test came before, and the first attempt counts. Reason given for the repeat: %s.",
		attempt or #earlier + 1, format.count(#earlier, "run"), result.run.reason and result.run.reason ~= "" and result.run.reason or "none")
end

return repeats
