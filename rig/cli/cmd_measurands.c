/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "command.h"
#include "inputs.h"
#include "measurands.h"

static const char *wanted;

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG:
		if (wanted)
			argp_error(state, "more than one measurand");
		wanted = argument;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	NULL, parse_option, "[MEASURAND]", "Lists the measurands that requirements can name, or explains one.", NULL, NULL, NULL,
};

static void list(const struct measurand *const *all, size_t count, enum subject subject)
{
	for (size_t i = 0; i < count; i++)
		if (all[i]->subject == subject)
			printf("%-32s %-4s %-9s %s\n", all[i]->id, all[i]->unit, subject_name(subject), all[i]->title);
}

static int measurands(int argc, char **argv)
{
	inputs_argp(&ARGP, "measurands", argc, argv, NULL);
	size_t count;
	const struct measurand *const *all = measurands_all(&count);
	if (!wanted) {
		for (enum subject subject = SUBJECT_PULSE; subject <= SUBJECT_SESSION; subject++)
			list(all, count, subject);
		return 0;
	}
	const struct measurand *measurand = measurand_find(wanted);
	if (!measurand) {
		struct error error = {0};
		error_config(&error, "there is no measurand '%s'; `tmsrig measurands` lists them", wanted);
		return command_fail(&error);
	}
	printf("%s, version %u\n%s\nunit: %s, one per %s\n%s\nsource: %s\n", measurand->id, measurand->version, measurand->title,
	       measurand->unit, subject_name(measurand->subject), measurand->definition, measurand->source);
	return 0;
}

const struct command command_measurands = {"measurands", "list what can be measured, with definitions", measurands};
