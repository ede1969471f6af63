/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The waves of the adversarial recordings in closed form. */

enum shape_kind { SHAPE_BIPHASIC, SHAPE_MONOPHASIC, SHAPE_HALF_SINE, SHAPE_RECTANGULAR, SHAPE_KINDS };

/* After its onset nothing of a pulse is left so much later. */
#define SHAPE_LONGEST_S 5e-3

struct shape {
	enum shape_kind kind;
	double onset_s;
	double scale_a; /* of the undamped sine, or peak of a ramp; signed */
	double alpha_per_s, omega_per_s;
};

/* A wave whose first peak is peak_a (signed); ratio: of successive half waves. A rectangular pulse of the E-field lasts half a period. */
struct shape shape_make(enum shape_kind kind, double onset_s, double peak_a, double period_s, double ratio);
double shape_at(const struct shape *shape, double t_s);
/* From the onset to the first peak, s. */
double shape_peak_s(const struct shape *shape);
/* "biphasic", ... Static string. */
const char *shape_name(enum shape_kind kind);
