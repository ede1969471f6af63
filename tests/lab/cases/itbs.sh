# SPDX-License-Identifier: GPL-3.0-or-later
# boots: 2
# nightly
# A whole iTBS-600 end to end: three minutes and a half of virtual time, some minutes of computing.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
try protocols/itbs-600 "model: rapid2, software: 8" "1 ms"
