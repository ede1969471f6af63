/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "command.h"
#include "config.h"
#include "imported.h"
#include "inputs.h"
#include "paths.h"

enum { KEY_TYPE = 256, KEY_ID, KEY_MAP, MAPS_MAX = 32 };

struct import_arguments {
	const char *file, *out, *id;
	const char *maps[MAPS_MAX];
	struct import_options options;
};

static const struct argp_option OPTIONS[] = {
	{"out", 'o', "SPEC.yaml", 0, "The specification to write, which must not be there (required)", 0},
	{"type", KEY_TYPE, "NAME,...", 0,
	 "Only objects of these types; \"all\" for every one. Of a needs.json the type req is taken where there is one", 0},
	{"map", KEY_MAP, "FIELD=ATTRIBUTE", 0,
	 "An attribute of another name than those that are known, for example text=technical_description; may be repeated", 0},
	{"id", KEY_ID, "NAME", 0, "Id of the specification; the name of the file it is written to when left out", 0},
	{0},
};

static void add_map(struct argp_state *state, struct import_arguments *arguments, const char *map)
{
	const char *sign = strchr(map, '=');
	if (!sign || !sign[1] || !imported_is_field(map, (size_t)(sign - map)))
		argp_error(state,
			   "--map %s: FIELD=ATTRIBUTE is needed, with a field like id, text, revision, hazard, risk_control, minimum", map);
	if (arguments->options.map_count == MAPS_MAX)
		argp_error(state, "more than %d times --map", MAPS_MAX);
	arguments->maps[arguments->options.map_count++] = map;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct import_arguments *arguments = state->input;
	switch (key) {
	case 'o': arguments->out = argument; return 0;
	case KEY_TYPE: arguments->options.types = argument; return 0;
	case KEY_ID: arguments->id = argument; return 0;
	case KEY_MAP: add_map(state, arguments, argument); return 0;
	case ARGP_KEY_ARG:
		if (arguments->file)
			argp_error(state, "more than one file: '%s'", argument);
		arguments->file = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->file || !arguments->out)
			argp_error(state, "a file and --out SPEC.yaml are needed");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS, parse_option,
	"FILE",  "Makes a specification of the requirements in a ReqIF file (.reqif, .reqifz) or a needs.json of Sphinx-Needs.",
	NULL,    NULL,
	NULL,
};

/* "specs/my spec.yaml" becomes "my-spec". */
static void name_spec(const char *out, char id[NAME_MAX])
{
	const char *base = strrchr(out, '/') ? strrchr(out, '/') + 1 : out;
	snprintf(id, NAME_MAX, "%s", base);
	char *dot = strrchr(id, '.');
	if (dot && dot != id)
		*dot = '\0';
	for (char *s = id; *s; s++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *s))
			*s = '-';
}

/* What cannot be read back as a specification is not left there. */
static bool check_spec(const char *path, const char *source, struct error *error)
{
	char fixtures[PATH_MAX], file[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, error))
		return false;
	snprintf(file, sizeof file, "%s%s", strchr(path, '/') ? "" : "./", path);
	auto_spec struct spec *spec = config_load_spec(file, fixtures, inputs_measurand_unit, NULL, error);
	if (spec)
		return true;
	error_prefix(error, "%s: what it holds makes no specification", source);
	unlink(path);
	return false;
}

/* Which types of objects there were: whoever takes a file of another tool has to see that no requirement was left out. */
static void print_types(const struct imported *imported)
{
	if (imported->skipped == 0 && imported->type_count < 2)
		return;
	for (size_t i = 0; i < imported->type_count; i++) {
		const struct imported_type *type = &imported->by_type[i];
		printf("    %s: %zu of %zu\n", type->name ? type->name : "without a type", type->kept, type->objects);
	}
}

static bool import(const struct import_arguments *arguments, struct error *error)
{
	char named[NAME_MAX];
	const char *id = arguments->id ? arguments->id : named;
	name_spec(arguments->out, named);
	auto_imported struct imported *imported = import_file(arguments->file, &arguments->options, error);
	if (!imported)
		return false;
	auto_file FILE *out = fopen(arguments->out, "wxe");
	if (!out)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be made", arguments->out);
	if (!imported_write(imported, out, id, error)) {
		unlink(arguments->out);
		return error_prefix(error, "%s", arguments->out);
	}
	if (!check_spec(arguments->out, arguments->file, error))
		return false;
	fputs(text_view(&imported->notes), stderr);
	printf("%s: %zu requirements; %zu other objects were left out\n", arguments->out, imported->count, imported->skipped);
	print_types(imported);
	return true;
}

static int import_command(int argc, char **argv)
{
	struct import_arguments arguments = {0};
	struct error error = {0};
	arguments.options.maps = arguments.maps;
	inputs_argp(&ARGP, "import", argc, argv, &arguments);
	return import(&arguments, &error) ? EXIT_SUCCESS : command_fail(&error);
}

const struct command command_import = {"import", "requirements from ReqIF or needs.json to a specification", import_command};
