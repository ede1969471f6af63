/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>

#include "command.h"
#include "folder.h"
#include "inputs.h"
#include "paths.h"
#include "report.h"

struct report_arguments {
	const char *dir, *out;
};

static const struct argp_option OPTIONS[] = {
	{"out", 'o', "DIR", 0, "Where the views go (required)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct report_arguments *arguments = state->input;
	switch (key) {
	case 'o': arguments->out = argument; return 0;
	case ARGP_KEY_ARG:
		if (arguments->dir)
			argp_error(state, "more than one evidence folder");
		arguments->dir = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->dir)
			argp_error(state, "no evidence folder given");
		if (!arguments->out)
			argp_error(state, "--out DIR is needed; the evidence itself is not touched");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS, parse_option, "EVIDENCE", "Renders every view (report.html, junit.xml, your own) from an evidence folder again.",
	NULL,    NULL,         NULL,
};

static int report(int argc, char **argv)
{
	struct report_arguments arguments = {0};
	struct error error = {0};
	inputs_argp(&ARGP, "report", argc, argv, &arguments);
	char templates[PATH_MAX];
	if (!paths_data("reports", templates, sizeof templates, &error) || !folder_make(arguments.out, &error) ||
	    !report_render(arguments.dir, templates, arguments.out, &error))
		return command_fail(&error);
	printf("report: %s/report.html\n", arguments.out);
	return 0;
}

const struct command command_report = {"report", "render the views of an evidence folder again", report};
