#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs that do not start, in ten ways: each says why and where its record is, the record says it too, the ledger knows it where it can be written, and the
# next run works. A mistake in the user's files or arguments is no run and leaves nothing.
# usage: unstarted.sh TMSRIG       works in the current folder, with TMSRIG_STATE set
set -u
tmsrig=$(realpath "$1")
passed=0 failed=0
cat >three.lua <<'END'
scenario { id = "three", title = "Three pulses" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = ms(100) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
END
echo 'x(' >wrong.lua
plain=("$tmsrig" run ./three.lua -s smoke -o out -q)
served=("$tmsrig" run served-smoke -s smoke -b served-client -o out -q)
try() { # name, exit status, message, "record" or "nothing", ledger's bench or -, command...
  local name=$1 want=$2 message=$3 left=$4 bench=$5 before=0 after=0 got good=yes
  shift 5
  [ "$bench" = - ] || before=$("$tmsrig" ledger "$bench" 2>/dev/null | grep -c ' failed ')
  "$@" >out.txt 2>err.txt </dev/null
  got=$?
  [ "$got" = "$want" ] && grep -qE -- "$message" err.txt || good="exit status $got"
  [ ! -e out ] && [ ! -e out.incomplete ] || good="a folder that looks like evidence"
  if [ "$left" = nothing ]; then
    [ ! -e out.failed ] || good="a record"
  else
    [ -d out.failed ] && grep -q "did not start; its record is in out.failed" err.txt || good="no record, or nobody is told"
    "$tmsrig" verify out.failed >verified 2>&1 && good="it verifies"
    [ "$left" != record ] || grep -q '"event": "error"' out.failed/events.jsonl || good="no reason in its events"
  fi
  if [ "$bench" != - ]; then
    after=$("$tmsrig" ledger "$bench" 2>/dev/null | grep -c ' failed ')
    [ "$after" = $((before + 1)) ] || good="the ledger does not know it"
  fi
  rm -rf out.failed
  if [ "$good" = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: $name: $good"; tail -n 3 err.txt; fi
}
works() { # name
  if "${plain[@]}" >out.txt 2>err.txt && "$tmsrig" verify out >out.txt 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: the run after $1"; tail -n 3 err.txt out.txt; fi
  rm -rf out out.incomplete out.failed
}
busy() {
  exec /usr/bin/python3 -c '
import fcntl, os, struct, subprocess, sys
lock = os.open(os.environ["TMSRIG_STATE"] + "/served-client/lock", os.O_RDWR)
fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
sys.exit(subprocess.run(sys.argv[1:]).returncode)' "$@"
}

works "nothing"
try "an instrument that is not there" 4 "no IIO context could be opened" record served-client "${served[@]}"
try "a bench in use" 4 "the bench 'served-client' is in use" record served-client bash -c "$(declare -f busy); busy \"\$@\"" busy "${served[@]}"
try "a scenario that is wrong" 2 "wrong.lua:2: " nothing - "$tmsrig" run ./wrong.lua -s smoke -o out -q
try "a bench that is not" 2 "no bench 'nosuch'" nothing - "$tmsrig" run ./three.lua -b nosuch -o out -q
try "a recording that is not there" 2 "nosuch.csv: cannot open" nothing - "$tmsrig" analyze nosuch.csv -b recording-csv -s recording --date 2026-11-01 -o out -q
# Nothing can be written into any file; folders can be made.
try "a disk that takes no byte" 4 "cannot write|events.jsonl|environment.json" empty - bash -c 'set -o pipefail; (ulimit -f 0; exec "$@" >/dev/null) 2>&1 | cat >&2' - "${plain[@]}"
works "a full disk"
cp "$TMSRIG_STATE/virtual/ledger.jsonl" kept
sed -i '1s/three/threE/' "$TMSRIG_STATE/virtual/ledger.jsonl"
try "a ledger that was changed" 2 "the ledger of the bench was changed; nothing is run with it" record - "${plain[@]}"
rm "$TMSRIG_STATE/virtual/ledger.jsonl" && mkdir "$TMSRIG_STATE/virtual/ledger.jsonl"
try "a folder in the place of the ledger" 4 "ledger.jsonl: cannot open" record - "${plain[@]}"
rmdir "$TMSRIG_STATE/virtual/ledger.jsonl" && ln -s /etc/hostname "$TMSRIG_STATE/virtual/ledger.jsonl"
try "a link in the place of the ledger" 4 "ledger.jsonl: cannot open" record - "${plain[@]}"
rm "$TMSRIG_STATE/virtual/ledger.jsonl"
mv kept "$TMSRIG_STATE/virtual/ledger.jsonl"
works "a ledger that is put back"
mkdir out.incomplete
try_left() { "${plain[@]}" >out.txt 2>err.txt; [ $? = 2 ] && grep -q "left by a run that did not end" err.txt; }
if try_left; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not ok: a folder of a run that was cut off"; cat err.txt; fi
rmdir out.incomplete
if [ "$(id -u)" = 0 ]; then
  mkdir closed && chmod 755 closed
  try "a folder that may not be written to" 2 "cannot make the folder" nothing - setpriv --reuid 65534 --clear-groups "$tmsrig" run ./three.lua -s smoke -q -o closed/out
fi
works "all of them"
echo "runs that do not start: $passed passed, $failed failed"
[ $failed = 0 ]
