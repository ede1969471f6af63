/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A pulse: one detected discharge, its fitted parameters, and the expected pulse it was matched to.
 */
#include <stdbool.h>
#include <stdint.h>

enum waveform {
	WAVEFORM_UNKNOWN,
	WAVEFORM_BIPHASIC,
	WAVEFORM_MONOPHASIC,
	WAVEFORM_HALF_SINE,
	WAVEFORM_RECTANGULAR,
};

enum pulse_match {
	PULSE_UNMATCHED,   /* no plan to match with */
	PULSE_MATCHED,     /* belongs to expected pulse `expected` */
	PULSE_EXTRA,       /* nobody planned it; a trigger edge preceded it */
	PULSE_PROVOKED,    /* on a trigger that the device should have refused, or might have: for the measurands of interlocks to judge */
	PULSE_UNTRIGGERED, /* nobody planned it and no trigger edge preceded it: critical */
};

enum { PULSE_NOT_EXPECTED = -1 };

/* All times are on the recording's time base (s since sample 0), sensor delay subtracted. NAN where a value could not be had. */
struct pulse {
	double onset_s, u_onset_s;
	double trigger_s;                   /* the trigger edge that caused it; NAN for none */
	double u_trigger_s, u_time_base_s;  /* of it: random, and of the alignment it came through (systematic; 0 for none) */
	double peak1_s, peak1_a, u_peak1_a; /* signed; u: random part only */
	double peak2_s, peak2_a, u_peak2_a; /* of the second lobe; NAN for monophasic and half-sine */
	double u_peak_ratio;                /* of |peak2_a / peak1_a|, where both are of one fit; else NAN */
	double u_rise_s;                    /* of peak1_s - onset_s */
	double zero1_s, zero2_s;            /* current zeros after the first and the second lobe */
	double rise_10_90_s, u_rise_10_90_s;
	double didt0_a_per_s, u_didt0_a_per_s;                    /* the fit's slope at the onset */
	double fit_amplitude_a, fit_alpha_per_s, fit_omega_per_s; /* i = A exp(-alpha t) sin(omega t), t from the onset */
	double u_fit_alpha_per_s, u_fit_omega_per_s;
	double fit_residual_rel;             /* rms of the residual, relative to |peak1_a| */
	double half_width_s, u_half_width_s; /* first lobe at 50 % of the peak */
	double after_current_rel; /* largest |i| from 5 us after the end to the end of the window, at most 500 us, relative to |peak1_a| */
	double net_charge_as;     /* integral of the current, signed, from the onset to the end (at most 1 ms) */
	double u_net_charge_as;   /* of it, from the noise of the samples; the baseline's comes to it, times charge_s */
	double charge_s;          /* the time integrated over */
	double noise_a, baseline_a; /* of the samples before the onset */
	double u_baseline_a;
	/* Features of pulse_shape.h; single precision is far more than their uncertainty. u: random part only. */
	float u_zero1_s, u_zero2_s;
	float u_from_onset1_s, u_from_onset2_s; /* of the time from the onset to these zeros, which may have much in common with it */
	float width_10_s, u_width_10_s;         /* first lobe at 10 % of the peak */
	float half_width_linear_s, u_half_width_linear_s;   /* at 50 %, by linear interpolation between two samples */
	float e_rise_s, u_e_rise_s;                         /* from where di/dt passes half of its first value to the first peak */
	float phase1_s, u_phase1_s, phase2_s, u_phase2_s;   /* near-rectangular: onset to corner, corner to zero */
	float slope_max_a_per_s, u_slope_max_a_per_s;       /* smoothed, outside the switching instants; in the direction of the pulse */
	float raw_slope_max_a_per_s, raw_slope_min_a_per_s; /* from sample to sample, everywhere */
	float action_a2s, u_action_a2s;                     /* integral of the current's square, that of its noise subtracted */
	float flux_rel, u_flux_rel;                         /* current after the end less that before the onset, relative to |peak1_a| */
	float u_after_current_rel;
	float after_late_rel, u_after_late_rel; /* largest |i| from 5 us after the end to the end of the pulse's samples, relative */
	float ringing_hz, u_ringing_hz;         /* of the after-current; NAN when it does not ring */
	float fit_worst_rel;                    /* largest |i - fit| outside the switching instants, relative */
	float fit_correlation;                  /* of fit_alpha_per_s and fit_omega_per_s */
	float u_stored_charge_rel;              /* of didt0 / (alpha^2 + omega^2) */
	double noise_dof;     /* degrees of freedom of noise_a; 0 when nothing preceded the pulse and the noise was carried over */
	uint64_t first_frame; /* the samples it was measured on */
	uint32_t frames;
	int32_t expected; /* index into the plan's pulses, or PULSE_NOT_EXPECTED */
	enum pulse_match match;
	enum waveform waveform;
	int16_t least_count, most_count; /* of its samples, as they were recorded */
	bool clipped;                    /* at least two samples at full scale, or a flat top that neither noise nor rounding makes */
	bool voided;                     /* a gap touches its window: nothing measured on it counts */
};

/* Static strings: "biphasic", …; "matched", … */
const char *waveform_name(enum waveform waveform);
const char *pulse_match_name(enum pulse_match match);
/* Reads a waveform's name; false when there is none of that name. */
bool waveform_from_name(const char *name, enum waveform *waveform);
