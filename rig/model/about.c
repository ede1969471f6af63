/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "about.h"

const struct about_key ABOUT_KEYS[ABOUT_COUNT] = {
	{"laboratory", "name"},
	{"laboratory", "address"},
	{"laboratory", "location"},
	{"laboratory", "contact"},
	{"laboratory", "accreditation"},
	{"customer", "name"},
	{"customer", "address"},
	{"customer", "order"},
	{"item", "description"},
	{"item", "udi"},
	{"item", "hardware_revision"},
	{"item", "software_version"},
	{"item", "software_sha256"},
	{"item", "coil_serial"},
	{"item", "condition"},
	{"item", "received", .date = true},
	{"item", "pulse_counter_before"},
	{"item", "pulse_counter_after"},
	{"method", "procedure"},
	{"method", "sampling"},
	{"method", "deviations"},
	{"method", "external_results"},
	{"environment", "temperature"},
	{"environment", "humidity"},
	{"environment", "mains"},
	{"environment", "warm_up"},
	{"environment", "coil_temperature"},
	{"environment", "remarks"},
	{"rig", "serial"},
	{"rig", "firmware"},
	{"rig", "validation"},
	{"rig", "known_anomalies"},
	{"report", "number"},
	{"report", "issued", .date = true},
	{"report", "authorised_by"},
	{"report", "amends"},
	{"report", "reviewed_by"},
	{"report", "raw_data"},
	{"report", "retention"},
	{"report", "opinions"},
};

struct about about_over(const struct about *base, const struct about *over)
{
	struct about about = base ? *base : (struct about){{NULL}};
	for (int i = 0; over && i < ABOUT_COUNT; i++)
		if (over->value[i])
			about.value[i] = over->value[i];
	return about;
}

void about_file_destroy(struct about_file *file)
{
	if (file)
		arena_destroy(file->arena);
}
