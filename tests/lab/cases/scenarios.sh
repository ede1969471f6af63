# SPDX-License-Identifier: GPL-3.0-or-later
# Sessions end to end: libgpiod on gpio-sim, libiio over the network, libsigrok and a Magstim on a serial line, all of `tmsrig sim`, beside the virtual
# bench itself. Virtual time only: a session takes as long as its computing does.
. "$LAB_HERE/lib.sh"
export PATH="$LAB_BUILD/rig/cli:$PATH"
fixtures=$LAB_ROOT/fixtures/benches
sed -e 's/tmsrig-magstim/magstim/; s/tmsrig-magventure/magventure/; s/tmsrig-control/control/' "$fixtures/served.yaml" >served.yaml
echo "  gpio_sim:    {chip: tms}" >>served.yaml
sed -e '/^stimulator:/,$d' "$fixtures/served-client.yaml" >client.yaml
cat >>client.yaml <<'END'
gpio:
  driver: gpiod
  chip: gpiochip0
  lines:
    trigger:        {line: TRIG_IN, direction: out, pulse: 50 us}
    enable:         {line: ENABLE,  direction: out, safe: low}
    emergency_stop: {line: ESTOP,   direction: out, safe: high}
    coil_present:   {line: COIL,    direction: out, safe: high}
    ready:          {line: READY,   direction: in}
    fault:          {line: FAULT,   direction: in}
stimulator:
  driver: magstim
  port: ./magstim
  model: rapid2
  software: 8
END
date; tmsrig sim ./served.yaml >ready 2>sim.log &
sim=$!
sleep 1
cat ready sim.log
uptime
tmsrig run smoke -b ./client.yaml -o one 2>&1 | sed 's/^/# /'
uptime
