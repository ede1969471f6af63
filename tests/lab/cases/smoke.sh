# SPDX-License-Identifier: GPL-3.0-or-later
# boots: 2
# A short session end to end. Pairs of two intensities want a BiStim. Virtual time only: it takes as long as its computing does.
. "$LAB_HERE/lib.sh"
. "$LAB_HERE/session.sh"
try smoke "model: bistim2" "1 ms"
