# SPDX-License-Identifier: GPL-3.0-or-later
# nightly
# `tmsrig run` dies at random moments of a session with real lines; the pins are looked at from outside. KILLS: how many.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
benches "model: bistim2" "200 us"
python3 "$LAB_ROOT/tests/kills/kills.py" tmsrig "$LAB_ROOT/fixtures" "${KILLS:-100}" 3 lab >kills.log 2>&1
status=$?
sed 's/^/# /' kills.log
same "kills of the rig in the lab" 0 "$status"
