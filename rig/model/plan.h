/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A plan: what shall happen, fully expanded and static. The same scenario and parameters give the same bytes (plan_serialise), whose hash
 * goes into the evidence.
 *
 * A plan is cut into sections. Inside a section every time is exact, counted from the section's origin (its first step); between sections
 * stands a synchronisation whose duration nobody can plan (waiting for "ready", an operator's prompt), so no interval is expected across it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "interlock.h"
#include "text.h"

enum { PLAN_MAX_STEPS = 1000000, PLAN_MAX_SECTIONS = 10000 };

enum step_kind {
	STEP_SET_INTENSITY, /* intensity_pct; second_pct is NAN, or the intensity of every second pulse (paired-pulse mode) */
	STEP_ARM,
	STEP_DISARM,
	STEP_AWAIT,            /* name: an input line ("ready"), must become active within timeout_s; ends a section */
	STEP_TRIGGER,          /* fires the expected pulse number `pulse` */
	STEP_DRIVE_LINE,       /* name, level */
	STEP_WAIT,             /* nothing; time_s of the next step says how long */
	STEP_PROMPT,           /* text shown to the operator (name), who confirms; ends a section */
	STEP_PROVOKE,          /* raises the trigger line where the device has to refuse, or may */
	STEP_EMULATE,          /* brings a signal of an interlock into a state */
	STEP_EXPECT_DISCHARGE, /* capacitor voltage at or below level_v within timeout_s from this step, and stays */
};

/* How an inter-train interval was counted when the scenario declared it (domain/protocols.md, 1.1). */
enum iti_reference {
	ITI_NONE = 0,         /* a single train */
	ITI_TRAIN_ONSET,      /* onset of first pulse to onset of first pulse of the next train */
	ITI_LAST_PULSE,       /* last pulse to first pulse of the next train */
	ITI_LAST_BURST_ONSET, /* onset of the last burst to first pulse of the next train */
};

struct step {
	enum step_kind kind;
	uint32_t section;
	double time_s; /* from the section's origin */
	int line;      /* of the scenario file, for messages */
	union {
		struct {
			double intensity_pct, second_pct;
		} set;
		struct {
			const char *name;
			double timeout_s;
		} await;
		struct {
			uint32_t pulse;
		} trigger;
		struct {
			const char *name;
			bool level;
		} drive;
		struct {
			const char *text;
		} prompt;
		struct {
			double level_v, timeout_s;
		} discharge;
		struct {
			enum interlock_signal signal;
			enum signal_state state;
			double value;  /* of STATE_VALUE; else NAN */
			bool watched;  /* the device's reaction counts from here: EVENT_INTERLOCK */
			double pulses; /* watched: how many pulses follow; NAN: the other measurands of interlocks tell */
		} emulate;
	};
};

/* One discharge that the plan expects. Indices count from 0. */
struct expected_pulse {
	double time_s;        /* onset, from the section's origin, before the device's trigger latency */
	double intensity_pct; /* % of maximum stimulator output commanded */
	uint32_t step;        /* the STEP_TRIGGER that causes it */
	bool follows;         /* no trigger of its own: that of the pulse before makes the device give both */
	uint32_t section;
	uint32_t block; /* which train{}/single{}/pair{} call of the scenario */
	uint32_t train; /* within the block */
	uint32_t burst; /* within the train */
	uint32_t index; /* within the burst; 0 or 1 in a pair */
	bool reversed;  /* current direction commanded reversed */
};

/* A number that the scenario asked for and the operator may set. */
struct plan_setting {
	const char *name;
	double value;
};

/* What a train{} (or a pair{}, single{}) call of the scenario expanded to; facts for check, lint and the measurands of trains. */
struct plan_block {
	const char *kind; /* "train", "pair", "single" */
	uint32_t first_pulse, pulses;
	uint32_t pulses_per_burst, bursts_per_train, trains;
	double intra_burst_interval_s; /* NAN when pulses_per_burst is 1 */
	double burst_period_s;         /* NAN when bursts_per_train is 1 */
	double train_period_s;         /* onset to onset; NAN when trains is 1 */
	double iti_s;                  /* as declared; NAN when trains is 1 */
	enum iti_reference iti_reference;
	double intensity_pct;
	int line;
};

/* A justification given in the scenario for a lint warning. */
struct plan_justification {
	const char *rule; /* the lint rule it answers, e.g. "dose.single_train" */
	const char *reason;
	int line;
};

struct plan {
	struct arena *arena; /* owns everything below */
	const char *id;      /* scenario id, e.g. "itbs-600" */
	const char *title;
	const char *path;       /* the selector path: the scenario file below scenarios/ without ".lua", e.g. "protocols/itbs-600" */
	const char *source;     /* the scenario file as given, for messages */
	const char **libraries; /* the library files that the scenario required */
	size_t library_count;
	const char **verifies; /* requirement ids the scenario declares */
	size_t verifies_count;
	double motor_threshold_pct; /* the operator's motor threshold in % MSO; NAN when not given */
	struct step *steps;
	size_t step_count;
	struct expected_pulse *pulses; /* in order of time within each section, sections in order */
	size_t pulse_count;
	struct plan_block *blocks;
	size_t block_count;
	struct plan_justification *justifications;
	size_t justification_count;
	struct plan_setting *settings;
	size_t setting_count;
	double *section_duration_s; /* from the section's origin to its last step; a following await is not counted */
	uint32_t section_count;
};

/* Releases the plan; NULL is accepted. */
void plan_destroy(struct plan *plan);
/* Onset of the first to onset of the last pulse when nothing has to be waited for, s; 0 for fewer than two pulses. */
double plan_first_to_last_onset_s(const struct plan *plan);
/* Nominal duration of the session when nothing has to be waited for, s (includes a trailing pause of the last train, if declared). */
double plan_duration_s(const struct plan *plan);
/* The planned start of a section, s, when nothing has to be waited for. */
double plan_section_start_s(const struct plan *plan, uint32_t section);
/* Writes the plan as canonical text: one line a field, times in ns. Equal plans give equal bytes. */
void plan_serialise(const struct plan *plan, struct text *out);
/* The interval of the pairs that the device gave on one trigger each when it fired last before a step of the plan, s; 0: it gave none then. */
double plan_trigger_pair_s(const struct plan *plan, uint32_t step);
/* "train_onset", …; "none" for ITI_NONE. Static string. */
const char *iti_reference_name(enum iti_reference reference);
/* "set_intensity", "arm", … Static string. */
const char *step_kind_name(enum step_kind kind);

define_cleanup(struct plan *, cleanup_plan, plan_destroy);
#define auto_plan cleanup_with(cleanup_plan)
