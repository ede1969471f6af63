/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse.h"

#include <string.h>

static const char *const WAVEFORM_NAMES[] = {
	[WAVEFORM_UNKNOWN] = "unknown",     [WAVEFORM_BIPHASIC] = "biphasic",       [WAVEFORM_MONOPHASIC] = "monophasic",
	[WAVEFORM_HALF_SINE] = "half_sine", [WAVEFORM_RECTANGULAR] = "rectangular",
};

const char *waveform_name(enum waveform waveform)
{
	return WAVEFORM_NAMES[waveform];
}

bool waveform_from_name(const char *name, enum waveform *waveform)
{
	for (unsigned i = 0; i < sizeof WAVEFORM_NAMES / sizeof *WAVEFORM_NAMES; i++) {
		if (strcmp(name, WAVEFORM_NAMES[i]) == 0) {
			*waveform = (enum waveform)i;
			return true;
		}
	}
	return false;
}

const char *pulse_match_name(enum pulse_match match)
{
	switch (match) {
	case PULSE_UNMATCHED: return "unmatched";
	case PULSE_MATCHED: return "matched";
	case PULSE_EXTRA: return "extra";
	case PULSE_PROVOKED: return "provoked";
	case PULSE_UNTRIGGERED: return "untriggered";
	}
	return "?";
}
