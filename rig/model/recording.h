/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A recording: time lines on one time base, the ADC's sample counter. It always streams: a source pushes blocks, gaps, edges and events, in
 * order of time, into a sink. Nothing here is ever held as a whole.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { RECORDING_MAX_CHANNELS = 8 };

enum channel_role {
	CHANNEL_COIL_CURRENT,      /* A */
	CHANNEL_TRIGGER,           /* V, a logic line digitised by the ADC */
	CHANNEL_CAPACITOR_VOLTAGE, /* V */
	CHANNEL_OTHER,             /* recorded, not interpreted */
};

/* How counts become a quantity, and how far that can be trusted. One a channel. */
struct channel {
	char name[32]; /* as in the bench file: "coil_current" */
	enum channel_role role;
	char unit[8];                 /* "A", "V" */
	double scale;                 /* unit per count, ADC and sensor together, the certificate's gain correction included */
	double offset;                /* unit; value = scale * count + offset */
	int32_t count_min, count_max; /* clipping: counts at or beyond these are full scale */
	double threshold;             /* CHANNEL_TRIGGER: switching level, V; else NAN */
	double droop_time_constant_s; /* high-pass of the sensor; INFINITY when DC-coupled */
	double bandwidth_hz;          /* single-pole; INFINITY when not known to matter */
	double delay_s;               /* of the sensor against the ADC's clock, subtracted from every onset */
	/* Standard uncertainties, systematic (common to the run). */
	double u_sensor_gain_rel; /* of the certificate's gain; INFINITY: nobody has calibrated the chain */
	double u_position_rel;    /* of the conductor in the sensor */
	double u_adc_gain_rel;
	double u_offset;
	double u_delay_s;
	bool calibrated; /* false: no sensor file given */
	char sensor[64]; /* id of the sensor file, "" for none */
};

struct recording_format {
	double sample_rate_hz;
	double u_clock_rel;       /* standard uncertainty of the sample clock's rate, relative */
	double logic_rate_hz;     /* of the logic analyser; 0: there is none */
	double u_logic_clock_rel; /* standard uncertainty of its clock's rate, relative */
	unsigned channel_count;
	struct channel channels[RECORDING_MAX_CHANNELS];
};

/* A piece of the stream: `frames` frames of channel_count interleaved samples, the first being sample number first_frame. */
struct block {
	uint64_t first_frame;
	size_t frames;
	const int16_t *samples; /* owned by the source, valid during the call */
};

enum gap_cause {
	GAP_OVERRUN, /* the rig did not read in time */
	GAP_LOST,    /* the instrument's counter shows missing samples */
	GAP_DISCONNECT,
	GAP_NOT_RECORDED, /* the instrument records a frame a trigger, and nothing between */
	GAP_CAUSE_COUNT,
};

/* Samples that are not there. What depends on them is void. The next block starts at first_frame + frames. */
struct gap {
	uint64_t first_frame;
	uint64_t frames;
	enum gap_cause cause;
};

enum logic_line {
	LOGIC_TRIGGER,
	LOGIC_TRIGGER_OUT,
	LOGIC_READY,
	LOGIC_FAULT,
	LOGIC_EVENT, /* the contact by which the rig opens an interlock, as the device sees it; either level */
	LOGIC_LINE_COUNT
};

/* An edge seen by the logic analyser, on its own clock (recorded so; measuring aligns it): the first sample that shows the new level. */
struct edge {
	enum logic_line line;
	bool rising;
	double time_s;
};

enum run_event_kind {
	EVENT_SECTION,     /* a section of the plan begins; index: section */
	EVENT_TRIGGER,     /* the rig raised the trigger line; index: pulse of the plan */
	EVENT_DISARM,      /* the rig commanded disarm or emergency stop; index: step of the plan */
	EVENT_DISCHARGE,   /* an expect_discharge began to count; index: step of the plan */
	EVENT_END,         /* the plan is done */
	EVENT_LOGIC_START, /* the logic analyser's time 0 */
	EVENT_INTERLOCK,   /* the rig opened an interlock or provoked a fault; index: step of the plan */
	EVENT_ABORTED,     /* the run ended before its plan */
	EVENT_MONITOR,     /* a monitor stopped the run; index: enum monitor */
	EVENT_SAFE_STATE,  /* the safe state was entered after the last step */
	EVENT_PROVOKE,     /* the rig raised the trigger line where the device has to refuse; index: step of the plan */
	EVENT_KIND_COUNT,
};

/* Something the rig itself did, mapped to the recording's time base with standard uncertainty u_time_s. */
struct run_event {
	enum run_event_kind kind;
	uint32_t index;
	double time_s;
	double u_time_s;
};

/*
 * Where a recording goes. Each call returns false with *error set to stop the source. Order: format once, then the others in any
 * interleaving, blocks and gaps contiguous in frames; finish once, at the end of a recording that is complete.
 */
struct recording_sink {
	void *self;
	bool (*format)(void *self, const struct recording_format *format, struct error *error);
	bool (*block)(void *self, const struct block *block, struct error *error);
	bool (*gap)(void *self, const struct gap *gap, struct error *error);
	bool (*edge)(void *self, const struct edge *edge, struct error *error);
	bool (*event)(void *self, const struct run_event *event, struct error *error);
	bool (*finish)(void *self, struct error *error);
};

/* Static strings: "overrun", …; "section", …; "trigger", … */
const char *gap_cause_name(enum gap_cause cause);
const char *run_event_kind_name(enum run_event_kind kind);
const char *logic_line_name(enum logic_line line);
/*
 * How much later than the current the recorded signal is, s, and its standard uncertainty: the sensor's delay and the lag of its single pole,
 * 1 / (2 pi f_B) (domain: exact for a ramp). A bandwidth is stated without uncertainty; 20 % of it, rectangular, are taken.
 */
double channel_lag_s(const struct channel *channel);
double channel_u_lag_s(const struct channel *channel);
/* The part of channel_u_lag_s() that is due to the pole. */
double channel_u_pole_lag_s(const struct channel *channel);
/* Of the gain of sensor, position and ADC together, relative. INFINITY when it is not known. */
double channel_u_gain_rel(const struct channel *channel);
/* The index of the first channel of that role, or -1. */
int recording_find(const struct recording_format *format, enum channel_role role);
