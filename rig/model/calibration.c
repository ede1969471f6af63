/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration.h"

#include <stdio.h>
#include <string.h>

enum calibration_state calibration_of(const struct sensor *sensor, const char *date)
{
	if (!sensor || !sensor->date || !sensor->due)
		return CALIBRATION_MISSING;
	if (strcmp(date, sensor->date) < 0)
		return CALIBRATION_LATER;
	return strcmp(date, sensor->due) > 0 ? CALIBRATION_OVERDUE : CALIBRATION_IN_FORCE;
}

struct calibration_check calibration_check(const struct bench_setup *setup, const char *date, bool override)
{
	struct calibration_check check = {.overridden = override, .channel_count = setup->adc.channel_count};
	bool simulated = setup->adc.driver && strcmp(setup->adc.driver, "sim") == 0;
	snprintf(check.date, sizeof check.date, "%s", date);
	for (unsigned c = 0; c < check.channel_count; c++) {
		const struct adc_channel_setup *channel = &setup->adc.channels[c];
		enum channel_role role = channel->channel.role;
		bool needed = role == CHANNEL_COIL_CURRENT || role == CHANNEL_CAPACITOR_VOLTAGE;
		check.channels[c] = (struct calibration_channel){
			.name = channel->channel.name,
			.role = role,
			.state = !needed     ? CALIBRATION_NOT_NEEDED
				 : simulated ? CALIBRATION_SIMULATED
					     : calibration_of(channel->sensor, date),
			.made = channel->sensor ? channel->sensor->date : NULL,
			.due = channel->sensor ? channel->sensor->due : NULL,
		};
	}
	return check;
}

bool calibration_holds(enum calibration_state state)
{
	switch (state) {
	case CALIBRATION_IN_FORCE:
	case CALIBRATION_SIMULATED:
	case CALIBRATION_NOT_NEEDED: return true;
	case CALIBRATION_OVERDUE:
	case CALIBRATION_LATER:
	case CALIBRATION_MISSING: return false;
	}
	return false;
}

bool calibration_overrides(const struct calibration_check *check)
{
	for (unsigned c = 0; check->overridden && c < check->channel_count; c++)
		if (!calibration_holds(check->channels[c].state))
			return true;
	return false;
}

const struct calibration_channel *calibration_find(const struct calibration_check *check, enum channel_role role)
{
	for (unsigned c = 0; c < check->channel_count; c++)
		if (check->channels[c].role == role)
			return &check->channels[c];
	return NULL;
}

const char *calibration_state_name(enum calibration_state state)
{
	switch (state) {
	case CALIBRATION_IN_FORCE: return "in_force";
	case CALIBRATION_SIMULATED: return "simulated";
	case CALIBRATION_OVERDUE: return "overdue";
	case CALIBRATION_LATER: return "later";
	case CALIBRATION_MISSING: return "missing";
	case CALIBRATION_NOT_NEEDED: return "not_needed";
	}
	return "?";
}
