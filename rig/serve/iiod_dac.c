/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_dac.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTS = 65536, ATTRIBUTES = 2 };
static const char DEVICE_ID[] = "iio:device1";
static const char *const NAMES[ATTRIBUTES] = {"raw", "scale"};
static const double MILLIVOLTS = 0.1; /* of a count */

static const struct emulation_output *output_of(const struct iiod_dac *dac, unsigned signal)
{
	const struct emulation_output *output = &dac->plant->setup->emulation.signals[signal].output;
	return dac->wires && output->present ? output : NULL;
}

/* All outputs are of one instrument: the first one's. NULL: there is none. */
static const char *name_of(const struct iiod_dac *dac)
{
	for (unsigned s = 0; s < SIGNAL_COUNT; s++)
		if (output_of(dac, s))
			return output_of(dac, s)->instrument;
	return NULL;
}

void iiod_dac_make(struct iiod_dac *dac, struct plant *plant, struct wires *wires)
{
	dac->plant = plant;
	dac->wires = wires;
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		const struct emulation_output *output = output_of(dac, s);
		atomic_store(&dac->raw[s], output ? (unsigned)lround(emulation_volts(output, output->rest) / (1e-3 * MILLIVOLTS)) : 0);
	}
}

void iiod_dac_xml(const struct iiod_dac *dac, struct text *xml)
{
	if (!name_of(dac))
		return;
	text_printf(xml, "<device id=\"%s\" name=\"%s\">", DEVICE_ID, name_of(dac));
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		const struct emulation_output *output = output_of(dac, s);
		if (!output)
			continue;
		text_printf(xml, "<channel id=\"%s\" type=\"output\">", output->channel);
		for (unsigned a = 0; a < ATTRIBUTES; a++)
			text_printf(xml, "<attribute name=\"%s\" filename=\"out_%s_%s\" />", NAMES[a], output->channel, NAMES[a]);
		text_puts(xml, "</channel>");
	}
	text_puts(xml, "</device>");
}

bool iiod_dac_is(const struct iiod_dac *dac, const char *name)
{
	const char *own = name_of(dac);
	return own && (strcmp(name, DEVICE_ID) == 0 || strcmp(name, own) == 0);
}

/* The signal of an output's channel; SIGNAL_COUNT: there is none. */
static unsigned find(const struct iiod_dac *dac, const struct iiod_command *command)
{
	unsigned s = 0;
	while (s < SIGNAL_COUNT && (!output_of(dac, s) || strcmp(output_of(dac, s)->channel, command->channel) != 0))
		s++;
	return s;
}

int iiod_dac_read(struct iiod_dac *dac, const struct iiod_command *command, struct text *text)
{
	if (command->place != IIOD_OUTPUT)
		return -ENOENT;
	unsigned s = find(dac, command);
	if (s == SIGNAL_COUNT)
		return -ENXIO;
	if (strcmp(command->attribute, "raw") == 0)
		text_printf(text, "%u", atomic_load(&dac->raw[s]));
	else if (strcmp(command->attribute, "scale") == 0)
		text_printf(text, "%.9g", MILLIVOLTS);
	else
		return -ENOENT;
	return 0;
}

int iiod_dac_write(struct iiod_dac *dac, const struct iiod_command *command, const char *value)
{
	if (command->place != IIOD_OUTPUT || strcmp(command->attribute, "raw") != 0)
		return -EACCES;
	unsigned s = find(dac, command);
	char *end;
	long raw = strtol(value, &end, 10);
	if (s == SIGNAL_COUNT)
		return -ENXIO;
	if (end == value || end[strspn(end, " \n")] != '\0' || raw < 0 || raw >= COUNTS)
		return -EINVAL;
	struct error error;
	atomic_store(&dac->raw[s], (unsigned)raw);
	wires_volts(dac->wires, (enum interlock_signal)s, 1e-3 * MILLIVOLTS * (double)raw);
	plant_advance(dac->plant);
	if (wires_follow(dac->wires, &error))
		return 0;
	plant_fail(dac->plant, &error);
	return -EIO;
}
