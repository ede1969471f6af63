/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One channel: the sensor's response, its systematic errors (drawn once a run from the distributions its calibration states), and the ADC's
 * counts.
 */
#include <stdint.h>

#include "bench_setup.h"

struct sim_sensor {
	enum channel_role role;
	double delay_s;         /* true delay */
	double pole_per_s;      /* bandwidth, single pole; INFINITY: none */
	double droop_per_s;     /* 1/time constant of the high-pass; 0: DC-coupled */
	double counts_per_unit; /* true gain of the chain */
	double count_offset;    /* at an input of 0 */
	double noise_counts;
	float count_min, count_max;
	double high_v; /* trigger channel: level of a logic 1 */
};

struct sim_sensor sim_sensor_make(const struct adc_channel_setup *setup, unsigned channel, uint64_t seed);

/* A signal on a regular grid: samples[n] at n * step_s, first and last value hold outside. */
struct sim_grid {
	const double *samples;
	size_t count;
	double step_s;
};
/*
 * The sensor's output to a grid signal (unit of the channel), for `frames` samples frame_s apart; the grid begins lead_s after the first of
 * them. The bandwidth applies to all, the droop only to what starts from rest at 0 (coil current). Returns the state of the droop at the
 * time of sample number `frames`, which decays from there.
 */
double sim_sensor_respond(const struct sim_sensor *sensor, const struct sim_grid *grid, double lead_s, double frame_s, float *out,
			  size_t frames);
/* How long after the end of a grid signal the bandwidth still matters, s. */
double sim_sensor_settling_s(const struct sim_sensor *sensor);

/*
 * Counts of n frames (at most SIM_CHUNK) of one channel: base + slope k, or, when signal is not NULL, signal[k] (counts), plus noise[k] times the
 * channel's noise; rounded and clamped. noise must hold n numbers.
 */
enum { SIM_CHUNK = 1024 };
void sim_quantise_line(const struct sim_sensor *sensor, float base, float slope, const float *noise, size_t n, int16_t *counts);
void sim_quantise_signal(const struct sim_sensor *sensor, const float *signal, const float *noise, size_t n, int16_t *counts);
/* Weaves channel_count planes of n samples, SIM_CHUNK apart, into frames. */
void sim_interleave(const int16_t *planes, unsigned channel_count, size_t n, int16_t *frames);
