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
