/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The pulse that is being measured, between the files that do it: pulse_fit.c fits the damped wave,
 * pulse_peaks.c takes the peaks, pulse_measure.c the other features.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "fit.h"
#include "pulse.h"
#include "wave_features.h"
#include "wave_shape.h"

#define PI 3.14159265358979323846
/* Left out of the fit to either side of the onset and of a switching instant; of short pulses no more than this share of a half wave. */
#define GUARD_S 5e-6
#define GUARD_SHARE 0.08

/* The pulse in hand: upright, free of its baseline; indices count from context->from. */
struct work {
	const double *y;
	size_t n;
	double ts;
	int sign;
	double noise, u_baseline, u_slope;     /* u_slope: of the baseline, a sample; 0 where it does not slope */
	double noise_dof, u_rounding, quantum; /* noise_dof: before the pulse; quantum: standard deviation of rounding */
	double dof;                            /* of the noise, with what the fit told of it */
	ptrdiff_t peak1, zero1, peak2, zero2;
	double onset, u_onset, u_peak_at;
	double rise; /* samples from onset to first peak, coarse */
	double peak_a;
	double u_parabola[2]; /* of the tops of the local parabolas, from the samples' noise alone */
	struct wave_fit fit;
	struct wave_shape shape;
	bool fitted;
	bool clean;       /* the fit leaves no more than noise */
	bool straight;    /* the rise is a ramp: no bend to take out */
	bool foreseen;    /* the pulse's last zero is hidden by an after-current; it is where the wave leads to */
	double foot;      /* of a half-sine that no zero of the current follows: the fit ends here; else infinite */
	double fit_scale; /* standard deviation the fit's covariance is to be multiplied by */
};

/* The index, going back from `from`, of the last sample that is at or below the level; -1 when there is none. */
static inline ptrdiff_t back_to_level(const struct work *work, ptrdiff_t from, double level)
{
	while (from >= 0 && work->y[from] > level)
		from--;
	return from;
}

static inline size_t clamp_index(const struct work *work, double index)
{
	return index <= 0 ? 0 : index >= (double)work->n ? work->n : (size_t)index;
}

/*
 * What a damped wave adds to its tangent at a zero, t samples after it, in units of slope times sample; alpha and omega per sample.
 */
static inline double wave_bend(double t, double alpha, double omega)
{
	return exp(-alpha * t) * sin(omega * t) / omega - t;
}

/*
 * Fits the damped wave to a pulse that runs through one half wave or two, outside of its switching instants; sets fitted, fit, fit_scale, clean
 * and shape, and what the fit tells of the noise.
 */
void pulse_fit_wave(struct work *work, bool half_sine);
/* Fits it to the rise of a monophasic pulse, all of it that is a damped wave, with what is known beforehand of its damping. Sets shape. */
void pulse_fit_rise(struct work *work);
/* The peaks of the samples themselves, by local parabolas: times, values and u of the pulse; peak_a, u_peak_at and u_parabola. */
void pulse_peaks_local(struct work *work, double time0, struct pulse *pulse);
/* In their place the fit's, which rest on all samples, where the two agree. start_s: the time of the fit's origin. */
void pulse_peaks_fitted(const struct work *work, double start_s, struct pulse *pulse);
/* In their place, of a monophasic pulse whose rise is no damped wave, the top between rise and tail, where there may be a kink. */
void pulse_peak_kinked(const struct work *work, double time0, struct pulse *pulse);
/*
 * Where the tail passes the level: an exponential through what lies between 1.3 and 0.7 of it, by weighted least squares of the logarithm. `floor` is
 * what the tail comes down to, of both.
 */
bool pulse_tail_crossing(const struct work *work, double floor, double level, struct feature *out);

/* A largest magnitude of the current, and its standard uncertainty. */
struct magnitude {
	double value_a, u_a;
};

/*
 * Of the samples [from, to), less what the largest of as many noise values as could have made it would be (extreme_mean()); without current below zero half of the time. False when there
 * are none.
 */
bool pulse_magnitude(const struct work *work, size_t from, size_t to, struct magnitude *out);
/*
 * The zeros after the first lobe and the second: straight lines through the samples near them, freed of the bend of the fitted wave; where those are too
 * few, the zeros of the fit (`half_waves` of them: 2 biphasic, 1 half-sine, else 0). Sets zero1_s, zero2_s and their u.
 */
void pulse_zeros(const struct work *work, unsigned half_waves, double time0, struct pulse *pulse);
struct lobes;
/*
 * Has the work's half waves agree with the course of the current: an after-current may hide the last zero, and noise make further half waves. How many
 * there are that a damped wave may be fitted to: 2, 1, or 0.
 */
unsigned pulse_half_waves(struct work *work, const struct lobes *lobes);
/* Where an after-current hides the end of the pulse it is the fitted wave's; none without a fit. */
void pulse_hidden_end(struct work *work, unsigned half_waves);
/* The waveform. Where it is not one that a damped wave is the model of, the fit is dropped. */
enum waveform pulse_classify(struct work *work, const struct lobes *lobes, const struct pulse *pulse);
