# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# The GPIO chip is pulled out in the midst of a session: the device is looked at from outside. Virtual time only.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: rapid2, software: 8" "1 ms"
train
broken "the GPIO chip is pulled out" "gpiochip" sh -c "echo 0 >/sys/kernel/config/gpio-sim/tms/live"
