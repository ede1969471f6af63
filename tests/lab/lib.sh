# SPDX-License-Identifier: GPL-3.0-or-later
# For the cases: sourced with `. "$LAB_HERE/lib.sh"`. LAB_BUILD is the build directory, LAB_ROOT the tree, LAB_TIME "virtual" or "real". A case runs in
# a folder of its own, in memory.

# check TEXT COMMAND...: one line of the result.
check() {
  text=$1
  shift
  if "$@" >/run/tmp/check.out 2>&1; then echo "ok - $text"; else
    echo "not ok - $text"
    sed 's/^/#   /' /run/tmp/check.out
  fi
}

# same TEXT WANTED GOT
same() { if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: '$3' where '$2' was expected"; fi; }

# gpio_sim NAME LABEL LINE...: makes a simulated GPIO chip whose lines have these names ("-": none). Sets GPIO_CHIP (gpiochipN) and GPIO_SIM, the folder
# with sim_gpioN/value (read) and sim_gpioN/pull (write pull-up, pull-down).
gpio_sim() {
  chip=/sys/kernel/config/gpio-sim/$1
  mkdir -p "$chip/bank0" && echo "$2" >"$chip/bank0/label"
  shift 2
  echo $# >"$chip/bank0/num_lines"
  offset=0
  for name in "$@"; do
    if [ "$name" != - ]; then mkdir "$chip/bank0/line$offset" && echo "$name" >"$chip/bank0/line$offset/name"; fi
    offset=$((offset + 1))
  done
  echo 1 >"$chip/live" || { echo "not ok - gpio-sim $chip"; exit 1; }
  GPIO_CHIP=$(cat "$chip/bank0/chip_name")
  GPIO_SIM=/sys/devices/platform/$(cat "$chip/dev_name")/$GPIO_CHIP
  export GPIO_CHIP GPIO_SIM
}

gpio_sim_remove() {
  echo 0 >"/sys/kernel/config/gpio-sim/$1/live"
}

# iio_dummy NAME RATE_HZ: makes the kernel's dummy ADC and a timer trigger of the same name; sets IIO_TRIGGER (triggerN).
iio_dummy() {
  mkdir -p "/sys/kernel/config/iio/devices/dummy/$1" "/sys/kernel/config/iio/triggers/hrtimer/$1-timer" || exit 1
  for entry in /sys/bus/iio/devices/trigger*; do
    [ "$(cat "$entry/name")" = "$1-timer" ] || continue
    IIO_TRIGGER=$(basename "$entry")
    echo "$2" >"$entry/sampling_frequency"
  done
  export IIO_TRIGGER
}

# tool_get CHIP LINE, tool_set CHIP LINE VALUE, tool_hold CHIP LINE VALUE (for the background): libgpiod's tools, whose arguments changed with 2.
case $(gpiodetect --version | head -n 1) in
*v1.*)
  tool_get() { gpioget "$1" "$2"; }
  tool_set() { gpioset "$1" "$2=$3"; }
  tool_hold() { exec gpioset --mode=signal "$1" "$2=$3"; }
  ;;
*)
  tool_get() { gpioget --numeric -c "$1" "$2"; }
  tool_set() { gpioset -c "$1" -t 0 "$2=$3"; }
  tool_hold() { exec gpioset -c "$1" "$2=$3"; }
  ;;
esac
