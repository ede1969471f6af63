/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inputs.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "measurands.h"
#include "paths.h"
#include "verdict.h"

bool inputs_add(struct inputs *inputs, const char *file, struct error *error)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (file && strcmp(inputs->files[i], file) == 0)
			return true;
	if (file && inputs->count == INPUTS_MAX)
		return error_config(error, "%s: more than %d files make up this session; all of them must be kept", file, INPUTS_MAX);
	if (file)
		inputs->files[inputs->count++] = file;
	return true;
}

bool inputs_of(const struct plan *plan, const struct bench_setup *bench, const struct spec *spec, const struct dose_tables *tables,
	       struct inputs *inputs, struct error *error)
{
	inputs->count = 0;
	bool all = inputs_add(inputs, plan ? plan->source : NULL, error) && inputs_add(inputs, bench->file, error) &&
		   inputs_add(inputs, bench->device ? bench->device->file : NULL, error) &&
		   inputs_add(inputs, bench->stimulator.protocol ? bench->stimulator.protocol->file : NULL, error);
	for (unsigned c = 0; all && c < bench->adc.channel_count; c++) {
		const struct sensor *sensor = bench->adc.channels[c].sensor;
		all = !sensor || (inputs_add(inputs, sensor->file, error) && inputs_add(inputs, sensor->dcc_file, error));
	}
	all = all && inputs_add(inputs, spec ? spec->file : NULL, error) && inputs_add(inputs, tables ? tables->file : NULL, error);
	for (size_t i = 0; all && plan && i < plan->library_count; i++)
		all = inputs_add(inputs, plan->libraries[i], error);
	return all;
}

struct evidence_finding *inputs_keep_findings(const struct lint_finding *findings, size_t count)
{
	struct evidence_finding *kept = calloc(count + 1, sizeof *kept);
	for (size_t i = 0; kept && i < count; i++)
		kept[i] = (struct evidence_finding){lint_level_name(findings[i].level), findings[i].rule, findings[i].text,
						    findings[i].justification, findings[i].line};
	return kept;
}

void inputs_print_findings(FILE *out, const char *scenario, const struct lint_finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lint_finding *finding = &findings[i];
		if (finding->line > 0)
			fprintf(out, "%s:%d: ", scenario, finding->line);
		else
			fprintf(out, "%s: ", scenario);
		fprintf(out, "%s: %s [%s]", lint_level_name(finding->level), finding->text, finding->rule);
		if (finding->justification)
			fprintf(out, "; justified: %s", finding->justification);
		else if (finding->level != LINT_NOTE)
			fprintf(out, "; say why with justify(\"%s\", \"…\")", finding->rule);
		fputc('\n', out);
	}
}

bool inputs_percent(const char *text, double *percent)
{
	char *end;
	*percent = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (*end == '%')
		end++;
	return end != text && *end == '\0' && *percent > 0 && *percent <= 100;
}

bool inputs_value(char *text, struct plan_value *value)
{
	char *equals = strchr(text, '='), *end;
	if (!equals || equals == text)
		return false;
	*equals = '\0';
	*value = (struct plan_value){text, strtod(equals + 1, &end)};
	return end != equals + 1 && *end == '\0' && isfinite(value->value);
}

struct plan *inputs_plan(const char *path, double motor_threshold_pct, struct error *error)
{
	return inputs_plan_set(path, motor_threshold_pct, NULL, 0, error);
}

struct plan *inputs_plan_set(const char *path, double motor_threshold_pct, const struct plan_value *values, size_t count,
			     struct error *error)
{
	char shipped[PATH_MAX];
	if (!paths_data("scenarios/lib", shipped, sizeof shipped, error))
		return NULL;
	struct plan_parameters parameters = {
		.motor_threshold_pct = motor_threshold_pct, .shipped_dir = shipped, .values = values, .value_count = count};
	return plan_build(path, &parameters, error);
}

void inputs_today(char date[DATE_SIZE])
{
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(date, DATE_SIZE, "%Y-%m-%d", &parts);
}

void inputs_date(struct bench_setup *bench, const char *date)
{
	if (!bench_setup_date(bench, date))
		fprintf(stderr, "%s: warning: the reference clock was due on %s; times are taken from the adc's own clock\n", bench->file,
			bench->adc.reference.due);
}

const char *inputs_measurand_unit(void *context, const char *id)
{
	(void)context;
	const struct measurand *measurand = measurand_find(id);
	return measurand ? measurand->unit : NULL;
}

void inputs_argp(const struct argp *argp, const char *command, int argc, char **argv, void *arguments)
{
	static char name[64];
	snprintf(name, sizeof name, "tmsrig %s", command);
	argv[0] = name;
	argp_err_exit_status = EXIT_CONFIGURATION;
	argp_parse(argp, argc, argv, 0, NULL, arguments);
}
