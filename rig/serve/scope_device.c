/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scope_device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two seconds of samples are kept; a screen may not be wider than half of that. */
static const double MOST_SCREEN_S = 1, LEAST_TIMEBASE_S = 1e-6;

size_t scope_device_points(const struct scope_device *device)
{
	double points = round(SCOPE_DIVISIONS * device->timebase_s * device->rate_hz);
	return points < 1 ? 1 : (size_t)points;
}

size_t scope_device_before(const struct scope_device *device)
{
	double before = round((0.5 * SCOPE_DIVISIONS * device->timebase_s - device->offset_s) * device->rate_hz);
	return (size_t)fmax(1, fmin(before, (double)scope_device_points(device) - 1));
}

/* The rest of the line behind a beginning; NULL when it begins otherwise. */
static const char *after(const char *line, const char *beginning)
{
	size_t length = strlen(beginning);
	return strncmp(line, beginning, length) == 0 ? line + length : NULL;
}

/* "CHAN1" to "CHAN4" at the beginning, *rest behind it. */
static bool channel_of(const char *text, unsigned *channel, const char **rest)
{
	const char *number = text ? after(text, "CHAN") : NULL;
	if (!number || *number < '1' || *number >= '1' + SCOPE_CHANNELS)
		return false;
	*channel = (unsigned)(*number - '1');
	*rest = number + 1;
	return true;
}

static double number_of(const char *text)
{
	return strtod(text, NULL);
}

static enum scope_action say_number(char *reply, double number)
{
	snprintf(reply, SCOPE_REPLY_BYTES, "%.6e", number);
	return SCOPE_SAY;
}

static enum scope_action say(char *reply, const char *words)
{
	snprintf(reply, SCOPE_REPLY_BYTES, "%s", words);
	return SCOPE_SAY;
}

static enum scope_action obey_channel(struct scope_device *device, unsigned channel, const char *what, char *reply)
{
	if (strcmp(what, ":DISP?") == 0)
		return say(reply, device->shown[channel] ? "1" : "0");
	if (after(what, ":DISP "))
		device->shown[channel] = strcmp(what, ":DISP ON") == 0 || strcmp(what, ":DISP 1") == 0;
	if (strcmp(what, ":PROB?") == 0 || strcmp(what, ":SCAL?") == 0)
		return say_number(reply, 1);
	if (strcmp(what, ":OFFS?") == 0)
		return say_number(reply, 0);
	return strcmp(what, ":COUP?") == 0 ? say(reply, "DC") : SCOPE_NOTHING;
}

static enum scope_action obey_trigger(struct scope_device *device, const char *what, char *reply)
{
	const char *rest, *value;
	char name[] = "CHAN1";
	name[4] = (char)('1' + device->trigger);
	if (strcmp(what, "STAT?") == 0)
		return SCOPE_STATUS;
	if (strcmp(what, "EDGE:SOUR?") == 0)
		return say(reply, name);
	if (strcmp(what, "EDGE:SLOP?") == 0)
		return say(reply, device->falling ? "NEG" : "POS");
	if (strcmp(what, "EDGE:LEV?") == 0)
		return say_number(reply, device->level_v);
	if ((value = after(what, "EDGE:SLOP ")))
		device->falling = strcmp(value, "NEG") == 0;
	if ((value = after(what, "EDGE:LEV ")))
		device->level_v = number_of(value);
	if ((value = after(what, "EDGE:SOUR ")))
		(void)channel_of(value, &device->trigger, &rest);
	return SCOPE_NOTHING;
}

static enum scope_action obey_wave(struct scope_device *device, const char *what, char *reply)
{
	const char *rest, *value;
	if (strcmp(what, "YINC?") == 0)
		return say_number(reply, 1.0 / SCOPE_COUNTS);
	if (strcmp(what, "YOR?") == 0)
		return say(reply, "0");
	if (strcmp(what, "YREF?") == 0) {
		snprintf(reply, SCOPE_REPLY_BYTES, "%d", SCOPE_MIDDLE);
		return SCOPE_SAY;
	}
	if ((value = after(what, "SOUR ")))
		(void)channel_of(value, &device->source, &rest);
	if ((value = after(what, "START ")))
		device->read_from = strtoul(value, NULL, 10);
	if ((value = after(what, "STOP ")))
		device->read_before = strtoul(value, NULL, 10);
	/* As told they are counted from 1, both inside. */
	return strcmp(what, "DATA?") == 0 ? SCOPE_SAMPLES : SCOPE_NOTHING;
}

static enum scope_action obey_time(struct scope_device *device, const char *what, char *reply)
{
	const char *value;
	if (strcmp(what, "SCAL?") == 0)
		return say_number(reply, device->timebase_s);
	if (strcmp(what, "OFFS?") == 0)
		return say_number(reply, device->offset_s);
	if ((value = after(what, "SCAL ")) && number_of(value) >= LEAST_TIMEBASE_S && SCOPE_DIVISIONS * number_of(value) <= MOST_SCREEN_S)
		device->timebase_s = number_of(value);
	if ((value = after(what, "OFFS ")) && isfinite(number_of(value)))
		device->offset_s = number_of(value);
	return SCOPE_NOTHING;
}

enum scope_action scope_device_obey(struct scope_device *device, const char *line, char reply[SCOPE_REPLY_BYTES])
{
	unsigned channel;
	const char *rest;
	line += *line == ':';
	if (strcmp(line, "*IDN?") == 0)
		return say(reply, "RIGOL TECHNOLOGIES,DS4024,SIMULATED,tmsrig");
	if (strcmp(line, "*OPC?") == 0)
		return say(reply, "1");
	if (strcmp(line, "SING") == 0)
		return SCOPE_ARM;
	if (strcmp(line, "ACQ:MDEP?") == 0) {
		snprintf(reply, SCOPE_REPLY_BYTES, "%zu", scope_device_points(device));
		return SCOPE_SAY;
	}
	if (channel_of(line, &channel, &rest))
		return obey_channel(device, channel, rest, reply);
	if ((rest = after(line, "TRIG:")))
		return obey_trigger(device, rest, reply);
	if ((rest = after(line, "WAV:")))
		return obey_wave(device, rest, reply);
	return (rest = after(line, "TIM:")) ? obey_time(device, rest, reply) : SCOPE_NOTHING;
}
