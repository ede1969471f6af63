#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A simulated oscilloscope against unmodified libsigrok: sigrok-cli, and whole runs through the driver sigrok-frame, whole and with every fault.
# usage: scope.sh TMSRIG [brief]
set -u
tmsrig=$(realpath "$1")
brief=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
fixtures=$here/../../fixtures
folder=$(mktemp -d)
export TMSRIG_STATE=$folder/state
passed=0 failed=0 server=
cd "$folder" || exit 2

finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  cd / && rm -rf "$folder"
}
trap finish EXIT

# good NAME COMMAND...: must succeed.
good() {
  local name=$1
  shift
  if "$@" >log 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok: $name"
    sed 's/^/    /' log | head -n 20
  fi
}
has() { grep -qF -- "$1" "$2" || { echo "'$1' is not in:"; cat "$2"; return 1; }; }

# start: a fresh simulator on a free port, and the bench file of its client; its gain is as one finds it by calibration.
start() {
  stop
  : >ready
  "$tmsrig" sim ./served.yaml >ready 2>errors &
  server=$!
  for _ in $(seq 200); do
    grep -q '^ready: ' ready && break
    kill -0 "$server" 2>/dev/null || { echo "the simulator ended:"; cat errors; exit 1; }
    sleep 0.05
  done
  port=$(sed -n 's/.*scope \([0-9]*\).*/\1/p' ready)
  [ -n "$port" ] || { echo "no ready line within 10 s:"; cat ready errors; exit 1; }
  scope=rigol-ds:conn=tcp-raw/127.0.0.1/$port
  sed -e "s|connection: .*|connection: \"$scope\"|" -e 's|\./tmsrig-magventure|./magventure|' -e 's/gain_accuracy: 2 %/gain_accuracy: 0.5 %/' "$fixtures/benches/served-scope-client.yaml" >client.yaml
}
stop() {
  [ -n "$server" ] || return 0
  kill -TERM "$server"
  wait "$server"
  local status=$?
  server=
  good "ends by SIGTERM, and leaves nothing" test "$status$(ls magstim magventure control 2>/dev/null)$(cat errors)" = 0
}
control() { /usr/bin/python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect("control"); s.send((sys.argv[1] + "\n").encode()); print(s.recv(99))' "$1"; }
now() { date +%s.%N; }

sed -e 's/port: [0-9]*/port: 0/' -e 's/path: tmsrig-magventure/path: magventure/' -e 's/tmsrig-control/control/' "$fixtures/benches/served-scope.yaml" >served.yaml
echo "  magstim:     {path: magstim, model: rapid2, software: 8}" >>served.yaml
cat >shots.lua <<'END'
scenario { id = "shots", title = "Three single pulses", verifies = { "PULSE-COUNT", "AMP-ACC", "AMP-POLARITY" } }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = seconds(1.3) }
disarm()
END

# What the oscilloscope saw of a shot, by a client that is not the rig's.
frame() {
  timeout 20 sigrok-cli -d "$scope" --scan >scan && has 'rigol-ds - Rigol DS4024 tmsrig [S/N: SIMULATED] with 4 channels: CH1 CH2 CH3 CH4' scan || return
  rm -f frame.sr
  timeout 30 sigrok-cli -d "$scope" --config data_source=Memory --frames 1 -C CH1 -o frame.sr &
  local client=$!
  sleep 1
  /usr/bin/python3 "$here/check.py" magstim magstim && wait "$client" || return
  # 14 000 samples, at the trigger's level (0.2 V) two divisions of fourteen from the left, and as high as a pulse is.
  /usr/bin/python3 - >seen <<'END'
import array, zipfile
volts = array.array("f", zipfile.ZipFile("frame.sr").read("analog-1-1-1"))
rise = next(k for k, v in enumerate(volts) if v > 0.18)
print(f"# sigrok-cli: {len(volts)} samples, rise at {rise}, {min(volts):.2f} V to {max(volts):.2f} V")
assert len(volts) == 14000 and 1990 < rise < 2010 and 0.4 < max(volts) < 3.5
END
}

# run: sets status, said and ev.
run() {
  rm -rf ev
  timeout 60 "$tmsrig" run ./shots.lua --bench ./client.yaml --spec example -o ev >told 2>said
  status=$?
}
verdict() { grep "^$1," ev/judgements.csv | cut -d, -f4; }
# verdicts: of what lies inside the frames, and of what lies between them. SHAPE-RATIO asks more than 8 bits can show.
verdicts() {
  run
  if grep -q 'the guardian has gone' said; then
    start
    run
  fi
  has 'pulses: 3 planned, 3 detected, 0 missing, 0 extra' told || { cat said; return 1; }
  for id in AMP-ACC AMP-POLARITY SHAPE-PERIOD SHAPE-RISE SHAPE-WIDTH; do
    [ "$(verdict $id)" = pass ] || { echo "$id: $(verdict $id)"; return 1; }
  done
  for id in PULSE-COUNT PULSE-MISSING PULSE-EXTRA IDLE-PEAK REC-GAPS TIM-IPI-ERROR; do
    [ "$(verdict $id)" = void ] || { echo "$id: $(verdict $id)"; return 1; }
  done
  grep -q '^PULSE-EXTRA,.*one frame a trigger was recorded, and nothing between the frames' ev/judgements.csv || return 1
  grep -E '^(AMP-ACC|SHAPE-PERIOD|SHAPE-RISE|TIM-IPI-ERROR|PULSE-EXTRA),' ev/judgements.csv >numbers
}

start
good "sigrok-cli takes a frame of a shot" frame
cat seen 2>/dev/null
start
good "three pulses, three frames" verdicts
sed 's/^/# /' numbers 2>/dev/null

# fault WORDS AFTER: on command in the run, so many seconds after it began; it ends with status 4, by name, and never with a verdict of the device.
fault() {
  local ended commander try
  # A machine that keeps the rig from running makes its guardian take over: such a trial is done again, and told.
  for try in 1 2 3 4 5; do
    start
    (sleep "$2"; now >began_at; control "$1") >/dev/null &
    commander=$!
    run
    ended=$(now)
    wait "$commander"
    grep -q 'the guardian has gone' said || break
    echo "# $1: trial $try spoilt by the machine: $(tail -n 1 said)" >>faults
  done
  printf '# %-14s at %s s: ended %.2f s later, status %s: %s\n' "$1" "$2" "$(echo "$ended $(cat began_at)" | awk '{ print $1 - $2 }')" "$status" \
    "$(grep -m 1 -o 'rigol-ds.*' said)" >>faults
  cat said
  [ "$status" = 4 ] && has "rigol-ds:conn=tcp-raw/127.0.0.1/$port: " said && ! grep -E '^(PULSE|TIM|AMP|SHAPE)[^,]*,[^,]*,[^,]*,(pass|fail),' ev/judgements.csv
}
if [ "$brief" != brief ]; then
  for words in ${ONLY:-mute stall close reset short "slow 2 s"}; do
    good "fault: $words, between pulses" fault "scope $words" 2.2
    good "fault: $words, later" fault "scope $words" 3.1
  done
  cat faults
fi
stop
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
