# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# `tmsrig run` dies at random moments of a session with real lines; the pins are looked at from outside.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: bistim2" "200 us"
/usr/bin/python3 -u "$LAB_ROOT/tests/kills/kills.py" tmsrig "$LAB_ROOT/fixtures" 100 3 lab 2>&1 || echo "not ok - kills ended with $?"
