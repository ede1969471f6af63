/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line_protocol.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *line_command_name(enum line_command command)
{
	switch (command) {
	case LINE_SET_INTENSITY: return "set_intensity";
	case LINE_SET_INTENSITY_SECOND: return "set_intensity_second";
	case LINE_ARM: return "arm";
	case LINE_DISARM: return "disarm";
	case LINE_FIRE: return "fire";
	case LINE_DIRECTION_NORMAL: return "direction_normal";
	case LINE_DIRECTION_REVERSED: return "direction_reversed";
	case LINE_STATUS: return "status";
	case LINE_KEEP_ALIVE: return "keep_alive";
	case LINE_COMMAND_COUNT: break;
	}
	return "?";
}

const char *line_state_name(enum line_state state)
{
	switch (state) {
	case LINE_FAULT: return "fault";
	case LINE_FIRING: return "firing";
	case LINE_READY: return "ready";
	case LINE_CHARGING: return "charging";
	case LINE_STANDBY: return "standby";
	case LINE_STATE_COUNT: break;
	}
	return "?";
}

const char *line_command_placeholder(enum line_command command)
{
	return command == LINE_SET_INTENSITY || command == LINE_SET_INTENSITY_SECOND ? "intensity" : NULL;
}

/* A placeholder, cut into its parts: {name:0width.decimalsf}. */
struct placeholder {
	const char *begin, *end; /* with its braces */
	char name[32];
	bool zeros, formatted;
	int width, decimals;
};

static bool read_format(const char *text, struct placeholder *out)
{
	out->zeros = *text == '0';
	out->width = (int)strspn(text, "0123456789") > 2 ? -1 : (int)strtol(text, NULL, 10);
	text += strspn(text, "0123456789");
	if (out->width < 0 || out->width > 20 || text[0] != '.' || text[1] < '0' || text[1] > '6' || text[2] != 'f' || text[3] != '\0')
		return false;
	out->decimals = text[1] - '0';
	return true;
}

/* The first placeholder; false when what is in braces is none. begin stays NULL when there are no braces. */
static bool find_placeholder(const char *template, struct placeholder *out)
{
	*out = (struct placeholder){.begin = strpbrk(template, "{}")};
	if (!out->begin)
		return true;
	const char *close = strchr(out->begin, '}');
	if (*out->begin != '{' || !close || close - out->begin > (long)sizeof out->name)
		return false;
	out->end = close + 1;
	snprintf(out->name, sizeof out->name, "%.*s", (int)(close - out->begin - 1), out->begin + 1);
	char *colon = strchr(out->name, ':');
	out->formatted = colon;
	if (colon)
		*colon = '\0';
	return !colon || read_format(colon + 1, out);
}

bool line_template_check(const char *template, const char *placeholder, struct error *error)
{
	struct placeholder found;
	if (strlen(template) > LINE_TEXT_MAX / 2)
		return error_config(error, "a command may have up to %d characters", LINE_TEXT_MAX / 2);
	for (const char *at = template; *at; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			return error_config(error, "a command has printable ASCII characters only; its end is 'line_end'");
	if (!find_placeholder(template, &found))
		return error_config(error,
				    "'%s' has a placeholder that cannot be read; write {intensity}, {intensity:.1f} or {intensity:05.1f}",
				    template);
	if (found.begin && (!placeholder || strcmp(found.name, placeholder) != 0))
		return error_config(error, "unknown placeholder '{%s}'; %s%s%s", found.name,
				    placeholder ? "known is {" : "this command has none", placeholder ? placeholder : "",
				    placeholder ? "}" : "");
	if (!found.begin && placeholder)
		return error_config(error, "'%s' lacks the placeholder {%s}", template, placeholder);
	if (found.begin && strpbrk(found.end, "{}"))
		return error_config(error, "'%s' has more than one placeholder", template);
	return true;
}

bool line_template_write(const char *template, double value, char *out, size_t size, struct error *error)
{
	struct placeholder found;
	char number[64];
	if (!find_placeholder(template, &found))
		return error_config(error, "'%s' cannot be read", template);
	if (!found.begin) {
		if ((size_t)snprintf(out, size, "%s", template) < size)
			return true;
		return error_config(error, "'%s' is too long", template);
	}
	if (!found.formatted)
		snprintf(number, sizeof number, "%.10g", value);
	else if (found.zeros)
		snprintf(number, sizeof number, "%0*.*f", found.width, found.decimals, value);
	else
		snprintf(number, sizeof number, "%*.*f", found.width, found.decimals, value);
	/* A setting that is rounded silently would be another than the plan's. */
	if (!(fabs(strtod(number, NULL) - value) <= 1e-9 * fmax(1, fabs(value))))
		return error_config(error, "%.10g cannot be told with the digits of '%s'", value, template);
	int length = snprintf(out, size, "%.*s%s%s", (int)(found.begin - template), template, number, found.end);
	return (size_t)length < size || error_config(error, "'%s' is too long", template);
}
