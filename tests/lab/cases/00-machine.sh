# SPDX-License-Identifier: GPL-3.0-or-later
# time: both
# The lab itself: simulated GPIO lines and the IIO dummy answer to the tools of Debian, through a real iiod too.
. "$LAB_HERE/lib.sh"

gpio_sim machine machine-chip TRIGGER - READY
check "gpiodetect sees the chip" sh -c "gpiodetect | grep -q '$GPIO_CHIP .machine-chip. (3 lines)'"
check "gpioinfo sees the line by its name" sh -c "gpioinfo | grep -q READY"
same "an input is low" 0 "$(tool_get "$GPIO_CHIP" 2)"
echo pull-up >"$GPIO_SIM/sim_gpio2/pull"
same "an input is high" 1 "$(tool_get "$GPIO_CHIP" 2)"

iio_dummy machine 1000
check "iio_info sees the dummy" sh -c "iio_info | grep -q machine"
iiod >iiod.log 2>&1 &
daemon=$!
sleep 0.5
check "iio_info sees it through iiod" sh -c "iio_info -u ip:127.0.0.1 | grep -q machine"
kill $daemon

# Under virtual time the clock only moves while everybody sleeps.
began=$(cut -d ' ' -f 1 /proc/uptime)
sleep 0.2
ended=$(cut -d ' ' -f 1 /proc/uptime)
# In real time a busy machine may take as long as it likes.
longest=0.25
[ "$LAB_TIME" = virtual ] || longest=5
check "0.2 s last from 0.19 s to $longest s ($began $ended)" \
  sh -c "echo $began $ended $longest | awk '{ d = \$2 - \$1; exit !(d > 0.185 && d < \$3) }'"
