<?lua
local format = require "format"
local summary = require "summary"
local run = result.run
local title = result.scenario and (result.scenario.title or result.scenario.id) or run.recording or "Recording"
?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="<?= result.tool.name .. " " .. result.tool.version ?>"/>
<title><?= format.verdict(result.verdict).word .. ": " .. title ?></title>
<style>
<?lua include "style.css" ?>
</style>
</head>
<body>
<?lua if run.simulated then ?>
<div class="watermark" aria-hidden="true"><span>SIMULATED</span></div>
<?lua end ?>
<?lua if result.calibration and result.calibration.overridden then ?>
<div class="watermark words" aria-hidden="true"><span>CALIBRATION NOT IN FORCE</span></div>
<div class="override" role="note">CALIBRATION NOT IN FORCE for <?= format.list(result.calibration.not_in_force) ?> on <?= result.calibration.date ?>: judged by override. No verdict that rests on it is a statement of conformity.</div>
<?lua end ?>
<main>
<header class="top">
	<div><div class="mark">tmsrig verification report</div><h1><?= title ?></h1></div>
	<div class="right"><?= run.started or "" ?><br/><?= result.spec.title or result.spec.id ?>, revision <?= result.spec.revision or "–" ?></div>
</header>
<?lua
include "summary.html"
include "attempts.html"
include "requirements.html"
include "figures.html"
include "method.html"
include "configuration.html"
?>
<p class="end">End of report<small><?= format.count(#result.requirements, "requirement") ?>, verdict <?= format.verdict(result.verdict).word ?>, results SHA-256 <code><?= result.results_sha256 or "–" ?></code><?lua if run.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
