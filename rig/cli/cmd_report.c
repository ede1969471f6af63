/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "config.h"
#include "document.h"
#include "folder.h"
#include "inputs.h"
#include "paths.h"
#include "report.h"

enum { MAX_BUNDLES = 512 };

struct report_arguments {
	const char *dirs[MAX_BUNDLES];
	size_t dir_count;
	const char *out, *format, *view, *about;
};

enum { KEY_ABOUT = 256 };

static const struct argp_option OPTIONS[] = {
	{"out", 'o', "OUT", 0, "A folder for all views, or a file NAME.html or NAME.pdf for one document (required)", 0},
	{"format", 'f', "html|pdf", 0, "What one document becomes (default: by the name of OUT)", 0},
	{"view", 'v', "NAME", 0, "Which document: report, campaign (default with several bundles), regulatory, or one of your own", 0},
	{"about", KEY_ABOUT, "FILE", 0, "What the report states of laboratory, customer, item … (docs/report.md)", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct report_arguments *arguments = state->input;
	switch (key) {
	case 'o': arguments->out = argument; return 0;
	case 'f':
		if (strcmp(argument, "html") != 0 && strcmp(argument, "pdf") != 0)
			argp_error(state, "--format %s: html or pdf is needed", argument);
		arguments->format = argument;
		return 0;
	case 'v': arguments->view = argument; return 0;
	case KEY_ABOUT: arguments->about = argument; return 0;
	case ARGP_KEY_ARG:
		if (arguments->dir_count == MAX_BUNDLES)
			argp_error(state, "more than %d bundles", MAX_BUNDLES);
		arguments->dirs[arguments->dir_count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (arguments->dir_count == 0)
			argp_error(state, "no evidence folder given");
		if (!arguments->out)
			argp_error(state, "--out DIR or --out FILE is needed; the evidence itself is not touched");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"BUNDLE...",
	"Makes reports from finished evidence: every view again, or one document as HTML or PDF.\v"
	"  tmsrig report BUNDLE -o DIR             every view (report.html, junit.xml, your own)\n"
	"  tmsrig report BUNDLE -o report.pdf      the report as PDF, evidence attached\n"
	"  tmsrig report A B C -o campaign.pdf     one report of several runs\n"
	"  tmsrig report A B -v regulatory -o form.pdf\n"
	"                                          clauses and the evidence for them, to be filled in\n"
	"A PDF needs the program weasyprint. Exit status 0 when it was written: the verdict is in it.",
	NULL,
	NULL,
	NULL,
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length > tail && strcmp(text + length - tail, end) == 0;
}

/* "campaign" is short for "campaign.html". */
static void name_view(const struct report_arguments *arguments, char *out, size_t size)
{
	const char *name = arguments->view ? arguments->view : arguments->dir_count > 1 ? "campaign" : "report";
	snprintf(out, size, "%s%s", name, strchr(name, '.') ? "" : ".html");
}

static bool is_folder(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int write_views(const struct report_arguments *arguments, const char *templates)
{
	struct error error = {0};
	if (!document_outside(arguments->out, arguments->dirs[0], &error) || !document_sealed(arguments->dirs[0], &error) ||
	    !folder_make(arguments->out, &error) || !report_render(arguments->dirs[0], templates, arguments->out, &error))
		return command_fail(&error);
	printf("report: %s/report.html\n", arguments->out);
	return 0;
}

static bool check_names(const struct document *document, struct error *error)
{
	if (document->pdf && !ends_with(document->view, ".html"))
		return error_config(error, "--view %s: only a page of HTML can become a PDF", document->view);
	if (is_folder(document->out))
		return error_config(error, "%s: is a folder; one document needs the name of a file, for example report.pdf", document->out);
	return true;
}

static int write_document(const struct report_arguments *arguments, const char *templates)
{
	struct error error = {0};
	char view[NAME_MAX + 1];
	name_view(arguments, view, sizeof view);
	auto_about_file struct about_file *about = arguments->about ? config_load_about(arguments->about, &error) : NULL;
	if (arguments->about && !about)
		return command_fail(&error);
	struct document document = {
		.dirs = arguments->dirs,
		.dir_count = arguments->dir_count,
		.templates_dir = templates,
		.view = view,
		.about = about ? &about->about : NULL,
		.pdf = arguments->format ? strcmp(arguments->format, "pdf") == 0 : ends_with(arguments->out, ".pdf"),
		.out = arguments->out,
	};
	if (!check_names(&document, &error) || !document_write(&document, &error))
		return command_fail(&error);
	printf("report: %s\n", arguments->out);
	return 0;
}

static int report(int argc, char **argv)
{
	static struct report_arguments arguments;
	struct error error = {0};
	inputs_argp(&ARGP, "report", argc, argv, &arguments);
	char templates[PATH_MAX];
	if (!paths_data("reports", templates, sizeof templates, &error))
		return command_fail(&error);
	bool single = arguments.dir_count > 1 || arguments.view || arguments.format || arguments.about ||
		      ends_with(arguments.out, ".pdf") || ends_with(arguments.out, ".html");
	return single ? write_document(&arguments, templates) : write_views(&arguments, templates);
}

const struct command command_report = {"report", "make reports from finished evidence: HTML, PDF, campaigns", report};
