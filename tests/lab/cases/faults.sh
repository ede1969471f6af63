# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# Something breaks in the midst of a session: the pins and the device are looked at from outside. Virtual time only.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: rapid2, software: 8" "1 ms"
train
broken "the GPIO chip is pulled out" "gpiochip0" sh -c "echo 0 >/sys/kernel/config/gpio-sim/tms/live"
broken "iiod stall" simadc fault "iiod stall"
broken "beaglelogic reset" "logic analyser" fault "beaglelogic reset"
