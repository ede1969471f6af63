# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# Something breaks in the midst of a session: the pins and the device are looked at from outside. Virtual time only.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: rapid2, software: 8" "1 ms"
train
for what in stall mute close reset short error; do broken "iiod $what" simadc fault "iiod $what"; done
for what in stall close reset; do broken "beaglelogic $what" "logic analyser" fault "beaglelogic $what"; done
for what in mute close short wrong_crc; do broken "magstim $what" magstim fault "magstim $what "; done
broken "the guardian dies" guardian sh -c 'kill -KILL $(busybox pgrep -x tmsrig-guardian)'
broken "every instrument dies" "simadc\|magstim" sh -c "kill -KILL \$(busybox pgrep -f 'tmsrig sim')"
broken "the GPIO chip is pulled out" "gpiochip0" sh -c "echo 0 >/sys/kernel/config/gpio-sim/tms/live"
