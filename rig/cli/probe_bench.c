/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "probe_print.h"

/* An ADC: a device with inputs that deliver samples. */
struct found_adc {
	const struct probe_context *context;
	const struct probe_device *device;
	const struct probe_channel *inputs[8];
	size_t input_count;
	const struct probe_channel *timestamp;
};

static bool is_adc(const struct probe_context *context, const struct probe_device *device, struct found_adc *adc)
{
	*adc = (struct found_adc){.context = context, .device = device};
	for (size_t c = 0; c < device->channel_count; c++) {
		const struct probe_channel *channel = &device->channels[c];
		if (!channel->scans || channel->output)
			continue;
		if (strcmp(channel->id, "timestamp") == 0)
			adc->timestamp = channel;
		else if (strncmp(channel->id, "voltage", 7) == 0 && adc->input_count < 8)
			adc->inputs[adc->input_count++] = channel;
	}
	return adc->input_count > 0;
}

static bool find_adc(const struct probe *probe, struct found_adc *adc)
{
	for (size_t c = 0; c < probe->context_count; c++)
		for (size_t d = 0; d < probe->contexts[c].device_count; d++)
			if (is_adc(&probe->contexts[c], &probe->contexts[c].devices[d], adc))
				return true;
	return false;
}

/* Of a text from an instrument, in a quoted scalar or a comment: nothing that ends either. */
static void put(FILE *out, const char *text)
{
	for (; *text; text++) {
		bool plain = isprint((unsigned char)*text) && *text != '"' && *text != '\\';
		fputc(plain ? *text : '?', out);
	}
}

static void put_id(FILE *out, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t length = strcspn(name, ".");
	for (size_t i = 0; i < length; i++)
		fputc(isalnum((unsigned char)name[i]) || name[i] == '_' ? name[i] : '-', out);
	if (length == 0)
		fputs("bench", out);
}

static void write_head(FILE *out, const char *path)
{
	fputs("# The beginning of a bench file, as `tmsrig bench probe` found the instruments. FILL IN what is marked so; docs/files.md "
	      "has every\n"
	      "# key, docs/wiring.md what to connect. No scale and no sensor is given here, so that no amount can be stated until they "
	      "are.\n"
	      "bench: ",
	      out);
	put_id(out, path);
	fputs("\ntitle: \"FILL IN: this bench in a few words\"\n"
	      "# device: NAME                        # FILL IN: the stimulator, a file of fixtures/devices/\n"
	      "clock: monotonic\n",
	      out);
}

static void write_rate(FILE *out, const struct probe_device *device)
{
	char *end;
	double rate_hz = device ? strtod(device->rate, &end) : 0;
	if (rate_hz >= 1e3 && rate_hz <= 1e9)
		fprintf(out, "  sample_rate: %.15g Hz          # as it is set now", rate_hz);
	else
		fputs("  sample_rate: 100 kHz               # FILL IN: at least 1 MHz, for onsets to a microsecond", out);
	if (device && device->rates[0]) {
		fputs("; it takes: ", out);
		put(out, device->rates);
	}
	fputc('\n', out);
}

static void write_channel(FILE *out, const char *role, const char *id, const char *rest)
{
	fprintf(out, "    %s: {channel: \"", role);
	put(out, id);
	fprintf(out, "\"%s\n", rest);
}

static void write_adc(FILE *out, const struct probe *probe)
{
	struct found_adc adc = {0};
	bool found = find_adc(probe, &adc);
	fprintf(out, "adc:\n  driver: iio%s\n  uri: \"",
		found ? "" : "                        # FILL IN: no ADC was found; --uri ip:ADDRESS looks at one on the network");
	put(out, found ? adc.context->uri : "local:");
	fputs("\"\n  instrument: \"", out);
	put(out, found ? (adc.device->name[0] ? adc.device->name : adc.device->id) : "FILL-IN");
	fputs("\"\n", out);
	write_rate(out, found ? adc.device : NULL);
	fputs("  clock_accuracy: 100 ppm            # FILL IN: of its data sheet; this is what a crystal of no repute has\n", out);
	if (adc.timestamp)
		fputs("  gaps: timestamp\n  timestamp_channel: timestamp\n", out);
	else
		fputs("  gaps: clock                        # it has no time stamps: lost samples are found by their number against the "
		      "clock\n",
		      out);
	fputs("  channels:\n", out);
	write_channel(out, "coil_current", found ? adc.inputs[0]->id : "voltage0",
		      ", per_volt: 1 A}   # FILL IN: ampere per volt of the sensor, gain_accuracy, sensor");
	if (found && adc.input_count > 1)
		write_channel(out, "trigger", adc.inputs[1]->id, ", threshold: 1.5 V}   # FILL IN: or remove it");
	for (size_t i = 2; i < adc.input_count; i++) {
		fputs("    # also: ", out);
		put(out, adc.inputs[i]->id);
		fputc('\n', out);
	}
}

/* Outputs are never guessed: a line that is taken as one is driven. */
static void write_gpio(FILE *out, const struct probe *probe)
{
	const char *chip = "gpiochip0";
	for (size_t c = 0; c < probe->chip_count; c++)
		if (!probe->chips[c].problem)
			chip = probe->chips[c].name;
	fputs("\n# FILL IN and take the comment signs away once the wiring is done: the lines below are driven as soon as the bench is "
	      "opened.\n"
	      "# gpio:\n#   driver: gpiod\n#   chip: ",
	      out);
	put(out, chip);
	fputs("\n#   lines:\n"
	      "#     trigger:        {line: FILL-IN, direction: out, pulse: 50 us}\n"
	      "#     enable:         {line: FILL-IN, direction: out, safe: low}\n"
	      "#     emergency_stop: {line: FILL-IN, direction: out, safe: high}\n"
	      "#     ready:          {line: FILL-IN, direction: in}\n"
	      "#     fault:          {line: FILL-IN, direction: in}\n",
	      out);
	for (size_t c = 0; c < probe->chip_count; c++) {
		fputs("# found: ", out);
		put(out, probe->chips[c].problem ? probe->chips[c].problem : probe->chips[c].name);
		fputs(" [", out);
		put(out, probe->chips[c].label);
		fprintf(out, "], %zu lines\n", probe->chips[c].line_count);
	}
}

static void write_logic(FILE *out, const struct probe *probe)
{
	fputs("\n# FILL IN: which channel of the analyser has which line.\n# logic:\n#   driver: sigrok\n#   connection: \"", out);
	const struct probe_sigrok *first = NULL;
	for (size_t i = 0; i < probe->sigrok_count && !first; i++)
		first = probe->sigrok[i].problem ? NULL : &probe->sigrok[i];
	put(out, first ? first->connection : "fx2lafw");
	fputs("\"\n#   sample_rate: 12 MHz\n#   channels: {trigger: D0, trigger_out: D1, ready: D2, fault: D3}\n", out);
	for (size_t i = 0; i < probe->sigrok_count; i++) {
		fputs("# found: ", out);
		put(out, probe->sigrok[i].connection);
		fputs(": ", out);
		put(out, probe->sigrok[i].problem ? probe->sigrok[i].problem : probe->sigrok[i].words);
		fputc('\n', out);
	}
}

static void write_serial(FILE *out, const struct probe *probe)
{
	fputs("\n# FILL IN: the stimulator's remote control, if it has one; docs/files.md, section stimulator.\n", out);
	for (size_t i = 0; i < probe->port_count; i++) {
		fputs("# found: ", out);
		put(out, probe->ports[i].by_id[0] ? probe->ports[i].by_id : probe->ports[i].path);
		fputc('\n', out);
	}
}

static bool refuse(const char *path, struct error *error)
{
	return error_config(error, "%s: the file exists, and is not overwritten; give another name", path);
}

bool probe_may_write(const char *path, struct error *error)
{
	return access(path, F_OK) != 0 || refuse(path, error);
}

bool probe_write_bench(const char *path, const struct probe *probe, struct error *error)
{
	auto_file FILE *out = fopen(path, "wxe");
	if (!out && errno == EEXIST)
		return refuse(path, error);
	if (!out)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be written", path);
	write_head(out, path);
	write_adc(out, probe);
	write_gpio(out, probe);
	write_logic(out, probe);
	write_serial(out, probe);
	if (fflush(out) != 0 || ferror(out))
		return error_errno(error, ERROR_BENCH, "%s: cannot be written", path);
	return true;
}
