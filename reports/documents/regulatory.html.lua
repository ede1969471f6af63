<?lua
local about = require "about"
local brand = require "brand"
local format = require "format"
local page = require "page"
local runs = require("runs").read()
page.about_all = {title = "evidence by clause", simulated = runs.simulated, overridden = runs.overridden,
	identification = string.format("%s, %s", format.count(campaign.count, "run"), runs.identification)}

-- Whether an entry of the data names the measurand: as it is, or by a beginning that ends in "." or "_".
local function names(entry, measurand)
	local last = entry:sub(-1)
	return entry == measurand or (last == "." or last == "_") and text.starts_with(measurand, entry)
end
local function evidence_for(entries)
	local list = {}
	for _, requirement in ipairs(runs.requirements) do
		for _, entry in ipairs(entries) do
			if requirement.measurand and names(entry, requirement.measurand) then
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
specification, over all runs: it is evidence for the clause, no statement that the clause is met. Where the rig has nothing to say it says so.</p>
<?lua for _, document in ipairs(require "clauses") do ?>
<h2><?= document.title ?></h2>
<table class="form"><thead><tr><th>Clause</th><th>Evidence of the rig</th><th>To be stated by the manufacturer</th></tr></thead><tbody>
<?lua for _, clause in ipairs(document.clauses) do local list = evidence_for(clause[2]) ?>
<tr><td><b><?= clause[1] ?></b></td><td><?lua
	if #clause[2] == 0 then ?>none: outside of what this rig measures<?lua
	elseif #list == 0 then ?>none: no requirement of the specification used asks for it<?lua
	end
	for _, requirement in ipairs(list) do ?><div><span class="tag small <?= requirement.verdict ?>"><?= format.verdict(requirement.verdict).word ?></span> <?= requirement.key ?> <span class="soft"><?= requirement.measurand ?><?lua if requirement.nearest then ?>, worst in run <?= requirement.nearest ?>: <?= requirement.cells[requirement.nearest].full ?><?lua end ?></span></div><?lua end ?></td>
<td class="fill"><span class="soft"><?= clause[3] ?>:</span><br/><span class="line"></span></td></tr>
<?lua end ?>
</tbody></table>
<?lua end ?>
<h2>The runs</h2>
<table class="runs"><thead><tr><th>Run</th><th>Verdict</th><th>Scenario</th><th>Device, serial number</th><th>Carried out</th><th class="number">Results</th></tr></thead><tbody>
<?lua for _, entry in ipairs(runs.list) do ?>
<tr><td><?= entry.number ?>, <?= entry.name ?></td><td><span class="tag <?= entry.verdict ?>"><?= format.verdict(entry.verdict).word ?></span><?lua if entry.simulated then ?> simulated<?lua end ?></td><td><?= entry.scenario ?></td><td><?= entry.device ?>, <?= entry.serial ?></td><td><?= entry.started ?></td><td class="number"><code><?= entry.hash:sub(1, 16) ?></code></td></tr>
<?lua end ?>
</tbody></table>
<table class="sign"><thead><tr><th>Filled in by</th><th>Name</th><th>Date</th><th>Signature by hand</th></tr></thead><tbody>
<tr><td>manufacturer</td><td></td><td></td><td></td></tr>
</tbody></table>
<p class="end">End of document<small><?= page.about_all.identification ?><?lua if runs.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
