# SPDX-License-Identifier: GPL-3.0-or-later
# The driver iio on the kernel's dummy ADC with a timer trigger, here and through a real iiod. Virtual time only: in real time the timer of a busy
# machine leaves samples out, which the driver then tells.
. "$LAB_HERE/lib.sh"

iio_dummy dummy 1000
"$LAB_BUILD/tests/lab/iio_lab" local: dummy dummy-timer 1000 1000 || echo "not ok - iio_lab local: ended with $?"

iiod >iiod.log 2>&1 &
daemon=$!
sleep 0.5
"$LAB_BUILD/tests/lab/iio_lab" ip:127.0.0.1 dummy dummy-timer 1000 1000 || echo "not ok - iio_lab ip: ended with $?"
kill $daemon
