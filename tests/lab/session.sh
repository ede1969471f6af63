# SPDX-License-Identifier: GPL-3.0-or-later
# For the cases that run sessions: sourced after lib.sh. Libgpiod on gpio-sim, libiio over the network, libsigrok and a Magstim on a serial line, all of
# `tmsrig sim`, beside the virtual bench itself.
export PATH="$LAB_BUILD/rig/cli:$PATH"
fixtures=$LAB_ROOT/fixtures/benches

# benches MODEL POLL: the served bench with gpio-sim and that Magstim, and its client.
benches() {
  sed -e 's/tmsrig-magstim/magstim/; s/tmsrig-magventure/magventure/; s/tmsrig-control/control/' -e "s/model: rapid2, software: 8/$1/" \
    "$fixtures/served.yaml" >served.yaml
  echo "  gpio_sim:    {chip: tms, poll: $2}" >>served.yaml
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

# What two evidence folders say, less the times of day and the digests of them.
verdicts() { cut -d, -f1,4 "$1/judgements.csv"; }
numbers() { cat "$1/measurements.csv" "$1/judgements.csv" "$1/pulses.csv" | sha256sum; }

# try SCENARIO MODEL POLL: a session beside the virtual bench.
try() {
  name=$(basename "$1")
  benches "$2" "$3"
  tmsrig run "$1" -b virtual -q -o "$name-virtual" >/dev/null 2>&1
  session "$1" "$name-one"
  same "$1: the verdicts of the virtual bench" "$(verdicts "$name-virtual")" "$(verdicts "$name-one")"
  tail -n +2 "$name-one/judgements.csv" | grep -vE '^[^,]*,[^,]*,[^,]*,pass' | cut -c1-200 | sed "s/^/# /"
  same "$1: ends well" 0 "$(sed -n "s/^status //p" log)"
  same "$1: no sample lost" "session.gaps,1,1,session,0,,0" "$(grep '^session.gaps,' "$name-one/measurements.csv" | cut -d, -f1-7)"
  echo "# number: $1 $(numbers "$name-one")"
}
