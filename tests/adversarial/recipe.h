/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Recordings made to mislead: closed-form pulses with everything that a laboratory adds, and the counts that are true of them. A pure function of
 * class and seed; knows nothing of the simulator nor of the room under test.
 */
#include "plan.h"
#include "recording.h"

enum evil {
	EVIL_NONE,        /* amplitudes from 5 to 100 % */
	EVIL_NOISE,       /* up to 5 % of the pulses' peak, rms */
	EVIL_HIDDEN,      /* planned pulses that are smaller than the noise lets see */
	EVIL_HUM,         /* 50 or 60 Hz, up to 5 % of the peak */
	EVIL_SPIKES,      /* single samples and bursts of 1 to 3 us, up to full scale, in and beside pulses */
	EVIL_CLIPPED,     /* full scale below the peak; every other recording does not know its range */
	EVIL_DOUBLE,      /* a second pulse 1 ms after a planned one */
	EVIL_TAIL,        /* pulses on monophasic tails */
	EVIL_STEP,        /* steps of the baseline */
	EVIL_DRIFT,       /* of the baseline, some per cent in the recording */
	EVIL_FLIP,        /* polarity from pulse to pulse */
	EVIL_BURST,       /* bursts of three to five at 100 Hz */
	EVIL_QPS,         /* bursts of four 1.5 ms apart */
	EVIL_DROPPED,     /* triggers without a pulse */
	EVIL_EXTRA,       /* pulses that nobody planned, with a trigger edge of their own */
	EVIL_UNTRIGGERED, /* pulses that nobody planned, without */
	EVIL_BOUNCE,      /* of the trigger's contact */
	EVIL_GAP,         /* samples lost */
	EVIL_CUT,         /* the recording begins or ends inside a pulse */
	EVIL_FROZEN,      /* the channel sticks at one value */
	EVIL_UNPLUGGED,   /* the channel shows only noise from some pulse on */
	EVIL_MIXED,       /* several at once */
	EVILS
};

enum { MOST_PULSES = 64, MOST_EVENTS = MOST_PULSES + 1, CHANNELS = 2 };

struct truth {
	size_t present, missing, extra, untriggered;
};

struct recipe {
	struct recording_format format;
	size_t frames;
	int16_t *samples;
	bool with_plan, with_trigger;
	struct plan plan;
	struct plan_block block;
	struct expected_pulse expected[MOST_PULSES];
	double section_duration_s;
	struct run_event events[MOST_EVENTS];
	size_t event_count;
	struct gap gap; /* frames 0: none */
	struct truth truth;
	char text[160]; /* what was drawn, for messages */
};

/* "noise", "hum", ... Static string. */
const char *evil_name(enum evil evil);
/* Draws a recording; false when out of memory. Its plan points into the recipe, which must not be moved. */
bool recipe_draw(struct recipe *recipe, enum evil evil, uint64_t seed);
void recipe_free(struct recipe *recipe);
