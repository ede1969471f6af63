/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ports.h"

#include <math.h>
#include <stdio.h>

const char *stimulator_state_name(enum stimulator_state state)
{
	switch (state) {
	case STIMULATOR_OFF: return "off";
	case STIMULATOR_STANDBY: return "standby";
	case STIMULATOR_CHARGING: return "charging";
	case STIMULATOR_READY: return "ready";
	case STIMULATOR_FIRING: return "firing";
	case STIMULATOR_FAULT: return "fault";
	}
	return "?";
}

struct stimulator_status stimulator_unheard(void)
{
	return (struct stimulator_status){
		.state = STIMULATOR_CHARGING, .intensity_pct = NAN, .coil_temperature_degc = NAN, .fault = "the link is kept silent"};
}

static void copy_printable(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
	for (char *c = out; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
}

void ports_note(struct ports *ports, const char *part, const char *key, const char *value)
{
	if (ports->note_count == PORTS_MAX_NOTES || !value)
		return;
	struct instrument_note *note = &ports->notes[ports->note_count++];
	copy_printable(note->part, sizeof note->part, part);
	copy_printable(note->key, sizeof note->key, key);
	copy_printable(note->value, sizeof note->value, value);
}
