/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The expanded uncertainty of a value that owes much of its uncertainty to one input with a rectangular distribution (an instant between two samples):
 * there k = 2 covers too much (EA-4/02 M:2022, S9 and annex E; JCGM 100:2008, G.2.2).
 */

/*
 * U, within +-U of which the sum of a rectangular deviate of standard deviation u_rectangle and an independent normal one, whose own U (k = 2) is
 * u_rest_expanded, lies with 95.45 %: by the exact distribution of the sum. Both >= 0 in one unit; INFINITY when one of them is.
 */
double rectangle_expanded(double u_rectangle, double u_rest_expanded);
