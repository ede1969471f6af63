#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The report as a regulator reads it: every item of the checklists in PDF and HTML and on which page, the same bytes again, the evidence inside the PDF,
# campaigns that nobody can make look better, forms.
# usage: report.sh TMSRIG [all]   (all: a PDF of every kind of run with its time, and each thing apart that could change its bytes)
set -u
tmsrig=$(realpath "$1") extent=${2:-brief}
here=$(cd "$(dirname "$0")" && pwd)
TMSRIG_DATA=$(cd "$here/.." && pwd)
work=$(mktemp -d)
TMSRIG_STATE=$work/state
export TMSRIG_DATA TMSRIG_STATE
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
check() { # what, command...
  local what=$1
  shift
  if "$@" >check.out 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $what"; tail -n 12 check.out; fi
}
fails_with() { # text, command...
  local text=$1
  shift
  ! "$@" >out 2>err && grep -qF -- "$text" err
}
has() { # file, text...
  local file=$1 text
  shift
  for text in "$@"; do grep -qF -- "$text" "$file" || { echo "$file lacks '$text'"; return 1; }; done
}
front() { sed '/class="pairs"/,$d; /id="results"/,$d; /id="matrix"/,$d' "$1"; } # what stands before the first section
items=("$here/report/items.py")
run() { "$tmsrig" run smoke --spec smoke --quiet --operator "A. Tester" --serial SN-0007 "$@"; }

check "a run with what people state" run --about "$here/report/about.yaml" --out stated
check "a run without" run --seed 2 --out plain
check "a repeat of it" run --seed 2 --reason "wrong <cable> & plug" --out repeat
run --seed 3 --fault drop_pulse=1 --fault amplitude=0.954 --out wrong >/dev/null 2>&1
check "what was stated is an input" cmp "$here/report/about.yaml" stated/inputs/about.yaml

check "what was stated is judged again with the rest" "$tmsrig" verify stated
check "HTML again, the same bytes" eval '"$tmsrig" report stated -o again.html && cmp again.html stated/report.html'
check "not stated is said, where the rig cannot know" python3 "${items[@]}" unstated plain/report.html
check "stated later: shown, and told apart" eval '"$tmsrig" report plain --about "$here/report/about.yaml" -o later.html && has later.html "Stimulus Works Ltd.<sup" "Stated when this report was made"'
printf 'method: {deviations: none at all}\n' >other.yaml
check "stated otherwise later: what was sealed stays" eval '"$tmsrig" report stated --about other.yaml -o otherwise.html && has otherwise.html "cable of 3 m; stated otherwise later: none at all<sup"'
check "a repeat is at the top, with its reason" eval 'front repeat/report.html >top && grep -q "attempt 2.*1 PASS.*wrong &lt;cable&gt; &amp; plug" top'
check "pages are XML" xmllint --noout --nonet again.html later.html plain/report.html repeat/report.html wrong/report.html
check "numbers, the worst and the representative pulse, by other means: healthy" python3 "${items[@]}" numbers stated stated/report.html
cat check.out
check "numbers, by other means: at its limit, with a pulse missing" python3 "${items[@]}" numbers wrong wrong/report.html
cat check.out
check "a pulse the device left out is no fault of the bench" eval '! grep -q "not of the device" wrong/report.html && has wrong/report.html "Void, so that nothing is said about the device by: TIM-IPI"'

# What a page must not say: more than the evidence proves.
pulse() { "$tmsrig" analyze "$TMSRIG_DATA/fixtures/recordings/simulated-pulse.csv" --bench recording-csv --spec recording --quiet "$@"; }
pulse --date 2027-03-02 --allow-overdue-calibration --serial A --out override >/dev/null 2>&1
check "by override: no plain pass" eval 'front override/report.html >top && has top "PASS BY OVERRIDE" "no statement of conformity where a value rests on it" && ! grep -q "<section class=\"verdict pass" top'
check "by override: what rests on it is not among the met" eval 'grep -q "met: REC-GAPS, SHAPE-PERIOD, SHAPE-RISE.*not met: none" override/report.html && grep -q "judged by override, no statement of conformity either: TIM-LATENCY, SHAPE-RATIO, SHAPE-AFTER" override/report.html'
check "a recording from elsewhere: said at the top and in the margin of every page" eval 'front override/report.html >top && has top "<div class=\"banner\" role=\"note\">RECORDING MADE ELSEWHERE" && has override/report.html "content: \"RECORDING MADE ELSEWHERE"'
check "a recording from elsewhere: neither real nor the day of its analysis" has override/report.html "a recording made elsewhere: this evidence does not show" "<tr><td>Recorded</td><td>2027-03-02" "whether it was fixed before the recording was made this evidence does not show"
cat >owed.lua <<'END'
scenario { id = "owed", title = "Says more than it does", verifies = { "AMP-LINEARITY" } }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = ms(500) }
disarm()
END
"$tmsrig" run ./owed.lua --quiet --out owed >/dev/null 2>&1
check "not tested though declared: said so, and not that nothing was" has owed/report.html "No pass: the test case says that it verifies AMP-LINEARITY, which this run could not test."

check "campaign" "$tmsrig" report plain repeat wrong stated -o campaign.html
check "campaign: the worst run first, in red" eval 'xmllint --noout --nonet campaign.html && grep -q "<section class=\"verdict fail" campaign.html && grep -m1 -o "href=\"#run-[0-9]" campaign.html | grep -q 3'
check "campaign: repeats and coverage" has campaign.html "Repeated runs: 2" "Tested by none" "wrong &lt;cable&gt;"
check "form: clauses and evidence" eval '"$tmsrig" report plain wrong -v regulatory -o form.html && xmllint --noout --nonet form.html && has form.html "21 CFR 882.5805" "21 CFR 882.5802(b)" "IEC 60601-1" "To be stated by the manufacturer" "tag small fail"'

# A failed first attempt cannot be left out.
sed 's/relative: 5 %/relative: 0.9 %/' "$TMSRIG_DATA/fixtures/specs/smoke.yaml" >strict.yaml
"$tmsrig" run smoke --spec ./strict.yaml --serial SN-9 --seed 5 --quiet --out failed >/dev/null 2>&1
"$tmsrig" run smoke --spec smoke --serial SN-9 --seed 5 --quiet --reason "it was too strict" --out second >/dev/null 2>&1
check "a failed attempt and one that passes" [ "$(grep -ho '^  "verdict": "[a-z]*"' failed/result.json second/result.json | tr -d '\n')" = '  "verdict": "fail"  "verdict": "pass"' ]
check "second alone: its page 1 says that the first failed, and is not green" eval 'front second/report.html >top && has top "PASS ON REPEAT" "the first attempt counts" "1 FAIL" && ! grep -q "<section class=\"verdict pass" top'
check "campaign of the second alone: fails by the first" eval '"$tmsrig" report second plain -o cheat.html && front cheat.html >top && has top "<section class=\"verdict fail" "Earlier attempts are not among the bundles" "another state of the specification"'
check "form of the second alone: said at its top" eval '"$tmsrig" report second -v regulatory -o cheat.html && has cheat.html "An earlier attempt is not among the bundles of this document"'
cp -a failed swapped
(cd swapped && sed -i 's/"operator": null/"operator": "X"/' result.json && cut -c67- SHA256SUMS | xargs sha256sum >../sums && mv ../sums SHA256SUMS)
check "campaign with another bundle in the place of the first: told" eval '"$tmsrig" report second swapped -o cheat.html && front cheat.html >top && has top "is not as the ledger had it" "Earlier attempts are not among the bundles"'
check "campaign with the same run twice: told" eval '"$tmsrig" report plain plain -o twice.html && has twice.html "The same run was given twice: 1 and 2."'

cp -a plain changed
sed -i 's/"pulses"/"Pulses"/' changed/result.json
check "no report of changed evidence" fails_with "result.json: changed" "$tmsrig" report changed -o changed.html
check "nor of a campaign with it" fails_with "result.json: changed" "$tmsrig" report plain changed -o changed.html
check "nothing is written then" [ ! -e changed.html ]
check "evidence is not added to" fails_with "lies inside the evidence" "$tmsrig" report plain -o plain/report.pdf
check "an unknown view is named" fails_with "there is no view 'nothing.html'" "$tmsrig" report plain -v nothing -o x.html
"$tmsrig" keygen --no-password --out me.key >/dev/null 2>&1
check "signed" "$tmsrig" sign stated --key me.key --meaning performed --name "A. Meier"
cp -a stated forged
sed -i 's/"A. Meier"/"B. Other"/' forged/signatures/01-performed.json
check "no report with a signature that does not hold" fails_with "its signatures do not hold" "$tmsrig" report forged -o forged.html
check "HTML of it" "$tmsrig" report stated -o signed.html
mkdir nowhere
check "without weasyprint: what to do" env PATH="$work/nowhere" /bin/bash -c '! "$1" report plain -o x.pdf 2>err && /usr/bin/grep -q "apt install weasyprint" err && [ ! -e x.pdf ]' - "$tmsrig"

# A copy with other dates, made elsewhere by somebody else on another day, must give the same bytes.
mkdir -p elsewhere "a folder for temporary files whose name is longer than one would think/cache" home locales
cp -a stated elsewhere/stated
find elsewhere -exec touch -d 2020-01-01 {} +
locale=C.UTF-8
if command -v localedef >/dev/null && localedef -i tr_TR -f UTF-8 locales/tr_TR.UTF-8 2>/dev/null; then locale=tr_TR.UTF-8; fi
later=()
if command -v faketime >/dev/null; then later=(faketime -f '+400d'); fi
elsewhere() { # -o OUT...
  (cd elsewhere && umask 077 && env "LOCPATH=$work/locales" "LC_ALL=$locale" TZ=Pacific/Auckland HOME="$work/home" USER=other LOGNAME=other LANGUAGE=tr \
    XDG_CACHE_HOME="$work/a folder for temporary files whose name is longer than one would think/cache" \
    TMPDIR="$work/a folder for temporary files whose name is longer than one would think" PYTHONHASHSEED=7 "${later[@]}" "$tmsrig" report stated "$@")
}
check "HTML elsewhere: the same bytes" eval 'elsewhere -o ../elsewhere.html && cmp elsewhere.html signed.html'

if ! command -v weasyprint >/dev/null || ! command -v pdftotext >/dev/null; then
  echo "NOT RUN: PDF (install weasyprint and poppler-utils, or ./dev test report)"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi
check "PDF" "$tmsrig" report stated -o first.pdf
check "PDF elsewhere (locale $locale, day ${later[*]:-today}, time zone, user, umask, font cache): the same bytes" eval 'elsewhere -f pdf -o ../second.pdf && cmp first.pdf second.pdf'
pdftotext -layout first.pdf first.txt
pdftotext -raw first.pdf raw.txt
check "every item of the checklists" python3 "${items[@]}" stated raw.txt signed.html stated
cat check.out
check "every page: which of how many, of what, simulated" python3 "${items[@]}" pages first.txt "Report TR-2026-0042"
mkdir detached
check "the evidence is inside" eval 'pdfdetach -saveall -o detached first.pdf && cmp detached/result.json stated/result.json && cmp detached/SHA256SUMS stated/SHA256SUMS && [ "$(ls detached | wc -l)" = 2 ]'
check "a campaign as PDF holds the evidence of each run" eval '"$tmsrig" report plain wrong -o campaign.pdf && mkdir both && pdfdetach -saveall -o both campaign.pdf && cmp both/01-plain-result.json plain/result.json && cmp both/02-wrong-SHA256SUMS wrong/SHA256SUMS'

one_page() { [ "$(pdftotext -f 2 -l 2 "$1" - | grep -c "^Results")" -ge 1 ] || { pdftotext -f 2 -l 2 "$1" - | head -n 12; false; }; }
check "the first page is one page, of a run that did not pass too" eval '"$tmsrig" report wrong -o wrong.pdf && one_page wrong.pdf && one_page first.pdf'
same_pdf() { env "$@" "$tmsrig" report stated -o other.pdf && cmp other.pdf first.pdf; }
one_thing() { # what, variable=value or command...
  local what=$1
  shift
  check "PDF with another $what: the same bytes" same_pdf "$@"
}
every_kind() { # name, what makes it...
  local name=$1 start seconds
  shift
  "$@" --quiet --out "kind-$name" >/dev/null 2>&1
  start=$(date +%s%N)
  check "PDF: $name" "$tmsrig" report "kind-$name" -o "$name.pdf"
  seconds=$((($(date +%s%N) - start) / 10000000))
  pdftotext -layout "$name.pdf" "$name.txt"
  [ "$name" = hostile ] || check "its first page is one page: $name" one_page "$name.pdf"
  check "every page of it: $name" python3 "${items[@]}" pages "$name.txt" "Run " "$(grep -q '"simulated": true' "kind-$name/result.json" || echo real)"
  printf '  %-16s %-12s %s, %d bytes, %d.%02d s\n' "$name" "$(grep -o -m1 '"verdict": "[a-z_]*"' "kind-$name/result.json" | cut -d'"' -f4)" \
    "$(cat check.out)" "$(stat -c %s "$name.pdf")" $((seconds / 100)) $((seconds % 100))
}
if [ "$extent" = all ]; then
  echo "kinds of runs: verdict, pages, size, time of the PDF"
  every_kind itbs "$tmsrig" run protocols/itbs-600 --seed 21
  every_kind itbs-1800 "$tmsrig" run protocols/itbs-1800 --seed 22
  every_kind wrong "$tmsrig" run smoke --seed 23 --fault amplitude=0.93
  every_kind dropped "$tmsrig" run smoke --seed 31 --fault drop_pulse=7
  every_kind dropped-itbs "$tmsrig" run protocols/itbs-600 --seed 32 --fault amplitude=1.07 --fault drop_pulse=17
  every_kind void "$tmsrig" run protocols/ctbs-300 --seed 24 --fault "probe_lost_at=1 s"
  every_kind threshold "$tmsrig" run motor-threshold-ascending --seed 25
  every_kind monophasic "$tmsrig" run single-pulse --bench virtual-monophasic --spec example-monophasic --seed 26
  every_kind interlock "$tmsrig" run interlocks/il04-emergency-stop --bench virtual-interlocks --spec interlocks --set trials=3 --seed 27
  every_kind overdue pulse --date 2027-03-02
  every_kind override pulse --date 2027-03-02 --allow-overdue-calibration
  python3 "$here/report/hostile.py" texts >hostile.yaml
  python3 "$here/report/hostile.py" many >many.yaml
  every_kind hostile "$tmsrig" run smoke --spec ./hostile.yaml --seed 28 --serial "$(printf 'S%.0s' {1..200})" --operator $'\u5f20\u4f1f <b>&'
  every_kind many "$tmsrig" run smoke --spec ./many.yaml --seed 29
  printf 'scenario { id = "long", title = "18000 pulses" }\nintensity(25)\narm()\nawait("ready", seconds(2))\ntrain { pulses = 18000, rate = 100 }\ndisarm()\n' >long.lua
  every_kind pulses-18000 "$tmsrig" run ./long.lua --seed 30
  one_thing "time zone" TZ=America/St_Johns
  one_thing "locale" "LOCPATH=$work/locales" "LC_ALL=$locale"
  one_thing "home and user" HOME=/nowhere USER=nobody LOGNAME=nobody
  one_thing "cache of fonts, which is empty" "XDG_CACHE_HOME=$work/home/empty"
  one_thing "folder for temporary files" "TMPDIR=$work/locales"
  one_thing "hash seed of Python" PYTHONHASHSEED=99
  if command -v faketime >/dev/null; then one_thing "day" faketime -f -400d; else echo "NOT RUN: another day (install faketime)"; fi
  "$tmsrig" report kind-itbs kind-wrong kind-void kind-threshold kind-monophasic kind-interlock kind-overdue kind-override second repeat -o ten.pdf >/dev/null &&
    printf '  %-16s %s pages, %d bytes\n' "campaign of ten" "$(pdfinfo ten.pdf | sed -n 's/^Pages: *//p')" "$(stat -c %s ten.pdf)"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
