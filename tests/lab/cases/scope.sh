# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# An oscilloscope whose input CH2 is the trigger line: libgpiod on gpio-sim, libsigrok's driver rigol-ds over TCP, a Magstim on a serial line. Each frame is
# placed by the edge that it shows.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: rapid2, software: 8" "1 ms"
cat client.yaml >plain.yaml
sed -e '/magventure:/d; s/tmsrig-control/control/' -e 's/trigger: coil_current, level: 0.2 V/trigger: trigger, level: 0.5 V/' "$fixtures/served-scope.yaml" >served.yaml
printf '  magstim:     {path: magstim, model: rapid2, software: 8}\n  gpio_sim:    {chip: tms, poll: 1 ms}\n' >>served.yaml
sed -e '/^stimulator:/,$d' -e '/^    capacitor_voltage:/i\    trigger:           {channel: CH2, range: 10 V, per_volt: 2.5 V, threshold: 1.5 V}' \
  -e 's/gain_accuracy: 2 %/gain_accuracy: 0.5 %/' "$fixtures/served-scope-client.yaml" >client.yaml
# The device is asked whether it is ready: without a logic analyser its lines would be recorded from the kernel, whose handler of a simulated line may
# see two quick changes as one.
sed -n '/^gpio:/,$p' plain.yaml | sed -e '/^    ready:/d' -e '/^    fault:/d' >>client.yaml
cat >shots.lua <<'END'
scenario { id = "shots", title = "Three single pulses", verifies = { "PULSE-COUNT", "AMP-ACC", "AMP-POLARITY" } }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = seconds(1.3) }
disarm()
END
: >ready
tmsrig sim ./served.yaml >ready 2>sim.log &
sim=$!
await_ready || exit 1
tmsrig run ./shots.lua -b ./client.yaml -s example -o run >log 2>&1
echo "status $?" >>log
kill $sim
wait $sim
verdict() { grep "^$1," run/judgements.csv | cut -d, -f4; }
check "three pulses planned, three detected" grep -q '3 planned, 3 detected, 0 missing, 0 extra' log
for id in AMP-ACC AMP-POLARITY SHAPE-PERIOD SHAPE-RISE TIM-LATENCY; do same "$id, inside the frames" pass "$(verdict $id)"; done
for id in PULSE-COUNT PULSE-EXTRA PULSE-UNTRIGGERED IDLE-PEAK REC-GAPS TIM-IPI-ERROR; do same "$id, between them" void "$(verdict $id)"; done
same "nothing that was measured lets a run pass" "status 4" "$(tail -n 1 log)"
grep -E '^(AMP-ACC|SHAPE-PERIOD|SHAPE-RISE|TIM-LATENCY|PULSE-UNTRIGGERED|TIM-IPI-ERROR),' run/judgements.csv | cut -c1-330 | sed 's/^/# /'
grep -E '^tmsrig|planned,' log | sed 's/^/# /'
