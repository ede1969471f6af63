/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "specimen.h"

#include <math.h>
#include <stddef.h>

#include "draw.h"

/* Of the circuit fitted to a MagPro X100: R/L and Rd/L in 1/s, Ls/L, Vd/V0, and the frequency f0. */
#define CIRCUIT_R 1354.0
#define CIRCUIT_RD 4024.0
#define CIRCUIT_LS 0.0575
#define CIRCUIT_VD 0.0017
#define CIRCUIT_HZ 3263.0
#define SECOND_PHASE 0.15
#define FREE_WHEEL_RISES 1.2

enum { CIRCUIT_POINTS = 8000, CIRCUIT_PERIODS = 8 };

static double omega_of(const struct specimen *specimen)
{
	return 2 * DRAW_PI / specimen->period_s;
}

static double alpha_of(const struct specimen *specimen)
{
	return -2 * log(specimen->ratio) / specimen->period_s;
}

/* exp(-alpha t) sin(omega t) by its first peak. */
static double wave(const struct specimen *specimen, double t)
{
	double alpha = alpha_of(specimen), omega = omega_of(specimen), peak_s = atan2(omega, alpha) / omega;
	return exp(-alpha * (t - peak_s)) * sin(omega * t) / sin(omega * peak_s);
}

/* Current of the monophasic circuit over time in periods, by its first peak; explicit Euler with steps of 1e-5 periods. */
static double circuit_at(double periods)
{
	static double table[CIRCUIT_POINTS + 1];
	static double peak;
	if (!(peak > 0)) {
		const unsigned inner = 100;
		double i = 0, v = 1, j = 0, h = (double)CIRCUIT_PERIODS / CIRCUIT_POINTS / inner / CIRCUIT_HZ,
		       w2 = 4 * DRAW_PI * DRAW_PI * CIRCUIT_HZ * CIRCUIT_HZ;
		for (size_t k = 1; k <= CIRCUIT_POINTS; k++) {
			for (unsigned n = 0; n < inner; n++) {
				bool conducts = j > 0 || v < -CIRCUIT_VD;
				double di = v - CIRCUIT_R * i, dv = w2 * (j - i),
				       dj = conducts ? (-v - CIRCUIT_VD - CIRCUIT_RD * j) / CIRCUIT_LS : 0;
				i += h * di;
				v += h * dv;
				j = conducts ? fmax(0, j + h * dj) : 0;
			}
			table[k] = i;
			peak = fmax(peak, i);
		}
	}
	double at = periods * CIRCUIT_POINTS / CIRCUIT_PERIODS;
	size_t k = (size_t)at;
	return k >= CIRCUIT_POINTS ? 0 : (table[k] + (at - (double)k) * (table[k + 1] - table[k])) / peak;
}

/* Where the sagging field has come down to `ratio` of its first value, as an angle of its oscillation. */
static double sag(const struct specimen *specimen)
{
	return acos(specimen->ratio);
}

static double tail(const struct specimen *specimen, double t, double tail_periods)
{
	double rise_s = specimen_rise_s(specimen);
	return t < rise_s ? wave(specimen, t) : exp((rise_s - t) / (tail_periods * specimen->period_s));
}

static double second_phase(const struct specimen *specimen, double t)
{
	double rise_s = specimen_rise_s(specimen), tau_s = 0.4 * specimen->period_s;
	if (t < rise_s)
		return wave(specimen, t);
	return (1 + SECOND_PHASE) * exp((rise_s - t) / tau_s) - SECOND_PHASE * exp((rise_s - t) / (4 * tau_s));
}

static double sagging(const struct specimen *specimen, double t)
{
	double rise_s = specimen_rise_s(specimen), angle = sag(specimen);
	return t < rise_s ? sin(angle * t / rise_s) / sin(angle) : exp((rise_s - t) / (FREE_WHEEL_RISES * rise_s));
}

double specimen_at(const struct specimen *specimen, double t_s)
{
	double rise_s = specimen_rise_s(specimen);
	if (t_s <= 0)
		return 0;
	switch (specimen->kind) {
	case SPECIMEN_BIPHASIC: return t_s < specimen->period_s ? wave(specimen, t_s) : 0;
	case SPECIMEN_HALF_SINE: return t_s < 0.5 * specimen->period_s ? wave(specimen, t_s) : 0;
	case SPECIMEN_TAIL: return tail(specimen, t_s, 0.6);
	case SPECIMEN_SHORT_TAIL: return tail(specimen, t_s, 0.35);
	case SPECIMEN_SECOND_PHASE: return second_phase(specimen, t_s);
	case SPECIMEN_CIRCUIT: return circuit_at(t_s / specimen->period_s);
	case SPECIMEN_TRIANGLE: return fmax(0, t_s < rise_s ? t_s / rise_s : 2 - t_s / rise_s);
	case SPECIMEN_SLOW_FALL: return fmax(0, t_s < rise_s ? t_s / rise_s : 1.5 - 0.5 * t_s / rise_s);
	case SPECIMEN_CTMS: return sagging(specimen, t_s);
	case SPECIMENS: break;
	}
	return 0;
}

double specimen_end_s(const struct specimen *specimen)
{
	switch (specimen->kind) {
	case SPECIMEN_BIPHASIC: return specimen->period_s;
	case SPECIMEN_HALF_SINE: return 0.5 * specimen->period_s;
	case SPECIMEN_TRIANGLE: return 2 * specimen_rise_s(specimen);
	case SPECIMEN_SLOW_FALL: return 3 * specimen_rise_s(specimen);
	case SPECIMEN_TAIL:
	case SPECIMEN_SHORT_TAIL:
	case SPECIMEN_SECOND_PHASE:
	case SPECIMEN_CIRCUIT:
	case SPECIMEN_CTMS:
	case SPECIMENS: break;
	}
	return NAN;
}

double specimen_rise_s(const struct specimen *specimen)
{
	double omega = omega_of(specimen);
	switch (specimen_waveform(specimen->kind)) {
	case WAVEFORM_BIPHASIC:
	case WAVEFORM_HALF_SINE:
	case WAVEFORM_MONOPHASIC: return atan2(omega, alpha_of(specimen)) / omega;
	case WAVEFORM_RECTANGULAR: return 0.25 * specimen->period_s;
	case WAVEFORM_UNKNOWN: break;
	}
	return NAN;
}

enum waveform specimen_waveform(enum specimen_kind kind)
{
	switch (kind) {
	case SPECIMEN_BIPHASIC: return WAVEFORM_BIPHASIC;
	case SPECIMEN_HALF_SINE: return WAVEFORM_HALF_SINE;
	case SPECIMEN_TAIL:
	case SPECIMEN_SHORT_TAIL:
	case SPECIMEN_SECOND_PHASE:
	case SPECIMEN_CIRCUIT: return WAVEFORM_MONOPHASIC;
	case SPECIMEN_TRIANGLE:
	case SPECIMEN_SLOW_FALL:
	case SPECIMEN_CTMS: return WAVEFORM_RECTANGULAR;
	case SPECIMENS: break;
	}
	return WAVEFORM_UNKNOWN;
}

const char *specimen_name(enum specimen_kind kind)
{
	static const char *const names[SPECIMENS] = {
		"biphasic", "half-sine",       "monophasic", "mono, short tail", "mono, second phase", "mono, circuit",
		"triangle", "ramp, slow fall", "cTMS",
	};
	return names[kind];
}
