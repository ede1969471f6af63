/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_print.h"

#include <jansson.h>

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void print_chip(FILE *out, const struct probe_chip *chip)
{
	if (chip->problem) {
		fprintf(out, "  %s\n", chip->problem);
		return;
	}
	fprintf(out, "  %s [%s], %zu lines\n", chip->name, chip->label, chip->line_count);
	for (size_t l = 0; l < chip->line_count; l++) {
		const struct probe_line *line = &chip->lines[l];
		if (line->name[0] || line->used)
			fprintf(out, "    %3u %s%s%s\n", line->offset, or_dash(line->name), line->used ? ", in use by " : "",
				line->used ? or_dash(line->consumer) : "");
	}
}

static void print_device(FILE *out, const struct probe_device *device)
{
	fprintf(out, "    %s %s%s%s\n", device->id, or_dash(device->name), device->label[0] ? ", label " : "", device->label);
	if (device->problem)
		fprintf(out, "      %s\n", device->problem);
	if (device->rate[0])
		fprintf(out, "      sampling_frequency %s Hz%s%s\n", device->rate, device->rates[0] ? ", available " : "", device->rates);
	for (size_t c = 0; c < device->channel_count; c++) {
		const struct probe_channel *channel = &device->channels[c];
		fprintf(out, "      %s %s%s%s%s%s%s%s\n", channel->output ? "out" : "in ", channel->id, channel->name[0] ? " " : "",
			channel->name, channel->scans ? ", samples " : ", no samples", channel->format, channel->scale[0] ? ", scale " : "",
			channel->scale);
	}
}

static void print_missing(FILE *out, const char *why)
{
	if (why)
		fprintf(out, "  %s\n", why);
}

static void print_none(FILE *out, size_t count, const char *why)
{
	if (count == 0 && !why)
		fputs("  none\n", out);
}

void probe_print_text(FILE *out, const struct probe *probe)
{
	fputs("GPIO chips:\n", out);
	print_missing(out, probe->missing.gpio);
	print_none(out, probe->chip_count, probe->missing.gpio);
	for (size_t i = 0; i < probe->chip_count; i++)
		print_chip(out, &probe->chips[i]);
	fputs("IIO contexts:\n", out);
	print_missing(out, probe->missing.iio);
	print_none(out, probe->context_count, probe->missing.iio);
	for (size_t i = 0; i < probe->context_count; i++) {
		const struct probe_context *context = &probe->contexts[i];
		fprintf(out, "  %s%s%s%s%s\n", context->uri, context->description[0] ? " " : "", context->description,
			context->problem ? ": " : "", context->problem ? context->problem : "");
		for (size_t d = 0; d < context->device_count; d++)
			print_device(out, &context->devices[d]);
	}
	fputs("Devices of libsigrok:\n", out);
	print_missing(out, probe->missing.sigrok);
	print_none(out, probe->sigrok_count, probe->missing.sigrok);
	for (size_t i = 0; i < probe->sigrok_count; i++)
		fprintf(out, "  %s: %s\n", probe->sigrok[i].connection,
			probe->sigrok[i].problem ? probe->sigrok[i].problem : probe->sigrok[i].words);
	fputs("Serial ports:\n", out);
	print_none(out, probe->port_count, NULL);
	for (size_t i = 0; i < probe->port_count; i++) {
		const struct probe_port *port = &probe->ports[i];
		fprintf(out, "  %s%s%s\n", port->path, port->by_id[0] ? " " : "", port->by_id);
		if (port->problem)
			fprintf(out, "    %s\n", port->problem);
	}
}

/* Names come from instruments: bytes that are no UTF-8 are left out rather than the whole. */
static json_t *string(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();
	return value ? value : json_string("?");
}

static json_t *chip_json(const struct probe_chip *chip)
{
	json_t *lines = json_array();
	for (size_t l = 0; l < chip->line_count; l++) {
		const struct probe_line *line = &chip->lines[l];
		json_array_append_new(lines, json_pack("{s:i,s:o,s:b,s:o}", "offset", (int)line->offset, "name", string(line->name), "used",
						       line->used, "consumer", string(line->consumer)));
	}
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "path", string(chip->path), "name", string(chip->name), "label", string(chip->label),
			 "problem", string(chip->problem), "lines", lines);
}

static json_t *device_json(const struct probe_device *device)
{
	json_t *channels = json_array();
	for (size_t c = 0; c < device->channel_count; c++) {
		const struct probe_channel *channel = &device->channels[c];
		json_array_append_new(channels, json_pack("{s:o,s:o,s:b,s:b,s:o,s:o}", "id", string(channel->id), "name",
							  string(channel->name), "output", channel->output, "scans", channel->scans,
							  "format", string(channel->format), "scale", string(channel->scale)));
	}
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id", string(device->id), "name", string(device->name), "label",
			 string(device->label), "sampling_frequency", string(device->rate), "sampling_frequency_available",
			 string(device->rates), "problem", string(device->problem), "channels", channels);
}

static json_t *context_json(const struct probe_context *context)
{
	json_t *devices = json_array();
	for (size_t d = 0; d < context->device_count; d++)
		json_array_append_new(devices, device_json(&context->devices[d]));
	return json_pack("{s:o,s:o,s:o,s:o}", "uri", string(context->uri), "description", string(context->description), "problem",
			 string(context->problem), "devices", devices);
}

bool probe_print_json(FILE *out, const struct probe *probe)
{
	json_t *chips = json_array(), *contexts = json_array(), *sigrok = json_array(), *ports = json_array();
	for (size_t i = 0; i < probe->chip_count; i++)
		json_array_append_new(chips, chip_json(&probe->chips[i]));
	for (size_t i = 0; i < probe->context_count; i++)
		json_array_append_new(contexts, context_json(&probe->contexts[i]));
	for (size_t i = 0; i < probe->sigrok_count; i++)
		json_array_append_new(sigrok, json_pack("{s:o,s:o,s:o}", "connection", string(probe->sigrok[i].connection), "words",
							string(probe->sigrok[i].words), "problem", string(probe->sigrok[i].problem)));
	for (size_t i = 0; i < probe->port_count; i++)
		json_array_append_new(ports, json_pack("{s:o,s:o,s:o}", "path", string(probe->ports[i].path), "by_id",
						       string(probe->ports[i].by_id), "problem", string(probe->ports[i].problem)));
	json_t *missing = json_pack("{s:o,s:o,s:o}", "gpio", string(probe->missing.gpio), "iio", string(probe->missing.iio), "sigrok",
				    string(probe->missing.sigrok));
	json_t *whole =
		json_pack("{s:o,s:o,s:o,s:o,s:o}", "missing", missing, "gpio", chips, "iio", contexts, "sigrok", sigrok, "serial", ports);
	bool good = whole && json_dumpf(whole, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
	json_decref(whole);
	return good;
}
