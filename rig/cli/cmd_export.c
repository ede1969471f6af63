/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "bundle_zip.h"
#include "command.h"
#include "csv.h"
#include "export_sr.h"
#include "inputs.h"
#include "manifest.h"
#include "measure.h"
#include "quantity.h"

struct export_arguments {
	const char *dir, *out;
	char *channels; /* as given; cut up */
	long pulse;     /* -1: not given */
	double from_s, to_s;
};

enum { KEY_PULSE = 256, KEY_FROM, KEY_TO, KEY_CHANNELS };

static const struct argp_option OPTIONS[] = {
	{"pulse", KEY_PULSE, "N", 0, "Only what was kept around a pulse: its number in pulses.csv", 0},
	{"from", KEY_FROM, "TIME", 0, "Only from this time of the recording on, for example \"1.5 s\"", 0},
	{"to", KEY_TO, "TIME", 0, "Only up to this time of the recording", 0},
	{"channels", KEY_CHANNELS, "NAME,...", 0, "Only these of the analog channels", 0},
	{0},
};

static double parse_time(struct argp_state *state, const char *option, const char *text)
{
	struct error error = {0};
	double time_s = NAN;
	if (!quantity_parse(text, DIMENSION_TIME, &time_s, &error) || time_s < 0)
		argp_error(state, "%s %s: a time of the recording is needed, for example \"1.5 s\"", option, text);
	return time_s;
}

static bool is_zip(const char *path)
{
	size_t length = path ? strlen(path) : 0;
	return length > 4 && strcmp(path + length - 4, ".zip") == 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct export_arguments *arguments = state->input;
	char *end;
	switch (key) {
	case KEY_PULSE:
		arguments->pulse = strtol(argument, &end, 10);
		if (end == argument || *end || arguments->pulse < 0)
			argp_error(state, "--pulse %s: a whole number from 0 on is needed, as in the column pulse of pulses.csv", argument);
		return 0;
	case KEY_FROM: arguments->from_s = parse_time(state, "--from", argument); return 0;
	case KEY_TO: arguments->to_s = parse_time(state, "--to", argument); return 0;
	case KEY_CHANNELS: arguments->channels = argument; return 0;
	case ARGP_KEY_ARG:
		if (arguments->out)
			argp_error(state, "more than an evidence folder and a file: '%s'", argument);
		if (arguments->dir)
			arguments->out = argument;
		else
			arguments->dir = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->out)
			argp_error(state, "an evidence folder and the .sr or .zip file to write are needed");
		if (is_zip(arguments->out) &&
		    (arguments->pulse >= 0 || arguments->from_s > 0 || isfinite(arguments->to_s) || arguments->channels))
			argp_error(state, "a .zip holds the whole bundle; --pulse, --from, --to and --channels do not go with it");
		if (arguments->pulse >= 0 && (arguments->from_s > 0 || isfinite(arguments->to_s)))
			argp_error(state, "--pulse is a range by itself; --from and --to do not go with it");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	"EVIDENCE OUT.sr\nEVIDENCE OUT.zip",
	"Writes the recording of an evidence folder as a sigrok session (.sr), for PulseView and sigrok-cli. What was kept at full rate is "
	"written so; "
	"between, the mean of each envelope cell is held. The logic line RECORDED is high where samples are as recorded. "
	"Or packs the whole folder into a .zip, the same bytes every time; one whose files do not agree with its SHA256SUMS is refused.",
	NULL,
	NULL,
	NULL,
};

/* The logic analyser's edges on the recording's time: by measuring the recording again, which aligns the two clocks. */
static struct results *align_edges(struct store_reader *store, struct error *error)
{
	auto_measure struct measure *measure = measure_create(NULL, NULL, error);
	if (!measure)
		return NULL;
	struct reduced_sink sink = measure_sink(measure);
	return store_replay(store, &sink, error) && store_check_end(store, error) ? measure_finish(measure, error) : NULL;
}

/* The window that holds a pulse. */
static bool pulse_range(const struct export_arguments *arguments, struct store_reader *store, struct export_sr_request *request,
			struct error *error)
{
	static const char *const NAMES[] = {"onset_s"};
	const struct recording_format *format = store_format(store);
	char path[PATH_MAX], index[32];
	struct csv_table table = {0};
	struct window window;
	snprintf(path, sizeof path, "%s/pulses.csv", arguments->dir);
	snprintf(index, sizeof index, "%ld", arguments->pulse);
	if (!csv_read(&table, path, NAMES, 1, "pulse", index, error))
		return false;
	double onset_s = table.rows > 0 ? table.cells[0].number : NAN;
	csv_finish(&table);
	if (!isfinite(onset_s))
		return error_config(error, "%s: there is no pulse %ld", path, arguments->pulse);
	int current = recording_find(format, CHANNEL_COIL_CURRENT);
	double frame = (onset_s + (current >= 0 ? format->channels[current].delay_s : 0)) * format->sample_rate_hz;
	int64_t found = frame >= 0 ? store_find_window(store, (uint64_t)frame) : -1;
	if (found < 0)
		return error_config(error, "%s: the recording holds no samples of pulse %ld", arguments->dir, arguments->pulse);
	if (!store_window(store, (size_t)found, &window, error))
		return false;
	request->from_s = (double)window.first_frame / format->sample_rate_hz;
	request->to_s = (double)(window.first_frame + window.frames - 1) / format->sample_rate_hz;
	return true;
}

static size_t split_channels(char *text, const char *names[RECORDING_MAX_CHANNELS + 1])
{
	size_t count = 0;
	for (char *name; text && count <= RECORDING_MAX_CHANNELS && (name = strsep(&text, ","));)
		names[count++] = name;
	return count;
}

/* What the reader of the file must know and the file cannot say. */
static void tell_edges(const char *path, const struct store_reader *store, const struct results *results)
{
	if (!store_complete(store))
		fprintf(stderr, "%s: note: the recording did not come to its end; its logic lines are left out\n", path);
	else if (results && results->edge_count > 0 && results->time_base.source == TIME_BASE_NONE)
		fprintf(stderr, "%s: note: when the logic analyser began is not known; its lines are left out\n", path);
}

static bool export_evidence(struct export_arguments *arguments, struct error *error)
{
	char path[PATH_MAX];
	const char *names[RECORDING_MAX_CHANNELS + 1];
	snprintf(path, sizeof path, "%s/recording.h5", arguments->dir);
	auto_store_reader struct store_reader *store = store_open(path, error);
	if (!store)
		return false;
	struct export_sr_request request = {.from_s = arguments->from_s, .to_s = arguments->to_s, .channels = names};
	request.channel_count = split_channels(arguments->channels, names);
	if (arguments->pulse >= 0 && !pulse_range(arguments, store, &request, error))
		return false;
	auto_results struct results *results = store_complete(store) ? align_edges(store, error) : NULL;
	if (store_complete(store) && !results)
		return error_prefix(error, "%s", path);
	tell_edges(path, store, results);
	if (results && results->time_base.source != TIME_BASE_NONE) {
		request.edges = results->edges;
		request.edge_count = results->edge_count;
	}
	struct export_sr_facts facts;
	if (!export_sr_write(store, arguments->out, &request, &facts, error))
		return false;
	double rate_hz = store_format(store)->sample_rate_hz;
	printf("%s: %.9g s from %.9g s of the recording on, %u analog channels and %u logic lines at %llu Hz\n", arguments->out,
	       (double)facts.frames / rate_hz, (double)facts.first_frame / rate_hz, facts.analog, facts.logic,
	       (unsigned long long)facts.rate_hz);
	if ((double)facts.rate_hz != rate_hz)
		printf("the sample rate is %.12g Hz; the file can say whole numbers only\n", rate_hz);
	return true;
}

/* Only what is whole is packed: nobody should file a bundle that no one can check. */
static bool export_zip(const char *dir, const char *path, struct error *error)
{
	auto_manifest_report struct manifest_report report = {0};
	if (!manifest_check(dir, &report, error))
		return false;
	if (report.finding_count > 0)
		return error_config(error, "%s/%s", dir, report.findings[0].text);
	if (!bundle_zip_pack(dir, path, error))
		return false;
	printf("%s: the bundle of SHA-256 %s\n", path, report.sha256);
	return true;
}

static int export_command(int argc, char **argv)
{
	struct export_arguments arguments = {.pulse = -1, .to_s = INFINITY};
	struct error error = {0};
	inputs_argp(&ARGP, "export", argc, argv, &arguments);
	bool exported = is_zip(arguments.out) ? export_zip(arguments.dir, arguments.out, &error) : export_evidence(&arguments, &error);
	return exported ? 0 : command_fail(&error);
}

const struct command command_export = {"export", "write a recording as a sigrok session (.sr), or a bundle as a .zip", export_command};
