/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "pulse_work.h"
#include "wave_features.h"

/* Parabola and fit further apart than so many standard uncertainties of their difference are not of one wave. */
#define APART 3.0
/* From so many squared on what they are apart counts as a deviation of the wave from the fit's model. */
#define APART_SQUARED_BY_CHANCE 5.0

/* The top of a parabola around a sample; where a quarter wave has too few samples for one, that of the fit. Index and value in *peak. */
static bool find_peak(const struct work *work, ptrdiff_t near, int sign, struct feature *peak)
{
	double omega = work->fitted ? work->fit.omega_per_s * work->ts : 0.5 * PI / work->rise;
	double alpha = work->fitted ? work->fit.alpha_per_s * work->ts : 0;
	if (work->fitted && work->rise < 8) {
		const struct wave_shape *shape = &work->shape;
		const struct wave_value *value = sign < 0 ? &shape->peak2 : &shape->peak,
					*at = sign < 0 ? &shape->peak2_at : &shape->peak_at;
		*peak = (struct feature){.at = work->onset + at->value / work->ts,
					 .value = sign * value->value,
					 .u_value = value->u,
					 .u_at = at->u / work->ts};
		return true;
	}
	size_t half = (size_t)fmax(1, round(0.2 * work->rise));
	if (near < 0 || !feature_peak(work->y, work->n, (size_t)near, half, sign, omega, work->noise, peak))
		return false;
	/* The third derivative of a damped wave at its peak, 2 alpha omega^2 I, moves the top of the parabola by alpha w^2 / 5. */
	peak->at -= half > 1 ? 0.2 * alpha * (double)half * (double)half : 0;
	return true;
}

void pulse_peaks_local(struct work *work, double time0, struct pulse *pulse)
{
	struct feature peak = {.at = (double)work->peak1, .value = work->y[work->peak1], .u_value = work->noise, .u_at = 0.2 * work->rise};
	if (!find_peak(work, work->peak1, 1, &peak))
		peak.u_value = 2 * work->noise;
	pulse->peak1_s = time0 + peak.at * work->ts;
	pulse->peak1_a = work->sign * peak.value;
	pulse->u_peak1_a = hypot(peak.u_value, work->u_baseline);
	work->u_peak_at = peak.u_at;
	work->u_parabola[0] = peak.u_value;
	work->peak_a = peak.value;
	if (work->peak2 >= 0 && find_peak(work, work->peak2, -1, &peak)) {
		pulse->peak2_s = time0 + peak.at * work->ts;
		pulse->peak2_a = work->sign * peak.value;
		pulse->u_peak2_a = hypot(peak.u_value, work->u_baseline);
		work->u_parabola[1] = peak.u_value;
	}
}

/*
 * Whether the fit's peak is that of the wave: the parabola, which presumes no model, lies no further from it than chance allows. The fit takes all
 * samples, so that it is all but independent of the difference, whose variance is the difference of the two variances (Hausman 1978). What the
 * difference has beyond chance is the u of the model, *u_model.
 */
static bool agrees(const struct work *work, const struct wave_value *fitted, double parabola_a, double u_parabola_a, double *u_model)
{
	double offset = work->fit.offset_a, u_offset = work->fit_scale * sqrt(work->fit.covariance[2][2]);
	double apart = parabola_a - offset - fitted->value, u = hypot(u_parabola_a, u_offset);
	double variance = fmax(u * u - fitted->u * fitted->u, 0.25 * u_parabola_a * u_parabola_a);
	*u_model = sqrt(fmax(0, apart * apart - APART_SQUARED_BY_CHANCE * variance));
	return apart * apart <= APART * APART * variance;
}

void pulse_peaks_fitted(const struct work *work, double start_s, struct pulse *pulse)
{
	const struct wave_shape *shape = &work->shape;
	double u_model[2] = {0};
	/* Of a monophasic pulse the parabola lies half on the tail; the fit's own end has been tried. */
	bool one_sided = pulse->waveform == WAVEFORM_MONOPHASIC;
	bool first = one_sided || agrees(work, &shape->peak, work->sign * pulse->peak1_a, work->u_parabola[0], &u_model[0]);
	if (first) {
		pulse->peak1_a = work->sign * shape->peak.value;
		pulse->u_peak1_a = hypot(shape->peak.u, u_model[0]);
	}
	pulse->peak1_s = start_s + shape->peak_at.value;
	if (!isfinite(pulse->peak2_a))
		return;
	struct wave_value peak2 = {-shape->peak2.value, shape->peak2.u};
	bool second = agrees(work, &peak2, work->sign * pulse->peak2_a, work->u_parabola[1], &u_model[1]);
	if (second) {
		pulse->peak2_a = -work->sign * shape->peak2.value;
		pulse->u_peak2_a = hypot(shape->peak2.u, u_model[1]);
	}
	pulse->peak2_s = start_s + shape->peak2_at.value;
	if (first && second)
		pulse->u_peak_ratio = hypot(shape->ratio.u, hypot(u_model[0] * shape->ratio.value, u_model[1]) / shape->peak.value);
}

void pulse_peak_kinked(const struct work *work, double time0, struct pulse *pulse)
{
	/* What a kink takes from the top of a parabola is in proportion to the parabola's width: half of it is left at half the width. */
	size_t half = (size_t)fmax(2, round(0.1 * work->rise));
	struct feature peak;
	if (!feature_peak(work->y, work->n, (size_t)work->peak1, half, 1, 0.5 * PI / work->rise, work->noise, &peak))
		return;
	double apart = fabs(peak.value - work->sign * pulse->peak1_a);
	pulse->peak1_a = work->sign * peak.value;
	pulse->peak1_s = time0 + peak.at * work->ts;
	pulse->u_peak1_a = hypot(hypot(peak.u_value, apart), work->u_baseline);
}
