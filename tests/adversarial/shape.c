/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shape.h"

#include <math.h>

#include "draw.h"

/* The tail of a monophasic pulse in periods: 186 us of 306 us, as recorded from a MagPro X100. */
#define TAIL_PERIODS 0.6

struct shape shape_make(enum shape_kind kind, double onset_s, double peak_a, double period_s, double ratio)
{
	struct shape shape = {.kind = kind, .onset_s = onset_s, .scale_a = 1};
	shape.omega_per_s = 2 * DRAW_PI / period_s;
	shape.alpha_per_s = -log(ratio) * shape.omega_per_s / DRAW_PI;
	shape.scale_a = peak_a / shape_at(&shape, onset_s + shape_peak_s(&shape));
	return shape;
}

double shape_peak_s(const struct shape *shape)
{
	if (shape->kind == SHAPE_RECTANGULAR)
		return 0.5 * DRAW_PI / shape->omega_per_s;
	return atan2(shape->omega_per_s, shape->alpha_per_s) / shape->omega_per_s;
}

double shape_at(const struct shape *shape, double t_s)
{
	double t = t_s - shape->onset_s, half_s = DRAW_PI / shape->omega_per_s, peak_s = shape_peak_s(shape);
	if (t <= 0)
		return 0;
	double wave = shape->scale_a * exp(-shape->alpha_per_s * t) * sin(shape->omega_per_s * t);
	switch (shape->kind) {
	case SHAPE_BIPHASIC: return t < 2 * half_s ? wave : 0;
	case SHAPE_HALF_SINE: return t < half_s ? wave : 0;
	case SHAPE_MONOPHASIC:
		if (t < peak_s)
			return wave;
		wave = shape->scale_a * exp(-shape->alpha_per_s * peak_s) * sin(shape->omega_per_s * peak_s);
		return wave * exp((peak_s - t) / (TAIL_PERIODS * 2 * half_s));
	case SHAPE_RECTANGULAR: return shape->scale_a * fmax(0, t < peak_s ? t / peak_s : 2 - t / peak_s);
	case SHAPE_KINDS: break;
	}
	return 0;
}

const char *shape_name(enum shape_kind kind)
{
	static const char *const names[SHAPE_KINDS] = {"biphasic", "monophasic", "half-sine", "rectangular"};
	return names[kind];
}
