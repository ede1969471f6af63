<?lua
local about = require "about"
local brand = require "brand"
local format = require "format"
local page = require "page"
local runs = require("runs").read()
local waveforms = require "waveforms"
local session = require "session"
local MOST = 8 -- runs in one table of the matrix

page.about_all = {title = "campaign report", simulated = runs.simulated, overridden = runs.overridden,
	identification = string.format("%s, %s, verdict %s", format.count(campaign.count, "run"), runs.identification, format.verdict(runs.verdict).word)}
local counts = {}
for _, requirement in ipairs(runs.requirements) do
	counts[requirement.verdict] = (counts[requirement.verdict] or 0) + 1
end
local bad, repeated, by_scenario = {}, {}, {}
for _, entry in ipairs(runs.list) do
	if entry.verdict ~= "pass" then
		bad[#bad + 1] = string.format("%d (%s)", entry.number, format.verdict(entry.verdict).word)
	end
	if entry.repeated then
		repeated[#repeated + 1] = tostring(entry.number)
	end
	local key = entry.scenario .. "\n" .. entry.serial
	by_scenario[key] = by_scenario[key] or {}
	table.insert(by_scenario[key], entry.number)
end
local several = {}
for key, numbers in pairs(by_scenario) do
	if #numbers > 1 then
		several[#several + 1] = string.format("%s: runs %s", text.split(key, "\n")[1], format.list(numbers))
	end
end
local function verdict_words()
	if runs.verdict == "pass" then
		return string.format("All %s are met in every run that tested them, and each was tested at least once.", format.count(#runs.requirements, "requirement"))
	elseif #bad == 0 then
		return string.format("No run found a fault, but %s tested by none of them.", #runs.untested == 1 and "1 requirement was" or #runs.untested .. " requirements were")
	end
	return string.format("Not every run passed: %s.", format.list(bad, 6))
end
local word = format.verdict(runs.verdict).word
?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="<?= result.tool.name .. " " .. result.tool.version ?>"/>
<title><?= word ?>: campaign of <?= format.count(campaign.count, "run") ?></title>
<style>
<?lua include "style.css" include "paper.css" ?>
</style>
</head>
<body>
<?lua if runs.simulated then ?>
<div class="watermark" aria-hidden="true"><span>SIMULATED</span></div>
<?lua end if runs.overridden then ?>
<div class="watermark words" aria-hidden="true"><span>CALIBRATION NOT IN FORCE</span></div>
<?lua end ?>
<main>
<section class="front">
<header class="top">
	<div><div class="mark"><?= about.get("laboratory", "name") or brand.mark ?></div><h1>Campaign report: <?= format.count(campaign.count, "run") ?></h1></div>
	<div class="right"><?= about.get("report", "number") or runs.identification ?></div>
</header>
<?lua if runs.simulated then ?>
<div class="banner" role="note">SIMULATED. <?= runs.real and "Some of these runs were" or "These runs were" ?> made on a virtual bench; the table of runs says which. They say nothing about a real stimulator.</div>
<?lua end ?>
<section class="verdict <?= runs.verdict ?><?= #word > 7 and " long" or "" ?>" aria-label="Verdict">
	<div class="word"><span aria-hidden="true"><?= format.verdict(runs.verdict).symbol ?></span> <span><?= word ?></span></div>
	<div class="why"><p><?= verdict_words() ?></p></div>
</section>
<?lua if #bad > 0 or #repeated > 0 or #several > 0 or #runs.untested > 0 or #runs.specs > 1 or runs.overridden then ?>
<section class="notices" aria-label="Limitations"><b>Read this first</b><ul>
<?lua if #bad > 0 then ?><li>Not a pass: run <?= table.concat(bad, ", ") ?>.</li><?lua end ?>
<?lua if #repeated > 0 then ?><li>Repeated runs: <?= table.concat(repeated, ", ") ?>. The first attempt counts; the earlier ones are named below.</li><?lua end ?>
<?lua for _, words in ipairs(several) do ?><li>The same test more than once, each counted: <?= words ?>.</li><?lua end ?>
<?lua if #runs.untested > 0 then local ids = {} for i, requirement in ipairs(runs.untested) do ids[i] = requirement.key end ?><li>Tested by no run: <?= format.list(ids) ?>.</li><?lua end ?>
<?lua if #runs.specs > 1 then ?><li>These runs were judged by <?= #runs.specs ?> different specifications or revisions of one; see below.</li><?lua end ?>
<?lua if runs.overridden then ?><li>A calibration was not in force, and judged by override, in at least one run.</li><?lua end ?>
</ul></section>
<?lua end ?>
<table class="runs"><thead><tr><th>Run</th><th>Verdict</th><th>Scenario</th><th>Device, serial number</th><th>Carried out</th><th class="number">Pulses</th></tr></thead><tbody>
<?lua for _, entry in ipairs(runs.sorted()) do ?>
<tr><td><a href="#run-<?= entry.number ?>"><b><?= entry.number ?></b></a><?lua if entry.attempt and entry.attempt > 1 then ?> <b>(attempt <?= entry.attempt ?>)</b><?lua end ?></td><td><span class="tag <?= entry.verdict ?>"><?= format.verdict(entry.verdict).word ?></span><?lua if entry.simulated then ?> simulated<?lua end ?></td><td><?= entry.scenario ?></td><td><?= entry.device ?>, <?= entry.serial ?></td><td><?= entry.started ?></td><td class="number"><?= entry.detected or "–" ?><?lua if entry.expected then ?> of <?= entry.expected ?><?lua end ?></td></tr>
<?lua end ?>
</tbody></table>
<div class="strip">
<?lua for _, name in ipairs(format.verdict_names) do if counts[name] then ?>
<span><span class="tag <?= name ?>"><?= format.verdict(name).word ?></span> <?= format.count(counts[name], "requirement") ?></span>
<?lua end end ?>
</div>
<p class="soft"><small>The results relate only to the items tested. The report shall not be reproduced except in full. The verdict of the campaign is that of its worst run, and no pass while a requirement was tested by none.</small></p>
</section>

<h2 id="matrix">Requirements and runs</h2>
<?lua
local sorted = runs.sorted_requirements()
for from = 1, campaign.count, MOST do
	local to = math.min(from + MOST - 1, campaign.count)
?>
<div class="scroll"><table class="overview"><thead><tr><th>Requirement</th><th>Together</th><?lua for i = from, to do ?><th>Run <?= i ?></th><?lua end ?></tr></thead><tbody>
<?lua for _, requirement in ipairs(sorted) do ?>
<tr><td><b><?= requirement.key ?></b></td><td><span class="tag <?= requirement.verdict ?>"><?= format.verdict(requirement.verdict).word ?></span></td><?lua
	for i = from, to do
		local one = requirement.cells[i]
		if one then ?><td><span class="tag small <?= one.verdict ?>"><?= format.verdict(one.verdict).symbol ?> <?= format.verdict(one.verdict).word ?></span></td><?lua else ?><td class="soft">not in its specification</td><?lua end
	end ?></tr>
<?lua end ?>
</tbody></table></div>
<?lua end ?>

<h2 id="worst">Worst case of each requirement</h2>
<table class="worst-cases"><thead><tr><th>Requirement</th><th>Together</th><th>Nearest to its limit</th><th>Limit</th><th>Margin</th><th>Run</th></tr></thead><tbody>
<?lua for _, requirement in ipairs(sorted) do local one = requirement.nearest and requirement.cells[requirement.nearest] ?>
<tr><td><b><?= requirement.key ?></b> <?= requirement.text ?> <span class="soft"><?= requirement.source.document or "no source" ?>, <?= requirement.source.clause or "–" ?></span></td><td><span class="tag <?= requirement.verdict ?>"><?= format.verdict(requirement.verdict).word ?></span></td><td><?= one and one.full or "no value" ?></td><td><?= one and one.limit or "–" ?></td><td><?= one and one.margin or "–" ?></td><td><?= requirement.nearest or "–" ?></td></tr>
<?lua end ?>
</tbody></table>
<?lua
-- The pulse that came nearest to a limit in each of the runs that did not pass, and in the first of all.
local drawn = 0
for _, entry in ipairs(runs.sorted()) do
	if drawn < 6 and (entry.verdict ~= "pass" or drawn == 0) then
		campaign.select(entry.number)
		session.forget()
		raw("<h3>") emit(string.format("Run %d, %s: representative and worst pulse", entry.number, entry.scenario)) raw("</h3>\n")
		waveforms.draw(1)
		drawn = drawn + 1
	end
end
campaign.select(1)
session.forget()
?>

<h2 id="coverage">Coverage of the specification</h2>
<table class="pairs"><tbody>
<tr><td>Requirements</td><td><?= #runs.requirements ?></td></tr>
<tr><td>Tested by at least one run</td><td><?= #runs.requirements - #runs.untested ?></td></tr>
<tr><td>Tested by none</td><td><?lua if #runs.untested == 0 then ?>none<?lua end for i, requirement in ipairs(runs.untested) do ?><?= i > 1 and ", " or "" ?><b><?= requirement.key ?></b> <?= requirement.text ?><?lua end ?></td></tr>
<?lua for _, spec in ipairs(runs.specs) do ?>
<tr><td>Specification</td><td><?= spec.words ?>, SHA-256 <code><?= spec.hash ?></code></td></tr>
<?lua end ?>
</tbody></table>

<h2 id="runs">The runs</h2>
<?lua for _, entry in ipairs(runs.sorted()) do ?>
<h3 id="run-<?= entry.number ?>">Run <?= entry.number ?>: <?= entry.scenario ?> <span class="tag <?= entry.verdict ?>"><?= format.verdict(entry.verdict).word ?></span></h3>
<p><?= entry.sentence ?></p>
<?lua if entry.repeated then ?><p class="reason"><b><?= entry.repeated ?></b> <?lua for i, earlier in ipairs(entry.earlier) do ?><?= i > 1 and "; " or "" ?><?= earlier.id ?>: <?= earlier.words ?><?lua end ?></p><?lua end ?>
<?lua if #entry.grave > 0 then ?><ul><?lua for _, sentence in ipairs(entry.grave) do ?><li><?= sentence ?></li><?lua end ?></ul><?lua end ?>
<table class="pairs"><tbody>
<tr><td>Evidence</td><td><?= entry.name ?><?lua if entry.id then ?>, run <?= entry.id ?><?lua end ?>, results SHA-256 <code><?= entry.hash ?></code><?lua if pdf and entry.manifest then ?>, manifest SHA-256 <code><?= entry.manifest ?></code><?lua end ?></td></tr>
<tr><td>Test</td><td><?= entry.title ?>, on bench <?= entry.bench ?>, by <?= entry.operator ?>, <?= entry.started ?> to <?= entry.ended ?><?lua if entry.simulated then ?>, SIMULATED<?lua end ?></td></tr>
<tr><td>Item</td><td><?= entry.device ?>, serial number <?= entry.serial ?></td></tr>
<tr><td>Judged by</td><td><?= entry.spec ?>, tmsrig <?= entry.program ?></td></tr>
<tr><td>Pulses</td><td><?= entry.expected and entry.expected .. " planned, " or "" ?><?= entry.detected or "–" ?> detected, <?= entry.missing or 0 ?> missing, <?= entry.extra or 0 ?> extra, <?= entry.untriggered or 0 ?> untriggered, <?= format.count(entry.gaps, "gap") ?></td></tr>
<?lua if entry.ledger then ?><tr><td>Ledger</td><td><?= entry.ledger ?></td></tr><?lua end ?>
<tr><td>Signatures</td><td><?= entry.signatures == 0 and "none" or entry.signatures ?></td></tr>
</tbody></table>
<?lua end ?>
<h2 id="statements">Statements</h2>
<table class="pairs"><tbody>
<?lua
about.row("Laboratory", "laboratory", "name")
about.row("Address of the laboratory", "laboratory", "address")
about.row("Customer", "customer", "name")
about.row("Date of issue", "report", "issued")
about.row("Authorised by", "report", "authorised_by")
?>
</tbody></table>
<p class="end">End of report<small><?= page.about_all.identification ?><?lua if runs.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
