/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emulation_setup.h"

#include <math.h>

static bool lacks(enum interlock_signal signal, enum signal_state state, const char *what, struct error *error)
{
	return error_config(error, "the bench has nothing to bring the signal '%s' into the state '%s': its emulation has no %s",
			    interlock_signal_name(signal), signal_state_name(state), what);
}

bool emulation_can(const struct emulation_setup *setup, enum interlock_signal signal, enum signal_state state, double value,
		   struct error *error)
{
	if ((unsigned)signal >= SIGNAL_COUNT || !interlock_signal_has(signal, state))
		return error_config(error, "the signal '%s' has no state '%s'", interlock_signal_name(signal), signal_state_name(state));
	const struct emulation_signal *wired = &setup->signals[signal];
	if (!wired->present)
		return lacks(signal, state, "such signal", error);
	switch (state) {
	case STATE_NORMAL: return true;
	case STATE_OPEN:
		return wired->lines[STATE_NORMAL].present || wired->lines[STATE_OPEN].present ||
		       lacks(signal, state, "line that opens it", error);
	case STATE_VALUE:
		if (!wired->output.present)
			return lacks(signal, state, "output", error);
		return isfinite(emulation_volts(&wired->output, value)) ||
		       error_config(error, "the output that stands for '%s' gives %g to %g, not %g", interlock_signal_name(signal),
				    wired->output.value[0], wired->output.value[wired->output.count - 1], value);
	case STATE_SHORT_LOW:
	case STATE_SHORT_HIGH:
	case STATE_PRESSED:
	case STATE_UNKNOWN:
	case STATE_SILENT:
	case STATE_CORRUPTED:
	case STATE_REPLAYED:
	case STATE_SELF_FIRE:
	case STATE_COUNT: break;
	}
	return wired->lines[state].present || lacks(signal, state, "line for it", error);
}

bool emulation_active(enum signal_state line, enum signal_state state)
{
	return line == state || (line == STATE_NORMAL && state == STATE_VALUE);
}

enum signal_state emulation_state(const struct emulation_signal *signal, unsigned active)
{
	/* A short is a short, whether the wire is open besides or not. */
	for (unsigned state = STATE_COUNT; --state > STATE_NORMAL;)
		if (active >> state & 1)
			return (enum signal_state)state;
	return signal->lines[STATE_NORMAL].present && !(active & 1u << STATE_NORMAL) ? STATE_OPEN : STATE_NORMAL;
}

/* y at x between points of rising or falling xs; NAN outside. */
static double between(const double *xs, const double *ys, unsigned count, double x)
{
	for (unsigned i = 1; i < count; i++) {
		double low = fmin(xs[i - 1], xs[i]), high = fmax(xs[i - 1], xs[i]);
		if (x >= low && x <= high)
			return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
	}
	return NAN;
}

double emulation_volts(const struct emulation_output *output, double value)
{
	return between(output->value, output->volts, output->count, value);
}

double emulation_value(const struct emulation_output *output, double volts)
{
	return between(output->volts, output->value, output->count, volts);
}
