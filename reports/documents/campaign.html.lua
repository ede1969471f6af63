<?lua
local about = require "about"
local brand = require "brand"
local format = require "format"
local page = require "page"
local runs = require("runs").read()
local waveforms = require "waveforms"
local session = require "session"
local MOST = 8 -- runs in one table of the matrix

page.about_all = {title = "campaign report", simulated = runs.simulated, overridden = runs.overridden, analysed = runs.analysed,
	identification = string.format("%s, %s, verdict %s", format.count(campaign.count, "run"), runs.identification, format.verdict(runs.verdict).word .. (runs.verdict == "pass" and runs.overridden and " BY OVERRIDE" or ""))}
local counts = {}
for _, requirement in ipairs(runs.requirements) do
	counts[requirement.verdict] = (counts[requirement.verdict] or 0) + 1
end
local bad, repeated, by_scenario = {}, {}, {}
for _, entry in ipairs(runs.list) do
	if entry.verdict ~= "pass" or entry.headline.word ~= "PASS" then
		bad[#bad + 1] = string.format("%d (%s)", entry.number, entry.headline.word)
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
	if runs.by_absent then
		return "An earlier attempt, whose bundle was not given, did not pass; the first attempt counts. It is in the table of runs."
	elseif runs.verdict == "pass" then
		return string.format("All %s are met in every run that tested them, and each was tested at least once%s.", format.count(#runs.requirements, "requirement"),
			runs.overridden and ", in part by override of a calibration that was not in force: no statement of conformity there" or "")
	elseif #bad == 0 then
		return string.format("No run found a fault, but %s tested by none of them.", #runs.untested == 1 and "1 requirement was" or #runs.untested .. " requirements were")
	end
	return string.format("Not every run passed: %s.", format.list(bad, 6))
end
local word, class = format.verdict(runs.verdict).word, runs.verdict
if runs.verdict == "pass" and runs.overridden then
	word, class = word .. " BY OVERRIDE", "conditional_pass"
end
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
<section class="verdict <?= class ?><?= #word > 7 and " long" or "" ?>" aria-label="Verdict">
	<div class="word"><span aria-hidden="true"><?= format.verdict(runs.verdict).symbol ?></span> <span><?= word ?></span></div>
	<div class="why"><p><?= verdict_words() ?></p></div>
</section>
<?lua if #bad > 0 or #repeated > 0 or #runs.swapped > 0 or #runs.absent > 0 or #runs.twice > 0 or #several > 0 or #runs.untested > 0 or #runs.specs > 1 or runs.overridden then ?>
<section class="notices" aria-label="Limitations"><b>Read this first</b><ul>
<?lua if #bad > 0 then ?><li>Not a pass: run <?= table.concat(bad, ", ") ?>.</li><?lua end ?>
<?lua if #runs.absent > 0 then ?><li><b>Earlier attempts are not among the bundles of this report: <?= format.count(#runs.absent, "entry", "entries") ?> of the table of runs.</b> They count; what they came to is known from the ledger of the bench alone, requirement by requirement it is not.</li><?lua end ?>
<?lua for _, words in ipairs(runs.swapped) do ?><li><b>The bundle of <?= words ?>: its SHA256SUMS is another.</b></li><?lua end ?>
<?lua for _, words in ipairs(runs.twice) do ?><li>The same run was given twice: <?= words ?>.</li><?lua end ?>
<?lua if #repeated > 0 then ?><li>Repeated runs: <?= table.concat(repeated, ", ") ?>. The first attempt counts; the earlier ones are named below.</li><?lua end ?>
<?lua for _, words in ipairs(several) do ?><li>The same test more than once, each counted: <?= words ?>.</li><?lua end ?>
<?lua if #runs.untested > 0 then local ids = {} for i, requirement in ipairs(runs.untested) do ids[i] = requirement.key end ?><li>Tested by no run: <?= format.list(ids, 6) ?>, see <a href="#coverage" class="place">Coverage</a>.</li><?lua end ?>
<?lua if #runs.specs > 1 then ?><li>These runs were judged by <?= #runs.specs ?> different specifications or revisions of one; see below.</li><?lua end ?>
<?lua if runs.overridden then ?><li>A calibration was not in force, and judged by override, in at least one run.</li><?lua end ?>
</ul></section>
<?lua end ?>
<div class="scroll"><table class="runs"><thead><tr><th>Run</th><th>Verdict</th><th>Scenario</th><th>Device, serial number</th><th>Carried out</th><th class="number">Pulses</th></tr></thead><tbody>
<?lua for _, earlier in ipairs(runs.absent) do ?>
<tr><td><b>not given</b></td><td><?lua if earlier.counts_as then ?><span class="tag <?= earlier.counts_as ?>"><?= format.verdict(earlier.counts_as).word ?></span><?lua else ?>not counted<?lua end ?></td><td><?= earlier.of.scenario ?>, before run <?= earlier.of.number ?></td><td><?= earlier.of.device ?>, <?= earlier.of.serial ?></td><td colspan="2"><?= earlier.words ?> <span class="soft">(run <?= earlier.id ?>)</span></td></tr>
<?lua end for _, entry in ipairs(runs.sorted()) do ?>
<tr><td><a href="#run-<?= entry.number ?>"><b><?= entry.number ?></b></a><?lua if entry.attempt and entry.attempt > 1 then ?> <b>(attempt <?= entry.attempt ?>)</b><?lua end ?></td><td><span class="tag <?= entry.headline.class ?>"><?= entry.headline.word ?></span><?lua if entry.simulated then ?> simulated<?lua end ?></td><td><?= entry.scenario ?></td><td><?= entry.device ?>, <?= entry.serial ?></td><td><?= entry.started ?></td><td class="number"><?= entry.detected or "–" ?><?lua if entry.expected then ?> of <?= entry.expected ?><?lua end ?></td></tr>
<?lua end ?>
</tbody></table></div>
<div class="strip">
<?lua for _, name in ipairs(format.verdict_names) do if counts[name] then ?>
<span><span class="tag <?= name ?>"><?= format.verdict(name).word ?></span> <?= format.count(counts[name], "requirement") ?></span>
<?lua end end ?>
</div>
<p class="soft"><small>The results relate only to the items tested. The report shall not be reproduced except in full. The verdict of the campaign is that of its worst run, earlier attempts that were not given included, and no pass while a requirement was tested by none.</small></p>
</section>

<h2 id="matrix">Requirements and runs</h2>
<?lua
local sorted = {}
for _, requirement in ipairs(runs.sorted_requirements()) do
	if requirement.verdict ~= "not_tested" then
		sorted[#sorted + 1] = requirement
	end
end
for from = 1, campaign.count, MOST do
	local to = math.min(from + MOST - 1, campaign.count)
?>
<div class="scroll"><table class="overview"><thead><tr><th>Requirement</th><th>Together</th><?lua for i = from, to do ?><th>Run <?= i ?></th><?lua end ?></tr></thead><tbody>
<?lua for _, requirement in ipairs(sorted) do ?>
<tr><td><b><?= requirement.key ?></b></td><td><span class="tag <?= requirement.verdict ?>"><?= format.verdict(requirement.verdict).word ?></span></td><?lua
	for i = from, to do
		local one = requirement.cells[i]
		if one then ?><td><span class="tag small <?= one.verdict ?>"><?= format.verdict(one.verdict).symbol ?> <?= format.verdict(one.verdict).word ?></span></td><?lua else ?><td class="soft">·</td><?lua end
	end ?></tr>
<?lua end ?>
</tbody></table></div>
<?lua end ?>
<p class="soft"><small>A dot: not in the specification of that run.<?lua if #runs.untested > 0 then ?> <?= format.count(#runs.untested, "requirement that no run tested is", "requirements that no run tested are") ?> listed under <a href="#coverage" class="place">Coverage</a>.<?lua end ?></small></p>

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
<tr><td>Tested by none</td><td><?= #runs.untested == 0 and "none" or format.count(#runs.untested, "requirement") .. ", listed below" ?></td></tr>
<?lua for _, spec in ipairs(runs.specs) do ?>
<tr><td>Specification</td><td><?= spec.words ?>, SHA-256 <code><?= spec.hash ?></code></td></tr>
<?lua end ?>
</tbody></table>

<?lua if #runs.untested > 0 then ?>
<h3>Tested by none of the runs</h3>
<table class="pairs"><tbody>
<?lua for _, requirement in ipairs(runs.untested) do ?><tr><td><b><?= requirement.key ?></b></td><td><?= requirement.text ?></td></tr>
<?lua end ?>
</tbody></table>
<?lua end ?>
<h2 id="runs">The runs</h2>
<?lua for _, entry in ipairs(runs.sorted()) do ?>
<h3 id="run-<?= entry.number ?>">Run <?= entry.number ?>: <?= entry.scenario ?> <span class="tag <?= entry.verdict ?>"><?= format.verdict(entry.verdict).word ?></span></h3>
<p><?= entry.sentence ?></p>
<?lua if entry.repeated then ?><p class="reason"><b><?= entry.repeated ?></b> <?lua for i, earlier in ipairs(entry.earlier) do ?><?= i > 1 and "; " or "" ?><?= earlier.id ?>: <?= earlier.words ?><?lua end ?></p><?lua end ?>
<?lua if #entry.grave > 0 then ?><ul><?lua for _, sentence in ipairs(entry.grave) do ?><li><?= sentence ?></li><?lua end ?></ul><?lua end ?>
<table class="pairs"><tbody>
<tr><td>Evidence</td><td><?= entry.name ?><?lua if entry.id then ?>, run <?= entry.id ?><?lua end ?>, results SHA-256 <code><?= entry.hash ?></code><?lua if pdf and entry.manifest then ?>, manifest SHA-256 <code><?= entry.manifest ?></code>, result.json SHA-256 <code><?= entry.sealed_result or "–" ?></code>, both attached<?lua end ?></td></tr>
<tr><td>Test</td><td><?= entry.title ?>, on bench <?= entry.bench ?>, by <?= entry.operator ?>, <?= entry.started ?> to <?= entry.ended ?><?lua if entry.simulated then ?>, SIMULATED<?lua end ?></td></tr>
<tr><td>Item</td><td><?= entry.device ?>, serial number <?= entry.serial ?></td></tr>
<tr><td>Judged by</td><td><?= entry.spec ?>, tmsrig <?= entry.program ?></td></tr>
<tr><td>Pulses</td><td><?= entry.expected and entry.expected .. " planned, " or "" ?><?= entry.detected or "–" ?> detected, <?= entry.missing or 0 ?> missing, <?= entry.extra or 0 ?> extra, <?= entry.untriggered or 0 ?> untriggered, <?= format.count(entry.gaps, "gap") ?></td></tr>
<?lua if entry.ledger then ?><tr><td>Ledger</td><td><?= entry.ledger ?></td></tr><?lua end ?>
<tr><td>Signatures</td><td><?lua if #entry.signatures == 0 then ?>none<?lua end for i, signature in ipairs(entry.signatures) do ?><?= i > 1 and "; " or "" ?><b><?= signature.meaning or "unreadable" ?></b> by <?= signature.name or "unreadable" ?>, <?= signature.time or "no time" ?>, key <?= signature.key_id or "unreadable" ?><?lua end ?></td></tr>
</tbody></table>
<?lua end ?>
<h2 id="method">Conformity and decision rules</h2>
<p>The verdicts are statements of conformity with the specifications named above, requirement by requirement and run by run; on what is void, inconclusive, not capable, not tested or judged by
override no such statement is made. U is the expanded uncertainty in the unit of the result, for a coverage of 95.45 %. What each value owes its uncertainty to, the calibrations, the configuration and the
audit trail are in the report of each run, made from the same evidence.</p>
<ul>
<?lua for _, rule in ipairs(runs.rules) do ?><li><b><?= format.words(rule.name) ?></b>. <?= rule.text ?></li>
<?lua end ?>
</ul>
<h2 id="statements">Statements</h2>
<table class="pairs"><tbody>
<?lua
about.row("Number of the report", "report", "number")
about.row("Laboratory", "laboratory", "name")
about.row("Address of the laboratory", "laboratory", "address")
about.row("Location of the activity", "laboratory", "location")
about.row("Customer", "customer", "name")
about.row("Address of the customer", "customer", "address")
about.row("Method", "method", "procedure")
about.row("Deviations from the method", "method", "deviations")
about.row("Date of issue", "report", "issued")
about.row("Amends", "report", "amends", not about.get("report", "amends") and "no other report, as far as stated" or nil)
about.row("Authorised by", "report", "authorised_by")
about.row("Retention period", "report", "retention")
?>
</tbody></table>
<p class="soft"><small>As sealed with run 1, or stated when this report was made (†).</small></p>
<table class="sign"><thead><tr><th>Meaning</th><th>Name</th><th>Date</th><th>Signature by hand</th></tr></thead><tbody>
<?lua for _, meaning in ipairs {"reviewed", "approved"} do ?><tr><td><?= meaning ?></td><td></td><td></td><td></td></tr>
<?lua end ?>
</tbody></table>
<p class="end">End of report<small><?= page.about_all.identification ?><?lua if runs.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
