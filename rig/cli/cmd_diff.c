/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "bundle_place.h"
#include "command.h"
#include "diff.h"
#include "folder.h"
#include "inputs.h"
#include "replay.h"
#include "verdict.h"

enum { KEY_JSON = 256 };

struct diff_arguments {
	const char *bundle[2];
	unsigned count;
	bool json;
};

static const struct argp_option OPTIONS[] = {
	{"json", KEY_JSON, 0, 0, "Print JSON instead of tables", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct diff_arguments *arguments = state->input;
	switch (key) {
	case KEY_JSON: arguments->json = true; return 0;
	case ARGP_KEY_ARG:
		if (arguments->count == 2)
			argp_error(state, "more than two bundles: '%s'", argument);
		arguments->bundle[arguments->count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (arguments->count < 2)
			argp_error(state, "two bundles are needed, for example `diff evidence/monday evidence/tuesday`");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"A B",
	"Compares two bundles as they stand: setup, plan, measurands with their differences in units of the combined standard uncertainty, "
	"verdicts. "
	"It believes both; `tmsrig verify` tells whether they hold.\v"
	"Exit status: 0 setup, plan and verdicts are the same, 1 something of them differs, 2 not a bundle, or wrong usage.",
	NULL,
	NULL,
	NULL,
};

/* One side. */
struct side {
	struct bundle_place place;
	struct replay replay;
	struct diff_measurands measurands;
	json_t *environment; /* NULL: not kept */
};

static bool read_side(struct side *side, const char *bundle, struct error *error)
{
	const char *dir = side->place.dir;
	char path[PATH_MAX], name[NAME_MAX + 1];
	json_error_t problem;
	if (folder_unfinished(bundle, name))
		return error_config(error, "%s: was never finished; what is in it is no evidence", bundle);
	if (!bundle_place_open(&side->place, bundle, error) || !replay_open(dir, &side->replay, error) ||
	    !diff_read_measurands(dir, &side->measurands, error))
		return false;
	if (snprintf(path, sizeof path, "%s/environment.json", dir) >= (int)sizeof path)
		return error_config(error, "%s: the path is too long", dir);
	side->environment = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	return side->environment || problem.line < 0 ||
	       error_config(error, "%s:%d:%d: %s", path, problem.line, problem.column, problem.text);
}

static void show(const struct side *a, const struct side *b, const struct diff_arguments *arguments, struct diff_output *output)
{
	if (output->json) {
		emit_open_object(output->json, NULL);
		emit_string(output->json, "a", arguments->bundle[0]);
		emit_string(output->json, "b", arguments->bundle[1]);
	} else {
		printf("a  %s\nb  %s\n", arguments->bundle[0], arguments->bundle[1]);
	}
	diff_show_setup(output, a->replay.result, b->replay.result);
	diff_show_environment(output, a->environment, b->environment);
	diff_show_plan(output, a->replay.result, b->replay.result);
	diff_show_measurands(output, &a->measurands, &b->measurands);
	diff_show_verdicts(output, a->replay.result, b->replay.result);
	if (output->json) {
		emit_unsigned(output->json, "differences", output->differences);
		emit_close_object(output->json);
	}
}

static void finish(struct side *side)
{
	replay_finish(&side->replay);
	bundle_place_close(&side->place);
	free(side->measurands.items);
	json_decref(side->environment);
}

static int diff(int argc, char **argv)
{
	struct diff_arguments arguments = {.count = 0};
	struct error error = {0};
	struct side a = {0}, b = {0};
	inputs_argp(&ARGP, "diff", argc, argv, &arguments);
	struct json_emitter emitter = {.file = stdout};
	struct diff_output output = {.json = arguments.json ? &emitter : NULL};
	bool read = read_side(&a, arguments.bundle[0], &error) && read_side(&b, arguments.bundle[1], &error);
	if (read)
		show(&a, &b, &arguments, &output);
	finish(&a);
	finish(&b);
	if (!read)
		return command_fail(&error);
	return output.differences > 0 ? EXIT_NONCONFORMANT : EXIT_CONFORMANT;
}

const struct command command_diff = {"diff", "compare two bundles", diff};
