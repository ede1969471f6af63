/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the instruments of a bench at rest deliver: a stretch of samples of the ADC, and the edges of the logic analyser meanwhile.
 */
#include <stdatomic.h>

#include "bench.h"

/* Of one channel, in its unit. */
struct quiet_channel {
	double mean, rms; /* rms: of the deviation from the mean */
	double least, most;
	bool alive; /* there are two samples that differ */
};

struct quiet_sample {
	bool logic_started, logic_ended; /* the analyser delivered from beginning to end */
	struct error logic_error;        /* why not */
	uint64_t edges[LOGIC_LINE_COUNT];
	bool adc_ended; /* the ADC delivered from beginning to end */
	struct error adc_error;
	uint64_t frames, gaps, lost; /* samples of a channel; gaps and the samples missing in them */
	/*
	 * Samples a second by the clock of the host, and how far off that may be (relative, limits) for lack of knowing when a sample was taken; NAN
	 * when the blocks were too few, or came too irregularly, to tell.
	 */
	double rate_hz, rate_limit_rel, rate_over_s;
	struct quiet_channel channels[RECORDING_MAX_CHANNELS];
};

/*
 * Takes duration_s of samples; a part that is not open is left out. What instruments do wrong is in *sample. False when it could not be tried (no
 * thread, no clock) or was aborted, with *error.
 */
bool quiet_sample_take(struct bench *bench, double duration_s, const atomic_bool *abort, struct quiet_sample *sample,
		       struct error *error) must_check;
