<?lua
local about = require "about"
local brand = require "brand"
local format = require "format"
local page = require "page"
local runs = require("runs").read()
page.about_all = {title = "evidence by clause", simulated = runs.simulated, overridden = runs.overridden, analysed = runs.analysed,
	identification = string.format("%s, %s", format.count(campaign.count, "run"), runs.identification)}

-- Whether an entry of the data names the requirement: by its measurand, and where the entry says so by the scenarios that its selector names.
local function names(entry, requirement)
	local parts = text.split(entry, ":")
	local measurand, last = parts[#parts], entry:sub(-1)
	if #parts > 1 and not text.find(requirement.scenarios, parts[1]) then
		return false
	end
	return measurand == requirement.measurand or (last == "." or last == "_") and text.starts_with(requirement.measurand, measurand)
end
local function evidence_for(entries)
	local list = {}
	for _, requirement in ipairs(runs.requirements) do
		for _, entry in ipairs(entries) do
			if requirement.measurand and names(entry, requirement) then
				list[#list + 1] = requirement
				break
			end
		end
	end
	return list
end
?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="<?= result.tool.name .. " " .. result.tool.version ?>"/>
<title>Evidence by clause, to be filled in</title>
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
<header class="top">
	<div><div class="mark"><?= about.get("laboratory", "name") or brand.mark ?></div><h1>Evidence by clause, to be filled in</h1></div>
	<div class="right"><?= runs.identification ?></div>
</header>
<?lua if runs.simulated then ?>
<div class="banner" role="note">SIMULATED. Runs on a virtual bench are among these: for them the column "Evidence" says nothing about a real stimulator.</div>
<?lua end ?>
<p>Each clause, what <?= format.count(campaign.count, "run") ?> of the rig can say of it, and room for what only the manufacturer can state. A verdict is that of a requirement of the
specification, over all runs: it is evidence for the clause, no statement that the clause is met. Where the rig has nothing to say it says so. The clause numbers are to be checked against the edition in force.</p>
<?lua if #runs.absent > 0 or #runs.swapped > 0 or runs.overridden then ?>
<section class="notices" aria-label="Limitations"><b>Read this first</b><ul>
<?lua for _, earlier in ipairs(runs.absent) do ?><li><b>An earlier attempt is not among the bundles of this document, and the first attempt counts:</b> <?= earlier.of.scenario ?>, before run <?= earlier.of.number ?>: <?= earlier.words ?> (run <?= earlier.id ?>). What it came to by clause is not known here.</li><?lua end ?>
<?lua for _, words in ipairs(runs.swapped) do ?><li><b>The bundle of <?= words ?>: its SHA256SUMS is another.</b></li><?lua end ?>
<?lua if runs.overridden then ?><li>A calibration was not in force, and judged by override, in at least one run: no statement of conformity where a value rests on it.</li><?lua end ?>
</ul></section>
<?lua end ?>
<?lua for _, document in ipairs(require "clauses") do ?>
<h2><?= document.title ?></h2>
<table class="form"><thead><tr><th>Clause</th><th>Evidence of the rig</th><th>To be stated by the manufacturer</th></tr></thead><tbody>
<?lua for _, clause in ipairs(document.clauses) do local list = evidence_for(clause[2]) ?>
<tr><td><b><?= clause[1] ?></b></td><td><?lua
	if #clause[2] == 0 then ?>none: outside of what this rig measures<?lua
	elseif #list == 0 then ?>none: no requirement of the specification used asks for it<?lua
	end
	local untested = {}
	for _, requirement in ipairs(list) do
		if requirement.verdict == "not_tested" then
			untested[#untested + 1] = requirement.key
		else ?><div><span class="tag small <?= requirement.verdict ?>"><?= format.verdict(requirement.verdict).word ?></span> <?= requirement.key ?> <span class="soft"><?= requirement.measurand ?><?lua if requirement.nearest then ?>, worst in run <?= requirement.nearest ?>: <?= requirement.cells[requirement.nearest].full ?><?lua end ?></span></div><?lua end end
	if #untested > 0 then ?><div><span class="tag small not_tested"><?= format.verdict("not_tested").word ?></span> <?= format.list(untested, 8) ?></div><?lua end ?></td>
<td class="fill"><span class="soft"><?= clause[3] ?>:</span><br/><span class="line"></span></td></tr>
<?lua end ?>
</tbody></table>
<?lua end ?>
<h2>The runs</h2>
<table class="runs"><thead><tr><th>Run</th><th>Verdict</th><th>Scenario</th><th>Device, serial number</th><th>Carried out</th><th class="number">Results</th></tr></thead><tbody>
<?lua for _, entry in ipairs(runs.list) do ?>
<tr><td><?= entry.number ?>, <?= entry.name ?></td><td><span class="tag <?= entry.headline.class ?>"><?= entry.headline.word ?></span><?lua if entry.simulated then ?> simulated<?lua end ?></td><td><?= entry.scenario ?></td><td><?= entry.device ?>, <?= entry.serial ?></td><td><?= entry.started ?></td><td class="number"><code><?= entry.hash:sub(1, 16) ?></code></td></tr>
<?lua end ?>
</tbody></table>
<table class="sign"><thead><tr><th>Filled in by</th><th>Name</th><th>Date</th><th>Signature by hand</th></tr></thead><tbody>
<tr><td>manufacturer</td><td></td><td></td><td></td></tr>
</tbody></table>
<p class="end">End of document<small><?= page.about_all.identification ?><?lua if runs.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
