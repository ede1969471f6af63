/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dependence.h"

#include <string.h>

static const struct dependence TABLE[] = {
	{"session.pulse_count", CHANNEL_OTHER, NULL},
	{"session.missing", CHANNEL_OTHER, NULL},
	{"session.extra", CHANNEL_OTHER, NULL},
	{"session.untriggered", CHANNEL_OTHER, NULL},
	{"session.gaps", CHANNEL_OTHER, NULL},
	{"pulse.latency", CHANNEL_COIL_CURRENT, "delay"},
	{"session.latency_jitter", CHANNEL_OTHER, NULL},
	{"pulse.interval", CHANNEL_OTHER, NULL},
	{"pulse.interval_error", CHANNEL_OTHER, NULL},
	{"train.rate", CHANNEL_OTHER, NULL},
	{"train.duration", CHANNEL_OTHER, NULL},
	{"train.interval", CHANNEL_OTHER, NULL},
	{"session.duration", CHANNEL_OTHER, NULL},
	{"pair.interval", CHANNEL_OTHER, NULL},
	{"pulse.peak1", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"pulse.peak1_error", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"pulse.polarity", CHANNEL_OTHER, NULL},
	{"pulse.peak2", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"pulse.peak_ratio", CHANNEL_COIL_CURRENT, "offset and droop"},
	{"pulse.rise_time_10_90", CHANNEL_OTHER, NULL},
	{"pulse.rise_time", CHANNEL_OTHER, NULL},
	{"pulse.half_width", CHANNEL_OTHER, NULL},
	{"pulse.period", CHANNEL_OTHER, NULL},
	{"pulse.decay_alpha", CHANNEL_OTHER, NULL},
	{"pulse.initial_slope", CHANNEL_COIL_CURRENT, "gain"},
	{"pulse.fit_residual", CHANNEL_OTHER, NULL},
	{"pulse.after_current", CHANNEL_COIL_CURRENT, "droop"},
	{"pulse.net_charge", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"session.amplitude_cv", CHANNEL_OTHER, NULL},
	{"session.linearity_inl", CHANNEL_OTHER, NULL},
	{"session.linearity_offset", CHANNEL_COIL_CURRENT, "offset"},
	{"train.droop", CHANNEL_OTHER, NULL},
	{"discharge.time", CHANNEL_CAPACITOR_VOLTAGE, "gain and offset"},
	{"discharge.reached", CHANNEL_CAPACITOR_VOLTAGE, "gain and offset"},
	{"session.idle_peak", CHANNEL_COIL_CURRENT, "gain"},
	{"pulse.zero1", CHANNEL_OTHER, NULL},
	{"pulse.width_zeros", CHANNEL_OTHER, NULL},
	{"pulse.width_peaks", CHANNEL_OTHER, NULL},
	{"pulse.width_fda", CHANNEL_OTHER, NULL},
	{"pulse.width_10", CHANNEL_OTHER, NULL},
	{"pulse.half_width_linear", CHANNEL_OTHER, NULL},
	{"pulse.rise_time_field", CHANNEL_OTHER, NULL},
	{"pulse.phase1_width", CHANNEL_OTHER, NULL},
	{"pulse.phase2_width", CHANNEL_OTHER, NULL},
	{"pulse.slope_max", CHANNEL_COIL_CURRENT, "gain"},
	{"pulse.slope_max_raw", CHANNEL_COIL_CURRENT, "gain"},
	{"pulse.field_ratio", CHANNEL_OTHER, NULL},
	{"pulse.field_ratio_raw", CHANNEL_OTHER, NULL},
	{"pulse.damping_ratio", CHANNEL_OTHER, NULL},
	{"pulse.lc", CHANNEL_OTHER, NULL},
	{"pulse.stored_charge", CHANNEL_COIL_CURRENT, "gain"},
	{"pulse.action", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"pulse.flux_balance", CHANNEL_COIL_CURRENT, "droop"},
	{"pulse.after_current_late", CHANNEL_COIL_CURRENT, "droop"},
	{"pulse.ringing_frequency", CHANNEL_OTHER, NULL},
	{"pulse.fit_worst", CHANNEL_OTHER, NULL},
	{"pulse.waveform_match", CHANNEL_OTHER, NULL},
	{"pulse.waveform_match_worst", CHANNEL_OTHER, NULL},
	{"pulse.waveform", CHANNEL_OTHER, NULL},
	{"pulse.trigger_out", CHANNEL_COIL_CURRENT, "delay"},
	{"pulse.recharge_time", CHANNEL_CAPACITOR_VOLTAGE, "offset"},
	{"session.latency_jitter_net", CHANNEL_OTHER, NULL},
	{"session.latency_peak_to_peak", CHANNEL_OTHER, NULL},
	{"train.period_jitter", CHANNEL_OTHER, NULL},
	{"train.period_error_max", CHANNEL_OTHER, NULL},
	{"train.cycle_jitter", CHANNEL_OTHER, NULL},
	{"train.cycle_error_max", CHANNEL_OTHER, NULL},
	{"train.tie_max", CHANNEL_OTHER, NULL},
	{"train.clock_error", CHANNEL_OTHER, NULL},
	{"train.tie_residual", CHANNEL_OTHER, NULL},
	{"session.period_jitter", CHANNEL_OTHER, NULL},
	{"session.period_error_max", CHANNEL_OTHER, NULL},
	{"session.cycle_jitter", CHANNEL_OTHER, NULL},
	{"session.cycle_error_max", CHANNEL_OTHER, NULL},
	{"session.tie_max", CHANNEL_OTHER, NULL},
	{"session.clock_error", CHANNEL_OTHER, NULL},
	{"session.tie_residual", CHANNEL_OTHER, NULL},
	{"train.allan_deviation", CHANNEL_OTHER, NULL},
	{"train.duration_with_interval", CHANNEL_OTHER, NULL},
	{"train.peak_least", CHANNEL_OTHER, NULL},
	{"train.peak_largest", CHANNEL_OTHER, NULL},
	{"train.rate_share", CHANNEL_OTHER, NULL},
	{"session.amplitude_exactness", CHANNEL_OTHER, NULL},
	{"session.amplitude_precision", CHANNEL_OTHER, NULL},
	{"session.amplitude_cv_upper", CHANNEL_OTHER, NULL},
	{"session.linearity_gain", CHANNEL_COIL_CURRENT, "gain"},
	{"session.linearity_hysteresis", CHANNEL_OTHER, NULL},
	{"session.linearity_monotonicity", CHANNEL_OTHER, NULL},
	{"session.drift", CHANNEL_OTHER, NULL},
	{"session.last_to_first", CHANNEL_OTHER, NULL},
	{"session.leakage_peak", CHANNEL_COIL_CURRENT, "gain"},
	{"session.residual_mean", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"session.residual_rms", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"session.trigger_threshold", CHANNEL_OTHER, NULL},
	{"session.trips", CHANNEL_OTHER, NULL},
	{"session.trip_rate_bound", CHANNEL_OTHER, NULL},
	{"storage.voltage", CHANNEL_CAPACITOR_VOLTAGE, "gain and offset"},
	{"discharge.time_constant", CHANNEL_CAPACITOR_VOLTAGE, "offset"},
	{"discharge.rebound", CHANNEL_CAPACITOR_VOLTAGE, "gain"},
	{"interlock.last_pulse", CHANNEL_OTHER, NULL},
	{"interlock.ready_low", CHANNEL_OTHER, NULL},
	{"interlock.fault", CHANNEL_OTHER, NULL},
	{"interlock.charger_off", CHANNEL_OTHER, NULL},
	{"interlock.rise", CHANNEL_CAPACITOR_VOLTAGE, "gain"},
	{"interlock.pulses", CHANNEL_OTHER, NULL},
	{"interlock.amplitude_error", CHANNEL_COIL_CURRENT, "gain and offset"},
	{"interlock.interval", CHANNEL_OTHER, NULL},
	{"interlock.pair_error", CHANNEL_OTHER, NULL},
	{"session.provoked", CHANNEL_OTHER, NULL},
	{"interlock.trials", CHANNEL_OTHER, NULL},
	{"interlock.failure_bound", CHANNEL_OTHER, NULL},
};

static const struct dependence *find(const char *measurand)
{
	for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
		if (strcmp(TABLE[i].measurand, measurand) == 0)
			return &TABLE[i];
	return NULL;
}

const struct dependence *dependence_of(const char *measurand)
{
	static const struct dependence UNKNOWN = {"", CHANNEL_COIL_CURRENT, "calibration"};
	const struct dependence *found = find(measurand);
	return found ? found : &UNKNOWN;
}

bool dependence_is_stated(const char *measurand)
{
	return find(measurand) != NULL;
}
