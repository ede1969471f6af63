/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the inputs that many measurands share contribute to their budgets. c: sensitivity of the value to the input, with its sign, so that what two
 * inputs have in common cancels or adds as it should.
 */
#include "population.h"

/* Degrees of freedom of the noise a pulse was measured with: of its own baseline, or of the one that was carried over to it; at least 1. */
double pulse_noise_dof(const struct population *in, const struct pulse *pulse);
/*
 * A standard uncertainty that the noise of a pulse's samples led to: of the noise the share of the rounding to counts (q / sqrt(12) of it) is
 * named quantisation. Independent of every other noise.
 */
void contribute_noise(struct budget *budget, const struct population *in, const struct pulse *pulse, double u, double c);
/* The zero line before a pulse; of a pulse without room for one it is the channel's offset. */
void contribute_baseline(struct budget *budget, const struct pulse *pulse, double c);
/* The gain of a channel (certificate, position, ADC): c is the part of the value that is proportional to it. */
void contribute_gain(struct budget *budget, const struct channel *channel, double c);
/* What the correction of the droop leaves, relative to the pulse's first peak: it is trusted to a tenth. */
void contribute_droop(struct budget *budget, const struct population *in, const struct pulse *pulse, double c);
/* The rate of the sample clock: c is the time, or what is proportional to it. */
void contribute_clock(struct budget *budget, const struct population *in, double c);
/* The onset of a pulse as an instant of the recording: noise, the sensor's delay and lag, the clock. */
void contribute_onset(struct budget *budget, const struct population *in, const struct pulse *pulse, double c);
/* A peak of a pulse with its random standard uncertainty u_a: noise, baseline, gain, bandwidth. */
void contribute_peak(struct budget *budget, const struct population *in, const struct pulse *pulse, double peak_a, double u_a);
/* The random part of a peak's u that is not the baseline's. */
double peak_noise_a(const struct pulse *pulse, double u_a);
/* An edge of the logic analyser, as an instant of the recording: its sampling and the alignment of its clock. */
void contribute_edge(struct budget *budget, const struct population *in, double time_s, double c);
