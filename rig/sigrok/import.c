/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "say.h"

enum { PIECE_BYTES = 1 << 20 };

struct import {
	char *const *channels;
	unsigned count;
	uint64_t samples[SIGROK_MAX_CHANNELS]; /* told */
	int bit[SIGROK_MAX_CHANNELS];          /* of a logic channel; -1: analog */
	double rate_hz;
	bool started;
};

static void stop(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void stop(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *words = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	exit(fail(words));
}

static void told(struct import *import, unsigned channel, uint64_t count)
{
	import->samples[channel] += count;
	if (import->samples[channel] > SIGROK_MAX_SAMPLES)
		stop("channel '%s' has more than %d samples; cut the file, or let the module leave some out (vcd: downsample=N)",
		     import->channels[channel], SIGROK_MAX_SAMPLES);
}

static void on_logic(struct import *import, const struct sr_datafeed_logic *logic)
{
	size_t samples = logic->unitsize > 0 ? logic->length / logic->unitsize : 0;
	g_autofree float *levels = g_new(float, samples + 1);
	for (unsigned i = 0; i < import->count; i++) {
		if (import->bit[i] < 0)
			continue;
		unsigned byte = (unsigned)import->bit[i] / 8, shift = (unsigned)import->bit[i] % 8;
		if (byte >= logic->unitsize)
			stop("its samples do not hold channel '%s'", import->channels[i]);
		for (size_t k = 0; k < samples; k++)
			levels[k] = (float)(((const uint8_t *)logic->data)[k * logic->unitsize + byte] >> shift & 1);
		told(import, i, samples);
		say_samples(i, levels, samples);
	}
}

/* A packet may hold several channels, sample by sample. */
static void on_analog(struct import *import, const struct sr_datafeed_analog *analog)
{
	guint width = g_slist_length(analog->meaning->channels);
	g_autofree float *all = g_new(float, (size_t)analog->num_samples *width + 1), *one = g_new(float, analog->num_samples + 1);
	if (sr_analog_to_float(analog, all) != SR_OK)
		exit(fail("libsigrok cannot convert its samples"));
	guint position = 0;
	for (GSList *item = analog->meaning->channels; item; item = item->next, position++) {
		const struct sr_channel *channel = item->data;
		for (unsigned i = 0; i < import->count; i++) {
			if (import->bit[i] >= 0 || strcmp(import->channels[i], channel->name) != 0)
				continue;
			for (guint k = 0; k < analog->num_samples; k++)
				one[k] = all[(size_t)k * width + position];
			told(import, i, analog->num_samples);
			say_samples(i, one, analog->num_samples);
		}
	}
}

static void on_meta(struct import *import, const struct sr_datafeed_meta *meta)
{
	for (GSList *item = meta->config; item; item = item->next) {
		const struct sr_config *config = item->data;
		if (config->key == SR_CONF_SAMPLERATE)
			import->rate_hz = (double)g_variant_get_uint64(config->data);
	}
}

static void on_packet(const struct sr_dev_inst *device, const struct sr_datafeed_packet *packet, void *self)
{
	struct import *import = self;
	(void)device;
	if (packet->type == SR_DF_META)
		on_meta(import, packet->payload);
	if (packet->type != SR_DF_LOGIC && packet->type != SR_DF_ANALOG)
		return;
	if (!import->started)
		say((struct sigrok_record){.kind = SIGROK_STARTED, .value = import->rate_hz});
	import->started = true;
	if (packet->type == SR_DF_LOGIC)
		on_logic(import, packet->payload);
	else
		on_analog(import, packet->payload);
}

/* Which of the file's channels are asked for; NULL, or why not. */
static char *choose(struct import *import, const struct sr_dev_inst *device)
{
	for (unsigned i = 0; i < import->count; i++) {
		const struct sr_channel *found = NULL;
		GString *known = g_string_new(NULL);
		for (GSList *item = sr_dev_inst_channels_get(device); item; item = item->next) {
			const struct sr_channel *channel = item->data;
			g_string_append_printf(known, "%s%s", known->len ? ", " : "", channel->name);
			if (strcmp(channel->name, import->channels[i]) == 0)
				found = channel;
		}
		g_autofree char *names = g_string_free(known, FALSE);
		if (!found)
			return g_strdup_printf("there is no channel '%s'; the file has: %s", import->channels[i], names);
		import->bit[i] = found->type == SR_CHANNEL_LOGIC ? found->index : -1;
	}
	return NULL;
}

/* One "name=value" of a module; NULL, or why not. */
static char *add_option(const struct sr_input_module *module, const char *text, GHashTable *options)
{
	g_auto(GStrv) pair = g_strsplit(text, "=", 2);
	const struct sr_option **all = sr_input_options_get(module);
	GString *known = g_string_new(NULL);
	GVariant *value = NULL;
	bool found = false;
	for (size_t i = 0; all && all[i]; i++) {
		g_string_append_printf(known, "%s%s", known->len ? ", " : "", all[i]->id);
		if (strcmp(all[i]->id, pair[0]) != 0)
			continue;
		found = true;
		value = pair[1] ? option_value(g_variant_get_type(all[i]->def), pair[1]) : NULL;
	}
	if (all)
		sr_input_options_free(all);
	g_autofree char *names = g_string_free(known, FALSE);
	if (!found)
		return g_strdup_printf("the input module has no option '%s'; it has: %s", pair[0], names[0] ? names : "none");
	if (!value)
		return g_strdup_printf("'%s' is no value of the option '%s'", pair[1] ? pair[1] : "", pair[0]);
	g_hash_table_insert(options, g_strdup(pair[0]), g_variant_ref_sink(value));
	return NULL;
}

static const struct sr_input *open_module(const char *input, char **why)
{
	g_auto(GStrv) words = g_strsplit(input, ":", 0);
	const struct sr_input_module *module = words[0] ? sr_input_find(words[0]) : NULL;
	if (!module) {
		*why = g_strdup_printf("libsigrok has no input module '%s' (sigrok-cli -L lists them)", words[0] ? words[0] : "");
		return NULL;
	}
	g_autoptr(GHashTable) options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
	for (size_t i = 1; words[i] && !*why; i++)
		*why = add_option(module, words[i], options);
	const struct sr_input *opened = *why ? NULL : sr_input_new(module, options);
	if (!opened && !*why)
		*why = g_strdup_printf("the input module '%s' does not take these options", words[0]);
	return opened;
}

/* Gives the file to the module, piece by piece. The first pieces may be needed to see what is in it. */
static char *feed(struct import *import, struct sr_session *session, const struct sr_input *input, FILE *file)
{
	bool known = false;
	for (;;) {
		GString *piece = g_string_sized_new(PIECE_BYTES);
		piece->len = fread(piece->str, 1, PIECE_BYTES, file);
		bool end = piece->len < PIECE_BYTES;
		int code = piece->len > 0 ? sr_input_send(input, piece) : SR_OK;
		g_string_free(piece, TRUE);
		struct sr_dev_inst *device = sr_input_dev_inst_get(input);
		if (code != SR_OK || (end && !device && ferror(file)))
			return g_strdup("the input module cannot read it: it is of another kind, or damaged");
		if (device && !known) {
			char *why = choose(import, device);
			if (why)
				return why;
			if (sr_session_dev_add(session, device) != SR_OK)
				return g_strdup("libsigrok does not take it into a session");
			known = true;
		}
		if (!end)
			continue;
		if (!known)
			return g_strdup("the input module does not find its header: it is of another kind, or too short");
		return sr_input_end(input) == SR_OK ? NULL : g_strdup("the input module cannot read its end");
	}
}

int import_file(struct sr_context *context, const char *input, const char *path, char *const *channels, unsigned count)
{
	struct import import = {.channels = channels, .count = count};
	struct sr_session *session;
	g_autofree char *why = NULL;
	const struct sr_input *opened = open_module(input, &why);
	if (!opened)
		return fail(why);
	FILE *file = fopen(path, "re");
	if (!file) {
		why = g_strdup_printf("cannot open it: %s", g_strerror(errno));
		return fail(why);
	}
	if (sr_session_new(context, &session) != SR_OK || sr_session_datafeed_callback_add(session, on_packet, &import) != SR_OK) {
		fclose(file);
		return fail("libsigrok makes no session");
	}
	why = feed(&import, session, opened, file);
	fclose(file);
	if (why)
		return fail(why);
	say((struct sigrok_record){.kind = SIGROK_END, .sample = import.samples[0]});
	return 0;
}
