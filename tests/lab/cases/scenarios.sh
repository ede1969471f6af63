# SPDX-License-Identifier: GPL-3.0-or-later
# Sessions end to end: libgpiod on gpio-sim, libiio over the network, libsigrok and a Magstim on a serial line, all of `tmsrig sim`, beside the virtual
# bench itself. Virtual time only: a session takes as long as its computing does. Every session is run twice, for the same numbers.
. "$LAB_HERE/lib.sh"
export PATH="$LAB_BUILD/rig/cli:$PATH"
fixtures=$LAB_ROOT/fixtures/benches

# benches MODEL: the served bench with gpio-sim and that Magstim, and its client.
benches() {
  sed -e 's/tmsrig-magstim/magstim/; s/tmsrig-magventure/magventure/; s/tmsrig-control/control/' -e "s/model: rapid2, software: 8/$1/" \
    "$fixtures/served.yaml" >served.yaml
  echo "  gpio_sim:    {chip: tms, poll: 100 us}" >>served.yaml
  sed -e '/^stimulator:/,$d' "$fixtures/served-client.yaml" >client.yaml
  cat >>client.yaml <<END
gpio:
  driver: gpiod
  chip: gpiochip0
  lines:
    trigger:        {line: TRIG_IN, direction: out, pulse: 1 ms}
    enable:         {line: ENABLE,  direction: out, safe: low}
    emergency_stop: {line: ESTOP,   direction: out, safe: high}
    coil_present:   {line: COIL,    direction: out, safe: high}
    ready:          {line: READY,   direction: in}
    fault:          {line: FAULT,   direction: in}
stimulator: {driver: magstim, port: ./magstim, $1}
END
}

# session SCENARIO FOLDER: a fresh simulator, and the real drivers.
session() {
  : >ready
  tmsrig sim ./served.yaml >ready 2>sim.log &
  sim=$!
  while ! grep -q '^ready: ' ready; do
    kill -0 $sim || { echo "not ok - the simulator ended"; sed 's/^/# /' sim.log; return; }
    sleep 0.05
  done
  began=$(cut -d' ' -f1 /proc/uptime)
  tmsrig run "$1" -b ./client.yaml -q -o "$2" >log 2>&1
  echo "status $?" >>log
  echo "# $1: $(cut -d' ' -f1 /proc/uptime | awk -v b="$began" '{ printf "%.1f", $1 - b }') s of virtual time; $(tail -n 2 log | tr '\n' ' ')"
  kill $sim
  wait $sim
}

# What a result says, less what is of the day: verdicts are lines "ID verdict", numbers all that was measured.
verdicts() { jq -r '.requirements[] | .id + " " + .verdict' "$1/result.json" 2>/dev/null; }

try() { # SCENARIO MODEL
  name=$(basename "$1")
  benches "$2"
  tmsrig run "$1" -b virtual -q -o "$name-virtual" >/dev/null 2>&1
  session "$1" "$name-one"
  cat $name-one/judgements.csv | cut -d, -f1-12 | grep -v pass; cut -d, -f1,3 $name-one/judgements.csv >a; cut -d, -f1,3 $name-virtual/judgements.csv >b; diff a b; head -4 $name-one/measurements.csv $name-one/pulses.csv; time -p true
}
try smoke "model: bistim2"
