# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# The scenarios of interlocks through real drivers: relays on gpio-sim, an analog output and the ADC through libiio, libsigrok, a Magstim's serial line,
# against the device of `tmsrig sim served-interlocks`. The same verdicts as on the virtual bench, and the device made wrong is caught.
# INTERLOCKS=il06,il13, FAULTS=IL06:ignored=IL06-STOP: only these; TRIALS: of each (3). LAB_ENV of tests/lab/lab.sh hands them in.
. "$LAB_HERE/lib.sh"
export PATH="$LAB_BUILD/rig/cli:$PATH" TMSRIG_DATA="$LAB_ROOT"
all="il01 il02 il03 il04 il05 il06 il07 il08 il09 il10 il11 il12 il13 il14 il15 il16 il17 il18 il19 il20 il21 il22"
faults="IL01:ignored=IL01-STOP IL03:wire=IL03-STOP IL04:one_channel=IL04-STOP IL06:ignored=IL06-STOP IL07:wire=IL07-STOP IL13:ignored=IL13-STOP"
faults="$faults IL14:ignored=IL14-AMPLITUDE IL17:self_reset=IL17-STOP IL21:one_channel=IL21-PAIR"
trials=${TRIALS:-3}
# Looked at less often, for the sake of the computing: edges of the event are the device's own, so that reactions are measured as well.
sed -e 's/poll: 20 us/poll: 100 us/' "$LAB_ROOT/fixtures/benches/served-interlocks.yaml" >served.yaml

served=./served.yaml client=served-interlocks-client

# What the Magstim on the serial line cannot do, or does otherwise than the virtual device; each with its reason.
settings() {
  case $1 in
  # Its protocol has no numbers of messages: an arming command that is repeated arms.
  il14) echo "--set replays=0" ;;
  esac
}

# session SCENARIO FOLDER FAULT|- [default]: a fresh device ($served), and the real drivers ($client); default: with every setting as it is. Sets status.
session() {
  : >ready
  set_to=$(settings "${1%%-*}")
  [ "${4:-}" = default ] && set_to=
  if [ "$3" = - ]; then set -- "$1" "$2"; else set -- "$1" "$2" --device-fault "interlock=$3"; fi
  scenario=$1 folder=$2
  shift 2
  tmsrig sim "$served" "$@" >ready 2>sim.log &
  sim=$!
  while ! grep -q '^ready: ' ready; do
    kill -0 $sim 2>/dev/null || { echo "not ok - the simulator ended"; sed 's/^/# /' sim.log; status=99; return; }
    sleep 0.05
  done
  # shellcheck disable=SC2046
  tmsrig run "interlocks/$scenario" -b "$client" --spec interlocks -q -o "$folder" --set "trials=$trials" $set_to >log 2>&1
  status=$?
  kill $sim
  wait $sim
}

verdicts() { tail -n +2 "$1/judgements.csv" | cut -d, -f1,4 | grep -v ',not_tested'; }

healthy() {
  scenario=$(basename "$LAB_ROOT/scenarios/interlocks/$1"-*.lua .lua)
  # shellcheck disable=SC2046
  tmsrig run "interlocks/$scenario" -b virtual-interlocks --spec interlocks -q -o "$1-virtual" --set "trials=$trials" $(settings "$1") >/dev/null 2>&1
  session "$scenario" "$1-real" -
  same "$1: ends well on real drivers" 0 $status
  same "$1: the verdicts of the virtual bench" "$(verdicts "$1-virtual")" "$(verdicts "$1-real")"
  [ $status = 0 ] || { tail -n 3 log | sed 's/^/# /'; tail -n +2 "$1-real/judgements.csv" | grep -v ',pass' | grep -v not_tested | cut -c1-220 | sed 's/^/# /'; }
  grep '^interlock\.\(fault\|ready_low\),' "$1-real/measurements.csv" | cut -d, -f1,6,7 | head -n 4 | sed "s/^/# $1 /"
  rm -rf "$1-virtual" "$1-real"
}

# wrong FAULT REQUIREMENT: the device wrong in that way breaks this.
wrong() {
  id=$(echo "${1%%:*}" | tr IL il)
  session "$(basename "$LAB_ROOT/scenarios/interlocks/$id"-*.lua .lua)" wrong "$1"
  same "$1: is caught" 1 $status
  check "$1: breaks $2" grep -q "^$2,.*,fail" wrong/judgements.csv
  [ $status = 1 ] || tail -n 3 log | sed 's/^/# /'
  rm -rf wrong
}

# Neither protocol has anything against repetition, and the scenario with its default says so.
replayed() {
  session il14-command "replayed-$1" - default
  same "il14, $1: a repeated arming command is obeyed, and that fails" 1 $status
  verdicts "replayed-$1" | grep ^IL14 | sed "s/^/# il14, $1: /"
  check "il14, $1: breaks IL14-REFUSE" grep -q "^IL14-REFUSE,.*,fail" "replayed-$1/judgements.csv"
  check "il14, $1: breaks IL14-READY" grep -q "^IL14-READY,.*,fail" "replayed-$1/judgements.csv"
  [ $status = 1 ] || tail -n 3 log | sed 's/^/# /'
  rm -rf "replayed-$1"
}

# The same bench with a MagVenture on the line.
magventure() {
  sed -e 's/^  magstim: .*/  magventure:  {path: tmsrig-magventure}/' served.yaml >served-magventure.yaml
  sed -e 's/driver: magstim/driver: magventure/' -e 's/tmsrig-magstim/tmsrig-magventure/' -e '/^  model: /d' \
    "$LAB_ROOT/fixtures/benches/served-interlocks-client.yaml" >magventure-client.yaml
  served=./served-magventure.yaml client=./magventure-client.yaml
}

[ -n "${INTERLOCKS:-}${FAULTS:-}" ] || INTERLOCKS=$all FAULTS=$faults
for id in $(echo "${INTERLOCKS:-}" | tr , " "); do healthy "$id"; done
for fault in $(echo "${FAULTS:-}" | tr , " "); do wrong "${fault%=*}" "${fault#*=}"; done
case ",$(echo "${INTERLOCKS:-}" | tr ' ' ,)," in
*,il14,*)
  replayed magstim
  magventure
  replayed magventure
  ;;
esac
