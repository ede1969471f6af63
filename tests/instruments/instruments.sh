#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The simulated instruments against unmodified clients: libiio's tools, sigrok-cli, and small clients of their own (check.py).
# usage: instruments.sh TMSRIG
set -u
tmsrig=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
fixtures=$here/../../fixtures
folder=$(mktemp -d)
passed=0 failed=0 server=
cd "$folder" || exit 2

finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  cd / && rm -rf "$folder"
}
trap finish EXIT

for tool in iio_info iio_attr iio_readdev sigrok-cli /usr/bin/python3; do
  command -v "$tool" >/dev/null || { echo "instruments: $tool is missing" >&2; exit 2; }
done

# good NAME COMMAND...: must succeed.
good() {
  local name=$1
  shift
  if "$@" >log 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok: $name"
    sed 's/^/    /' log | head -n 12
  fi
}
check() { /usr/bin/python3 "$here/check.py" "$@"; }
has() { grep -qF -- "$1" "$2" || { echo "'$1' is not in:"; cat "$2"; return 1; }; }

# start ARGUMENT...: a fresh simulator on free ports; sets iiod, beaglelogic and server.
start() {
  stop
  rm -f ready
  : >ready
  "$tmsrig" sim ./served.yaml "$@" >ready 2>errors &
  server=$!
  for _ in $(seq 100); do
    grep -q '^ready: ' ready && break
    kill -0 "$server" 2>/dev/null || { echo "the simulator ended:"; cat errors; exit 1; }
    sleep 0.05
  done
  iiod=$(sed -n 's/.*iiod \([0-9]*\).*/\1/p' ready)
  beaglelogic=$(sed -n 's/.*beaglelogic \([0-9]*\).*/\1/p' ready)
  [ -n "$iiod" ] && [ -n "$beaglelogic" ] || { echo "no ready line within 5 s:"; cat ready errors; exit 1; }
}
stop() {
  [ -n "$server" ] || return 0
  kill -TERM "$server"
  wait "$server"
  local status=$?
  server=
  good "ends by SIGTERM, and leaves nothing" test "$status$(ls magstim magventure control 2>/dev/null)$(cat errors)" = 0
}

sed -e 's/port: [0-9]*/port: 0/' -e 's/path: tmsrig-magstim/path: magstim/' -e 's/tmsrig-control/control/' \
  -e 's/path: tmsrig-magventure/path: magventure/' "$fixtures/benches/served.yaml" >served.yaml

start
uri=ip:127.0.0.1:$iiod
info() {
  iio_info -u "$uri" >info 2>&1 && has 'simadc (buffer capable)' info && has 'timestamp:  (input, index: 3, format: le:S64/64>>0)' info &&
    has 'hw_model: tmsrig simulated ADC' info && has 'hw_serial: SIM-0000000000000001' info && ! grep -iE 'error' info
}
good "iio_info" info
attributes() {
  iio_attr -u "$uri" -d simadc sampling_frequency 500000 >/dev/null && [ "$(iio_attr -u "$uri" -d simadc sampling_frequency)" = 500000 ] &&
    [ "$(iio_attr -u "$uri" -d simadc sampling_frequency 1000000)" = 1000000 ] &&
    iio_attr -u "$uri" -d simadc sampling_frequency_available | grep -q '^1000000 500000 ' &&
    ! iio_attr -u "$uri" -d simadc sampling_frequency 123457 &&
    [ "$(iio_attr -u "$uri" -c simadc voltage1 scale)" = 0.305175781 ] && iio_attr -u "$uri" -c simadc voltage0 raw | grep -qE '^-?[0-9]+$' &&
    [ "$(iio_attr -u "$uri" -D simadc direct_reg_access 0x80000088)" = 0x0 ]
}
good "iio_attr reads and writes" attributes
record() {
  local begin end
  begin=$(date +%s%N)
  iio_readdev -u "$uri" -b 20000 -s "$1" simadc >samples || return 1
  end=$(date +%s%N)
  took_ms=$(((end - begin) / 1000000))
}
at_rate() { record 1000000 && check gaps samples 1000 1000000 && [ "$took_ms" -ge 980 ] && [ "$took_ms" -le 5000 ] || { echo "$took_ms ms"; false; }; }
good "iio_readdev: 10^6 samples without a gap in about a second" at_rate
slower() {
  iio_attr -u "$uri" -d simadc sampling_frequency 100000 >/dev/null && record 100000 && check gaps samples 10000 100000 && [ "$took_ms" -ge 980 ] &&
    iio_attr -u "$uri" -d simadc sampling_frequency 1000000
}
good "a slower sampling_frequency" slower
two_channels() { iio_readdev -u "$uri" -b 10000 -s 100000 simadc voltage0 voltage2 >samples && [ "$(stat -c %s samples)" = 400000 ]; }
good "two of the channels" two_channels
good "what is refused" check refuse "$iiod"
lose() { # SAMPLES
  check control control "iiod lose $1 after 100 ms" && record 500000 && check gaps samples 1000 500000 "$1" &&
    [ "$(iio_attr -u "$uri" -D simadc direct_reg_access 0x80000088)" = 0x4 ]
}
for count in 1 1000 100000; do good "lost samples ($count) show in the time stamps and the register" lose "$count"; done
good "a client that is too slow" check slow_client "$iiod"
good "faults of iiod" check faults "$iiod" control
stalled() {
  check control control "iiod stall after 200 ms" && timeout 20 iio_readdev -T 1000 -u "$uri" -b 20000 -s 1000000 simadc >samples 2>stderr
  has 'Unable to refill buffer: Broken pipe' stderr && check control control "iiod clear"
}
good "iio_readdev ends when the stream stalls" stalled

# The rig's own drivers of remote control: three pulses fired by command, recorded through the network.
cat >three.lua <<'LUA'
scenario { id = "three", title = "Three pulses by remote command" }
intensity(50)
arm()
await("ready", seconds(8))
wait(seconds(2))
single { pulses = 3, interval = seconds(1.5) }
disarm()
LUA
remote() { # STIMULATOR
  rm -rf client.yaml out
  cat >client.yaml <<YAML
bench: client
device: magpro-x100-cool-b65
adc:
  {driver: iio, uri: "ip:127.0.0.1:$iiod", instrument: simadc, sample_rate: 1 MHz, clock_accuracy: 50 ppm, gaps: clock,
   channels: {coil_current: {channel: voltage0, per_volt: 1 kA, gain_accuracy: 0.1 %}}}
stimulator: $1
YAML
  # A machine that is busy elsewhere may keep the rig from the remote control's time limits; the run is then a bench fault, rightly.
  local try status
  for try in 1 2 3; do
    rm -rf out out.incomplete
    TMSRIG_DATA=$here/../.. timeout 60 "$tmsrig" run --bench ./client.yaml --spec smoke --out out three.lua >told 2>said
    status=$?
    [ "$status" = 4 ] || break
    echo "NOTE: try $try ended with a bench fault: $(grep -v 'not vendor-verified' said | head -n 1)" | tee -a notes >&2
  done
  { [ "$status" -le 3 ] || { cat said; false; }; } && has 'pulses: 3 planned, 3 detected, 0 missing, 0 extra' told && has 'not vendor-verified' said && has 'not vendor-verified' out/result.json &&
    has 'not vendor-verified' out/report.html
}
start
good "a session by Magstim's remote control" remote "{driver: magstim, model: rapid2, software: 8, port: $folder/magstim}"
good "a session by MagVenture's remote control" remote "{driver: magventure, port: $folder/magventure}"

start
good "magstim" check magstim magstim
good "magstim: faults" check magstim_faults magstim control
good "magventure" check magventure magventure
scan() { timeout 20 sigrok-cli -d "$analyser" --scan >scan && has 'beaglelogic - BeagleLogic 1.0 with 8 channels' scan; }
analyser=beaglelogic:conn=tcp-raw/127.0.0.1/$beaglelogic:logic_channels=8
good "sigrok-cli --scan" scan
capture() { # at RATE for six seconds, a shot by the Magstim in them
  timeout 60 sigrok-cli -d "$analyser" -c samplerate="$1" --samples $((6 * $1)) -O binary -o logic &
  local capture=$!
  sleep 0.5
  check magstim magstim && wait "$capture" && [ "$(stat -c %s logic)" = $((6 * $1)) ] && check edges logic "$1" 1
}
good "sigrok-cli sees a shot fired by remote command, at 1 MHz" capture 1000000
good "beaglelogic: pace, stop, faults" check beaglelogic "$beaglelogic" control

start --fault "iiod close after 300 ms" --duration "20 s"
uri=ip:127.0.0.1:$iiod
closed() { # after about 300 ms of 16 bytes a microsecond; libiio's tool ends with status 0 all the same
  timeout 20 iio_readdev -u "$uri" -b 20000 -s 1000000 simadc >samples 2>stderr
  has 'Unable to refill buffer: Broken pipe' stderr && [ "$(stat -c %s samples)" -gt 3000000 ] && [ "$(stat -c %s samples)" -lt 8000000 ]
}
good "a fault of the command line: closed mid-stream" closed
stop
wrong() { "$tmsrig" sim ./served.yaml --fault "iiod frobnicate" >said 2>err; [ $? = 2 ] && has "iiod has no fault 'frobnicate'" err; }
good "a wrong fault is told" wrong

cat notes 2>/dev/null
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -ge 20 ]
