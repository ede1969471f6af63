# SPDX-License-Identifier: GPL-3.0-or-later
# For the cases that run sessions: sourced after lib.sh. Libgpiod on gpio-sim, libiio over the network, libsigrok and a Magstim on a serial line, all of
# `tmsrig sim`, beside the virtual bench itself.
export PATH="$LAB_BUILD/rig/cli:$PATH"
fixtures=$LAB_ROOT/fixtures/benches
# A page that is new costs User Mode Linux much: freed memory is kept.
export MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=1000000000

# benches MODEL POLL: the served bench with gpio-sim and that Magstim, and its client.
benches() {
  sed -e '/magventure:/d; s/tmsrig-magstim/magstim/; s/tmsrig-control/control/' -e "s/model: rapid2, software: 8/$1/" \
    "$fixtures/served.yaml" >served.yaml
  echo "  gpio_sim:    {chip: tms, poll: $2}" >>served.yaml
  sed -e '/^stimulator:/,$d' "$fixtures/served-client.yaml" >client.yaml
  cat >>client.yaml <<END
gpio:
  driver: gpiod
  chip: tms
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

# await_ready: the simulator listens, and takes the lines' times from the kernel.
await_ready() {
  while ! grep -q '^ready: ' ready; do
    kill -0 $sim || { echo "not ok - the simulator ended"; sed 's/^/# /' sim.log; return 1; }
    sleep 0.05
  done
  grep -q 'gpio_sim gpiochip[0-9]*$' ready || { echo "not ok - $(cat ready)"; return 1; }
}

# session SCENARIO FOLDER: a fresh simulator, and the real drivers.
session() {
  : >ready
  tmsrig sim ./served.yaml >ready 2>sim.log &
  sim=$!
  await_ready || return
  began=$(cut -d' ' -f1 /proc/uptime)
  tmsrig run "$1" -b ./client.yaml -q -o "$2" >log 2>&1
  echo "status $?" >>log
  echo "# $1: $(cut -d' ' -f1 /proc/uptime | awk -v b="$began" '{ printf "%.1f", $1 - b }') s of virtual time; $(tail -n 2 log | tr '\n' ' ')"
  kill $sim
  wait $sim
}

# What two evidence folders say, less the times of day and the digests of them.
verdicts() { cut -d, -f1,4 "$1/judgements.csv"; }
numbers() { sed -n 's/.*"results_sha256": *"\([0-9a-f]*\)".*/\1/p' "$1/result.json"; }

# try SCENARIO MODEL POLL: a session beside the virtual bench.
try() {
  name=$(basename "$1")
  benches "$2" "$3"
  tmsrig run "$1" -b virtual -q -o "$name-virtual" >/dev/null 2>&1
  session "$1" "$name-one"
  check "$1: the virtual bench has verdicts" grep -q ',pass,' "$name-virtual/judgements.csv"
  same "$1: the verdicts of the virtual bench" "$(verdicts "$name-virtual")" "$(verdicts "$name-one")"
  tail -n +2 "$name-one/judgements.csv" | grep -vE '^[^,]*,[^,]*,[^,]*,pass' | cut -c1-200 | sed "s/^/# /"
  same "$1: ends well" 0 "$(sed -n "s/^status //p" log)"
  same "$1: no sample lost" "session.gaps,1,1,session,0,,0" "$(grep '^session.gaps,' "$name-one/measurements.csv" | cut -d, -f1-7)"
  echo "# number: $1 $(numbers "$name-one")"
}

# train: a scenario of five seconds of pulses, train.lua.
train() {
  cat >train.lua <<'END'
scenario { id = "lab-train", title = "A train to be broken", verifies = { "PULSE-COUNT", "PULSE-UNTRIGGERED", "REC-GAPS" } }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 100, rate = 20 }
disarm()
END
}

# control COMMAND: what the simulator answers.
control() {
  perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(shift) or exit 1; print $s "@ARGV\n"; print scalar <$s>' control "$1"
}

# pins: trigger, enable and emergency stop as the chip has them.
pins() {
  chip=/sys/kernel/config/gpio-sim/tms
  folder=/sys/devices/platform/$(cat $chip/dev_name)/$(cat $chip/bank0/chip_name)
  for offset in 0 1 2; do cat "$folder/sim_gpio$offset/value" 2>/dev/null || echo -; done | tr -d '\n'
}

# state: of the device: "ready"; "gone" with its simulator.
state() { control look 2>/dev/null | cut -d' ' -f2 | grep . || echo gone; }

uptime_s() { cut -d' ' -f1 /proc/uptime; }

# is_safe: trigger and enable low, emergency stop high, or no chip; nothing armed.
is_safe() {
  case "$(pins) $(state)" in
  "001 standby" | "001 off" | "001 fault" | "001 gone" | "--- off" | "--- standby") return 0 ;;
  *) return 1 ;;
  esac
}

# runs PID: it has not ended.
runs() { grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null; }

# broken NAME TEXT COMMAND...: the command in the midst of a train. The pins and the device must be safe within 2 s; the run ends with status 4, at most
# 2 s later than the discharge that it looks at may take (5 s), says TEXT and gives no verdict on the device.
broken() {
  name=$1 text=$2
  shift 2
  rm -rf run run.incomplete
  : >ready
  tmsrig sim ./served.yaml >ready 2>sim.log &
  sim=$!
  await_ready || return
  tmsrig run ./train.lua -b ./client.yaml -s smoke -q -o run >log 2>&1 &
  rig=$!
  until [ "$(state)" = ready ] || ! runs $rig; do sleep 0.1; done
  sleep 0.7
  runs $rig || echo "not ok - $name: the run ended before it"
  began=$(uptime_s)
  "$@" >fault.log 2>&1 || { echo "not ok - $name: $(cat fault.log)"; }
  until is_safe || [ "$(uptime_s | awk -v b="$began" '{ print ($1 - b > 10) }')" = 1 ]; do sleep 0.02; done
  safe=$(uptime_s | awk -v b="$began" '{ printf "%.2f", $1 - b }')
  wait $rig
  status=$?
  took=$(uptime_s | awk -v b="$began" '{ printf "%.2f", $1 - b }')
  end="pins $(pins), device $(state)"
  said=$(grep "^tmsrig: " log | grep -m 1 "$text" | cut -c1-170)
  good=$(is_safe && echo "$safe $took" | awk -v s=$status '{ print ($1 <= 2 && $2 <= 7 && s == 4) }')
  { kill $sim && wait $sim; } 2>/dev/null
  if [ "$good" = 1 ] && [ -n "$said" ] && grep -q '"verdict": *"void"' run/result.json; then
    echo "ok - $name: safe after $safe s, status $status after $took s, $end: $said"
  else
    echo "not ok - $name: safe after $safe s, status $status after $took s, $end"
    sed 's/^/# /' log
  fi
}
