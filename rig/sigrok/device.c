/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"

#include <stdbool.h>
#include <string.h>

#include "option.h"

static struct sr_dev_driver *driver_of(struct sr_context *context, const char *name)
{
	struct sr_dev_driver **all = sr_driver_list(context);
	for (size_t i = 0; all && all[i]; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

static const GVariantType *type_of(const struct sr_key_info *info)
{
	switch (info->datatype) {
	case SR_T_STRING: return G_VARIANT_TYPE_STRING;
	case SR_T_UINT64: return G_VARIANT_TYPE_UINT64;
	case SR_T_INT32: return G_VARIANT_TYPE_INT32;
	case SR_T_FLOAT: return G_VARIANT_TYPE_DOUBLE;
	case SR_T_BOOL: return G_VARIANT_TYPE_BOOLEAN;
	default: return NULL;
	}
}

/* "key=value" into a scan option; NULL when there is no such key. */
static struct sr_config *option_of(const char *text, char **why)
{
	g_auto(GStrv) pair = g_strsplit(text, "=", 2);
	const struct sr_key_info *info = pair[0] ? sr_key_info_name_get(SR_KEY_CONFIG, pair[0]) : NULL;
	GVariant *value = info && pair[1] ? option_value(type_of(info), pair[1]) : NULL;
	if (!value) {
		*why = g_strdup_printf(
			"'%s' is no option of a libsigrok driver; options are written key=value, for example conn=tcp-raw/host/port", text);
		return NULL;
	}
	struct sr_config *option = g_new0(struct sr_config, 1);
	option->key = info->key;
	option->data = g_variant_ref_sink(value);
	return option;
}

static void option_free(void *item)
{
	struct sr_config *option = item;
	g_variant_unref(option->data);
	g_free(option);
}

static GSList *scan(struct sr_context *context, char **words, char **why)
{
	struct sr_dev_driver *driver = driver_of(context, words[0]);
	if (!driver || sr_driver_init(context, driver) != SR_OK) {
		*why = g_strdup_printf("libsigrok has no driver '%s' (sigrok-cli -L lists them)", words[0]);
		return NULL;
	}
	GSList *options = NULL, *found = NULL;
	for (size_t i = 1; words[i] && !*why; i++) {
		struct sr_config *option = option_of(words[i], why);
		if (option)
			options = g_slist_append(options, option);
	}
	if (!*why)
		found = sr_driver_scan(driver, options);
	g_slist_free_full(options, option_free);
	return found;
}

GSList *device_scan(struct sr_context *context, const char *connection, char **why)
{
	g_auto(GStrv) words = g_strsplit(connection, ":", 0);
	*why = NULL;
	if (words[0])
		return scan(context, words, why);
	*why = g_strdup("the connection is empty");
	return NULL;
}

struct sr_dev_inst *device_find(struct sr_context *context, const char *connection, char **why)
{
	GSList *found = device_scan(context, connection, why);
	unsigned count = g_slist_length(found);
	struct sr_dev_inst *device = count == 1 ? found->data : NULL;
	g_slist_free(found);
	if (!device && !*why)
		*why = count == 0 ? g_strdup_printf("no instrument answers at '%s'", connection)
				  : g_strdup_printf("%u instruments answer at '%s'; say which with conn=", count, connection);
	return device;
}

char *device_words(const struct sr_dev_inst *device)
{
	GString *words = g_string_new(NULL);
	const char *parts[] = {sr_dev_inst_vendor_get(device), sr_dev_inst_model_get(device), sr_dev_inst_version_get(device)};
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (parts[i] && parts[i][0])
			g_string_append_printf(words, "%s%s", words->len ? " " : "", parts[i]);
	g_string_append(words, ", channels");
	for (GSList *item = sr_dev_inst_channels_get(device); item; item = item->next)
		g_string_append_printf(words, " %s", ((struct sr_channel *)item->data)->name);
	return g_string_free(words, FALSE);
}

static struct sr_channel *channel_of(struct sr_dev_inst *device, const char *name)
{
	for (GSList *item = sr_dev_inst_channels_get(device); item; item = item->next)
		if (strcmp(((struct sr_channel *)item->data)->name, name) == 0)
			return item->data;
	return NULL;
}

/*
 * The named channels and every logic channel below the highest of them: there are drivers (demo) that count the enabled channels and clear the bits
 * above that number, so that the edges of a channel alone would be lost without a sign.
 */
static char *enable_channels(struct sr_dev_inst *device, char *const *channels, unsigned count, unsigned *bits)
{
	unsigned highest = 0;
	for (unsigned i = 0; i < count; i++) {
		struct sr_channel *channel = channel_of(device, channels[i]);
		g_autofree char *words = device_words(device);
		if (!channel)
			return g_strdup_printf("there is no channel '%s'; it is %s", channels[i], words);
		if (channel->type != SR_CHANNEL_LOGIC)
			return g_strdup_printf("channel '%s' is no logic channel", channels[i]);
		bits[i] = (unsigned)channel->index;
		highest = MAX(highest, bits[i]);
	}
	for (GSList *item = sr_dev_inst_channels_get(device); item; item = item->next) {
		struct sr_channel *channel = item->data;
		bool enable = channel->type == SR_CHANNEL_LOGIC && (unsigned)channel->index <= highest;
		if (sr_dev_channel_enable(channel, enable) != SR_OK && enable)
			return g_strdup_printf("channel '%s' cannot be enabled", channel->name);
	}
	return NULL;
}

static char *set_rate(struct sr_dev_inst *device, uint64_t rate_hz, uint64_t *rate_set)
{
	GVariant *read = NULL;
	if (rate_hz > 0 && sr_config_set(device, NULL, SR_CONF_SAMPLERATE, g_variant_new_uint64(rate_hz)) != SR_OK)
		return g_strdup_printf("it does not take the sample rate %" G_GUINT64_FORMAT " Hz", rate_hz);
	if (sr_config_get(sr_dev_inst_driver_get(device), device, NULL, SR_CONF_SAMPLERATE, &read) != SR_OK)
		return g_strdup("it does not tell its sample rate");
	*rate_set = g_variant_get_uint64(read);
	g_variant_unref(read);
	if (rate_hz > 0 && *rate_set != rate_hz)
		return g_strdup_printf("it samples at %" G_GUINT64_FORMAT " Hz, not at the %" G_GUINT64_FORMAT " Hz of the bench file",
				       *rate_set, rate_hz);
	return NULL;
}

/* Logic samples must come as they are taken, without end: of an analyser that fills its memory first nothing would be known until it is full. */
static char *set_continuous(struct sr_dev_inst *device)
{
	GArray *keys = sr_dev_options(sr_dev_inst_driver_get(device), device, NULL);
	bool known = false;
	for (guint i = 0; keys && i < keys->len; i++)
		known = known || g_array_index(keys, uint32_t, i) == SR_CONF_CONTINUOUS;
	if (keys)
		g_array_free(keys, TRUE);
	if (!known)
		return g_strdup("it cannot sample without end, only fill its memory");
	if (sr_dev_config_capabilities_list(device, NULL, SR_CONF_CONTINUOUS) & SR_CONF_SET &&
	    sr_config_set(device, NULL, SR_CONF_CONTINUOUS, g_variant_new_boolean(TRUE)) != SR_OK)
		return g_strdup("it cannot be set to sample without end");
	return NULL;
}

char *device_prepare(struct sr_dev_inst *device, uint64_t rate_hz, char *const *channels, unsigned count, unsigned *bits,
		     uint64_t *rate_set)
{
	if (sr_dev_open(device) != SR_OK)
		return g_strdup("it cannot be opened");
	/* Some drivers know their channels' state only from here on, so the order is: open, channels, rate. */
	char *why = enable_channels(device, channels, count, bits);
	if (!why)
		why = set_rate(device, rate_hz, rate_set);
	return why ? why : set_continuous(device);
}

char *device_select(struct sr_dev_inst *device, char *const *channels, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!channel_of(device, channels[i])) {
			g_autofree char *words = device_words(device);
			return g_strdup_printf("there is no channel '%s'; it is %s", channels[i], words);
		}
	for (GSList *item = sr_dev_inst_channels_get(device); item; item = item->next) {
		struct sr_channel *channel = item->data;
		bool wanted = false;
		for (unsigned i = 0; i < count; i++)
			wanted = wanted || strcmp(channel->name, channels[i]) == 0;
		if ((bool)channel->enabled != wanted && sr_dev_channel_enable(channel, wanted) != SR_OK)
			return g_strdup_printf("its channel '%s' cannot be switched", channel->name);
	}
	return NULL;
}

char *device_one_frame(struct sr_dev_inst *device)
{
	if (sr_dev_config_capabilities_list(device, NULL, SR_CONF_LIMIT_FRAMES) & SR_CONF_SET &&
	    sr_config_set(device, NULL, SR_CONF_LIMIT_FRAMES, g_variant_new_uint64(1)) != SR_OK)
		return g_strdup("it cannot be set to one frame");
	return NULL;
}
