/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "self_test.h"

#include <math.h>
#include <stdio.h>

#include "safe_state.h"

/* The current's channel is looked at for so long before anything is armed; so long its samples may be in coming. */
static const double SELF_TEST_S = 0.1, SELF_TEST_PATIENCE_S = 5;
/* So often an instrument is asked whether it waits for its trigger. */
static const double ASK_S = 0.02;

/* An instrument that records frames shows nothing by itself; that it waits for its trigger is all there is to see before anything is armed. */
static bool await_armed(struct sequencer *seq, struct error *error)
{
	const struct adc_port *adc = &seq->ports->adc;
	double until_s = sequencer_now_s(seq) + SELF_TEST_PATIENCE_S;
	while (!adc->ops->expect_shot(adc->self, error))
		if (sequencer_now_s(seq) >= until_s)
			return error_prefix(error, "adc");
		else if (!sequencer_sleep_until(seq, sequencer_now_s(seq) + ASK_S, error))
			return false;
	return true;
}

bool self_test_pass(struct sequencer *seq, struct error *error)
{
	char text[SAFETY_TEXT] = "";
	if (safe_state_one_shot(seq->ports))
		return await_armed(seq, error);
	double begun_s = sequencer_now_s(seq), look_s = SELF_TEST_S;
	enum monitor_rest rest = REST_UNKNOWN;
	/* On the virtual clock how far the samples are behind is chance. It must not move the run: the samples are there at the first look. */
	if (safe_state_virtual(seq->ports))
		look_s += safe_state_lag(seq->ports) / seq->ports->adc.format.sample_rate_hz;
	while (rest == REST_UNKNOWN && sequencer_now_s(seq) < begun_s + SELF_TEST_PATIENCE_S) {
		if (!sequencer_sleep_until(seq, sequencer_now_s(seq) + look_s, error))
			return false;
		if (!sequencer_keep_up(seq))
			return error_set(error, ERROR_ABORTED, "stopped");
		rest = monitors_rest(seq->monitors, text, sizeof text);
	}
	if (rest == REST_ALIVE)
		return true;
	if (rest == REST_UNKNOWN)
		snprintf(text, sizeof text, "no samples of the coil current came within %.0f s", SELF_TEST_PATIENCE_S);
	monitors_trip(seq->monitors, MONITOR_CURRENT_DEAD, 0, text);
	return error_bench(error, "monitor: %s; nothing was armed", text);
}

void self_test_tell_unwatched(const struct sequencer *seq)
{
	char text[256] = "";
	size_t length = 0;
	const struct stimulator_port *stimulator = &seq->ports->stimulator;
	const struct safety_setup limits = bench_setup_safety(seq->setup);
	bool one_shot = safe_state_one_shot(seq->ports);
	struct safety *safety = seq->safety;
	const struct {
		bool missing;
		const char *what;
	} monitors[SAFETY_UNWATCHED_MAX] = {
		{one_shot, "the current and the capacitor (the oscilloscope records frames)"},
		{!one_shot && recording_find(&seq->ports->adc.format, CHANNEL_CAPACITOR_VOLTAGE) < 0, "the capacitor (no channel)"},
		{!stimulator->ops || !stimulator->ops->status, "the coil's temperature (the device cannot be asked)"},
		{stimulator->ops && stimulator->ops->status && isinf(limits.coil_max_degc), "the coil's temperature (no limit is known)"},
		{!one_shot && !sequencer_can_disarm(seq), "current while disarmed (the bench cannot disarm)"},
	};
	safety->unwatched_count = 0;
	for (size_t i = 0; i < SAFETY_UNWATCHED_MAX; i++)
		if (monitors[i].missing)
			safety->unwatched[safety->unwatched_count++] = monitors[i].what;
	for (size_t i = 0; i < safety->unwatched_count && length < sizeof text; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s%s",
					   i ? ", " : "not watched on this bench: ", safety->unwatched[i]);
	if (length > 0 && seq->options->notice)
		seq->options->notice(seq->options->self, text);
}
