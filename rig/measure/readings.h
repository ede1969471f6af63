/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the files of measurands have in common: values of single pulses, each with its budget, and budget lines that many values have.
 */
#include "budget.h"
#include "population.h"

/* The value of one pulse; NAN: the pulse has no such feature. */
struct pulse_reading {
	double value, planned;
	bool shape; /* depends on the amplitude, so that clipping voids it */
	struct budget budget;
};

/* Fills the reading, which is all zero but for planned (NAN). */
typedef void pulse_read(const struct population *in, const struct pulse *pulse, struct pulse_reading *reading);

/* The waveforms whose pulses have a feature, a bit each. */
enum having {
	HAVE_WHERE_DEFINED = 0,
	HAVE_BIPHASIC = 1 << WAVEFORM_BIPHASIC,
	HAVE_HALF_SINE = 1 << WAVEFORM_HALF_SINE,
	HAVE_MONOPHASIC = 1 << WAVEFORM_MONOPHASIC,
	HAVE_RECTANGULAR = 1 << WAVEFORM_RECTANGULAR,
	HAVE_RESONANT = HAVE_BIPHASIC | HAVE_HALF_SINE,
	HAVE_SINGLE = HAVE_HALF_SINE | HAVE_MONOPHASIC | HAVE_RECTANGULAR,
	HAVE_END = HAVE_RESONANT | HAVE_RECTANGULAR,
	HAVE_ALL = HAVE_BIPHASIC | HAVE_SINGLE,
};

/*
 * A measurement of every pulse that has the feature; a void one where a pulse ought to have it (as the device's data say, without these as the
 * other pulses show) and it could not be measured: the pulse that is too distorted must not be the one that is left out.
 */
void readings_of_pulses(const struct population *in, const struct measurand *measurand, struct measurement_list *out, pulse_read *read,
			enum having having);
/* Of a value that is proportional to the coil current: the gain, with that exponent. */
void budget_gain(struct budget *budget, const struct population *in, double value, double exponent);
/* Of a length of time, or (with its own value) of anything proportional to a power of one. */
void budget_clock(struct budget *budget, const struct population *in, double value, double exponent);
/* The systematic uncertainty of a current relative to the peak that the correction of the droop leaves: a tenth of what a charge Q makes. */
double droop_rest(const struct population *in, const struct pulse *pulse);
/* The expected pulse it was matched to, or NULL. */
const struct expected_pulse *expected_of(const struct population *in, const struct pulse *pulse);
/* A quantity of the device at 100 %, at the commanded intensity; NAN when either is not known. */
double at_intensity(const struct population *in, const struct pulse *pulse, double at_full);
/* Whether its amplitude counts: observed, not void, not clipped. NULL is accepted. */
bool amplitude_usable(const struct pulse *pulse);
