-- What stands in the margins of every page of paper.
local about = require "about"
local brand = require "brand"
local format = require "format"
local summary = require "summary"

local page = {}

-- A text inside a string of a style sheet: everything but letters, digits and blanks as a code point.
function page.css(content)
	local out = {}
	for _, point in utf8.codes(content) do
		local plain = point == 32 or (point >= 48 and point <= 57) or (point >= 65 and point <= 90) or (point >= 97 and point <= 122)
		out[#out + 1] = plain and utf8.char(point) or string.format("\\%06x ", point)
	end
	return table.concat(out)
end

-- Some pages are about several runs; their view says what is true of all of them.
page.about_all = nil

function page.head_left()
	local laboratory = about.get("laboratory", "name")
	return (laboratory and format.short(laboratory, 50) .. ", " or "") .. (page.about_all and page.about_all.title or "test report")
end

function page.warning()
	local words = {}
	local all = page.about_all
	if all and all.simulated or not all and result.run.simulated then
		words[#words + 1] = "SIMULATED: no evidence about a real device"
	end
	if all and all.analysed or not all and result.run.command == "analyze" then
		words[#words + 1] = "RECORDING MADE ELSEWHERE"
	end
	if all and all.overridden or not all and result.calibration and result.calibration.overridden then
		words[#words + 1] = "CALIBRATION NOT IN FORCE"
	end
	return table.concat(words, ", ")
end

function page.identification()
	if page.about_all then
		return format.short(page.about_all.identification, 150)
	end
	local serial = result.run.device_serial
	return string.format("%s, verdict %s, device %s, %s", format.short(about.identification(), 60), summary.headline().word,
		serial and "serial number " .. format.short(serial, 40) or "without a serial number", (result.run.command == "analyze" and "analysed " or "") .. (result.run.started or "no date"))
end

return page
