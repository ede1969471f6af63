<?lua
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A report of one line, for sessions whose report is not what is looked at.
?>
<?= result.verdict ?>

