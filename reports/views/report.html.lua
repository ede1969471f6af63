<?lua
local about = require "about"
local brand = require "brand"
local format = require "format"
local summary = require "summary"
local run = result.run
local title = summary.title()
?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="<?= result.tool.name .. " " .. result.tool.version ?>"/>
<title><?= summary.headline().word .. ": " .. title ?></title>
<style>
<?lua include "style.css" include "paper.css" ?>
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
<section class="front">
<header class="top">
	<div><div class="mark"><?= about.get("laboratory", "name") or brand.mark ?></div><h1>Test report: <?= title ?></h1></div>
	<div class="right"><?= about.identification() ?><br/><?= run.started or "" ?><br/><?= result.spec.title or result.spec.id ?>, revision <?= result.spec.revision or "–" ?></div>
</header>
<?lua include "summary.html" ?>
</section>
<?lua
include "requirements.html"
include "identification.html"
include "anomalies.html"
include "waveforms.html"
include "figures.html"
include "trace.html"
include "method.html"
include "calibration.html"
include "configuration.html"
include "records.html"
include "budgets.html"
include "checklist.html"
include "signatures.html"
?>
<p class="end">End of report<small><?= about.identification() ?>: <?= format.count(#result.requirements, "requirement") ?>, verdict <?= summary.headline().word ?>, results SHA-256 <code><?= result.results_sha256 or "–" ?></code><?lua if run.simulated then ?>, SIMULATED<?lua end ?></small></p>
</main>
</body>
</html>
