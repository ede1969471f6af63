#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The report as a regulator reads it: every item of the checklists in PDF and HTML, the same bytes again, the evidence inside the PDF, campaigns, forms.
# usage: report.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/.." && pwd)
work=$(mktemp -d)
TMSRIG_STATE=$work/state
export TMSRIG_DATA TMSRIG_STATE
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
check() { # name, command...
  local name=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name"; tail -n 12 check.out; fi
}
fails_with() { # text, command...
  local text=$1
  shift
  ! "$@" >out 2>err && grep -qF -- "$text" err
}
items=("$here/report/items.py")
run() { "$tmsrig" run smoke --spec smoke --quiet --operator "A. Tester" --serial SN-0007 "$@"; }

check "a run with what people state" run --about "$here/report/about.yaml" --out stated
check "a run without" run --seed 2 --out plain
check "a repeat of it" run --seed 2 --reason "wrong <cable> & plug" --out repeat
run --seed 3 --fault drop_pulse=1 --out wrong >/dev/null 2>&1
check "what was stated is an input" cmp "$here/report/about.yaml" stated/inputs/about.yaml

check "HTML again, the same bytes" eval '"$tmsrig" report stated -o again.html && cmp again.html stated/report.html'
check "not stated is said, where the rig cannot know" python3 "${items[@]}" unstated plain/report.html
check "stated later: shown, and told apart" eval '"$tmsrig" report plain --about "$here/report/about.yaml" -o later.html && grep -q "Stimulus Works Ltd.<sup" later.html && grep -q "Stated when this report was made" later.html'
check "a repeat is at the top, with its reason" eval 'sed "/id=\"results\"/,\$d" repeat/report.html | grep -q "attempt 2.*wrong &lt;cable&gt; &amp; plug"'
check "pages are XML" xmllint --noout --nonet again.html later.html plain/report.html repeat/report.html wrong/report.html

check "campaign" "$tmsrig" report plain repeat wrong stated -o campaign.html
check "campaign: the worst run first, in red" eval 'xmllint --noout --nonet campaign.html && grep -q "<section class=\"verdict fail" campaign.html && grep -m1 -o "href=\"#run-[0-9]" campaign.html | grep -q 3'
check "campaign: repeats and coverage" eval 'grep -q "Repeated runs: 2" campaign.html && grep -q "Tested by none" campaign.html && grep -q "wrong &lt;cable&gt;" campaign.html'
check "form: clauses and evidence" eval '"$tmsrig" report plain wrong -v regulatory -o form.html && xmllint --noout --nonet form.html && grep -q "21 CFR 882.5805" form.html && grep -q "IEC 60601-1" form.html && grep -q "To be stated by the manufacturer" form.html && grep -q "tag small fail" form.html'

cp -a plain changed
sed -i 's/"pulses"/"Pulses"/' changed/result.json
check "no report of changed evidence" fails_with "result.json: changed" "$tmsrig" report changed -o changed.html
check "nor of a campaign with it" fails_with "result.json: changed" "$tmsrig" report plain changed -o changed.html
check "nothing is written then" [ ! -e changed.html ]
check "evidence is not added to" fails_with "lies inside the evidence" "$tmsrig" report plain -o plain/report.pdf
check "an unknown view is named" fails_with "there is no view 'nothing.html'" "$tmsrig" report plain -v nothing -o x.html
mkdir nowhere
check "without weasyprint: what to do" env PATH="$work/nowhere" /bin/bash -c '! "$1" report plain -o x.pdf 2>err && /usr/bin/grep -q "apt install weasyprint" err && [ ! -e x.pdf ]' - "$tmsrig"

if ! command -v weasyprint >/dev/null || ! command -v pdftotext >/dev/null; then
  echo "NOT RUN: PDF (install weasyprint and poppler-utils, or ./dev test report)"
else
  check "PDF" "$tmsrig" report stated -o first.pdf
  mkdir elsewhere && cp -a stated elsewhere/stated && find elsewhere -exec touch -d 2020-01-01 {} +
  check "PDF again, later, from a copy: the same bytes" eval '"$tmsrig" report elsewhere/stated -f pdf -o second.pdf && cmp first.pdf second.pdf'
  pdftotext -layout first.pdf first.txt
  pdftotext -raw first.pdf raw.txt
  check "every item of the checklists" python3 "${items[@]}" stated raw.txt stated/report.html stated/result.json
  sed -n 's/^[0-9]* items/&/p' check.out
  check "every page: which of how many, of what, simulated" python3 "${items[@]}" pages first.txt "Report TR-2026-0042"
  mkdir detached
  check "the evidence is inside" eval 'pdfdetach -saveall -o detached first.pdf && cmp detached/result.json stated/result.json && cmp detached/SHA256SUMS stated/SHA256SUMS && [ "$(ls detached | wc -l)" = 2 ]'
  check "a campaign as PDF holds the evidence of each run" eval '"$tmsrig" report plain wrong -o campaign.pdf && mkdir both && pdfdetach -saveall -o both campaign.pdf && cmp both/01-plain-result.json plain/result.json && cmp both/02-wrong-SHA256SUMS wrong/SHA256SUMS'
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
