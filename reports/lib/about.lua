-- What people state and a rig cannot know: laboratory, customer, item, method, surroundings, the report itself.
local about = {}

-- The text that was stated, and whether it was stated when the report was made and not when the run was; nil when nobody stated it.
function about.get(section, key)
	local given = about_given and about_given[section] and about_given[section][key]
	if given then
		return given, true
	end
	return result.about and result.about[section] and result.about[section][key], false
end

-- Writes the text, or "not stated" so that it is seen. What was sealed with the evidence stays there when something else was stated later.
function about.put(section, key)
	local stated, later = about.get(section, key)
	local sealed = result.about and result.about[section] and result.about[section][key]
	if not stated then
		raw('<span class="unstated">not stated</span>')
		return false
	end
	if later and sealed and sealed ~= stated then
		emit(sealed .. "; stated otherwise later: ")
	end
	emit(stated)
	if later and sealed ~= stated then
		raw('<sup class="later">†</sup>')
	end
	return true
end

-- A row of a table of pairs. What the rig knows itself (known) comes first; then only the missing part counts as not stated.
function about.row(words, section, key, known)
	local stated = about.get(section, key)
	raw("<tr><td>")
	emit(words)
	raw("</td><td>")
	if known then
		emit(known)
	end
	if stated or not known then
		raw(known and "; " or "")
		about.put(section, key)
	end
	raw("</td></tr>\n")
end

-- Whether any of what the page shows was stated when the report was made.
function about.any_later()
	for _ in pairs(about_given or {}) do
		return true
	end
	return false
end

-- What a report is called on every page: its number, else the run's id, else the results' hash.
function about.identification()
	local number = about.get("report", "number")
	if number then
		return "Report " .. number
	elseif result.run.id then
		return "Run " .. result.run.id
	end
	return "Results " .. (result.results_sha256 or "–"):sub(1, 16)
end

return about
