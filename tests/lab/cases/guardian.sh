# SPDX-License-Identifier: GPL-3.0-or-later
# time: both
# The guardian on simulated lines: the harness dies in several ways; resistors pull the lines to their safe levels, as the wiring must.
. "$LAB_HERE/lib.sh"
gpio_sim guard guard-gpio TRIGGER ENABLE ESTOP READY
echo pull-down >"$GPIO_SIM/sim_gpio0/pull"
echo pull-down >"$GPIO_SIM/sim_gpio1/pull"
echo pull-up >"$GPIO_SIM/sim_gpio2/pull"
trials=20 again=0
[ "$LAB_TIME" = real ] && trials=4 again=8
TMSRIG_LIBEXEC=$LAB_BUILD/rig/guardian "$LAB_BUILD/tests/lab/guardian_lab" "$GPIO_CHIP" "$GPIO_SIM" "$trials" "$again" || echo "not ok - guardian_lab ended with $?"
