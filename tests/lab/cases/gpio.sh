# SPDX-License-Identifier: GPL-3.0-or-later
# time: both
# The driver gpiod on simulated chips.
. "$LAB_HERE/lib.sh"
tracing=/sys/kernel/tracing
echo mono >$tracing/trace_clock
echo 1 >$tracing/events/gpio/enable

gpio_sim lab lab-gpio TRIGGER ENABLE ESTOP COIL READY FAULT TWICE TWICE HELD
# The trace counts lines from a number of its own: that of a line which gpioset drives is known.
tool_set "$GPIO_CHIP" 0 0
base=$(sed -n 's/.*gpio_value: \([0-9]*\) set 0.*/\1/p' $tracing/trace | head -n 1)
tool_hold "$GPIO_CHIP" 8 1 &
holder=$!
sleep 0.1
"$LAB_BUILD/tests/lab/gpio_lab" "$GPIO_CHIP" "$GPIO_SIM" "$base" || echo "not ok - gpio_lab ended with $?"
kill $holder

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$LAB_BUILD/tests/lab/gpio_lab" error "$GPIO_CHIP" ENABLE; }
chown root:root "/dev/$GPIO_CHIP"
chmod 600 "/dev/$GPIO_CHIP"
same "no permission, no group" \
  "lab.yaml: line enable: /dev/$GPIO_CHIP: no permission; it belongs to root alone (mode 0600): a udev rule must give it to a group of its own" "$(as_nobody)"
chown root:dialout "/dev/$GPIO_CHIP"
chmod 660 "/dev/$GPIO_CHIP"
same "no permission, a group" \
  "lab.yaml: line enable: /dev/$GPIO_CHIP: no permission; it belongs to the group 'dialout' (mode 0660): add the user to it" "$(as_nobody)"

"$LAB_BUILD/tests/lab/gpio_lab" unplug "$GPIO_CHIP" || echo "not ok - gpio_lab unplug ended with $?"
