# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# `tmsrig run` dies at random moments of sessions with real lines; the pins are looked at from outside. Few samples, so that a hundred trials take minutes.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: bistim2" "500 us"
sed -i 's/sample_rate: 1 MHz/sample_rate: 200 kHz/' served.yaml client.yaml
/usr/bin/python3 -Bu "$LAB_ROOT/tests/kills/kills.py" tmsrig "$LAB_ROOT/fixtures" "${KILLS:-112}" "${SEED:-3}" lab 2>&1 || echo "not ok - kills ended with $?"
