/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A requirement: what a specification demands of one measurand, where it is written, and how conformity is decided. Tolerances are data with
 * a source, never constants in code.
 */
#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "pulse.h"

enum decision_rule {
	DECISION_SIMPLE,     /* the value itself within the limits */
	DECISION_GUARDED,    /* within the limits by U = k u (guard band w = U) */
	DECISION_NON_BINARY, /* ILAC-G8: pass, conditional pass, conditional fail, fail */
	DECISION_ISO14253,   /* within the limits by 1.65 u */
	DECISION_RISK,       /* conformance probability at least 1 - risk (JCGM 106) */
};

enum judged_value {
	JUDGE_EVERY, /* every measurement of the population; the worst decides */
	JUDGE_MEAN,
	JUDGE_MAXIMUM,
	JUDGE_MINIMUM,
	JUDGE_STANDARD_DEVIATION,
};

enum nominal_kind {
	NOMINAL_NONE,    /* lower and/or upper are the limits */
	NOMINAL_VALUE,   /* nominal is the centre */
	NOMINAL_PLANNED, /* each measurement's `planned` is the centre */
};

enum tolerance_combine { TOLERANCE_LARGER, TOLERANCE_SMALLER, TOLERANCE_SUM };

/* Limits in the measurand's SI unit; NAN: not given. */
struct limit {
	double lower, upper;
	enum nominal_kind nominal_kind;
	double nominal;
	double tolerance_relative; /* of the nominal */
	double tolerance_absolute;
	enum tolerance_combine combine;
};

enum pulse_position { POSITION_ANY, POSITION_FIRST_OF_PAIR, POSITION_SECOND_OF_PAIR, POSITION_FIRST_OF_TRAIN };

/* What a requirement is verified by. What is not the rig is listed in every evidence as not tested. */
enum verification {
	VERIFIED_BY_RIG, /* by its measurand */
	VERIFIED_BY_INSPECTION,
	VERIFIED_BY_ANALYSIS,
	VERIFIED_BY_DEMONSTRATION,
	VERIFIED_BY_TEST, /* another one than this rig's */
	VERIFIED_BY_OPEN, /* nobody has said yet */
};

/* Which measurements a requirement is about. Unset fields select everything. */
struct selector {
	const char *scenarios; /* fnmatch(3) pattern on the plan's path, FNM_PATHNAME; NULL: all */
	bool has_waveform;
	enum waveform waveform;                      /* device files of that waveform only */
	double intensity_min_pct, intensity_max_pct; /* of the expected pulse; NAN: open */
	double interval_max_s;                       /* measurements of intervals planned no longer than this; NAN: open */
	enum pulse_position position;
};

struct requirement {
	const char *id; /* "TIM-IPI-01" */
	unsigned revision;
	const char *text;
	const char *document, *clause;     /* its source */
	const char *uid;                   /* its identifier in the tool it came from; NULL: none */
	const char *hazard, *risk_control; /* NULL: none */
	enum verification verified_by;
	const char *measurand; /* id in the registry; "" unless it is VERIFIED_BY_RIG */
	const char *unit;      /* of the measurand; NULL: not known */
	struct selector select;
	struct limit limit;
	enum decision_rule rule;
	double risk;       /* DECISION_RISK: largest consumer's risk accepted, e.g. 0.025 */
	double capability; /* smallest C_m that lets a value be judged, e.g. 4 for U at most T/4; 0 or NAN: none asked for */
	enum judged_value judge;
	int line; /* in the spec file, for messages */
	int column;
};

struct spec {
	struct arena *arena; /* owns everything below */
	const char *id, *title, *file;
	unsigned revision;
	double capability; /* of every requirement with two limits that asks for none itself; NAN: none */
	struct requirement *requirements;
	size_t count;
};

/* Releases the spec; NULL is accepted. */
void spec_destroy(struct spec *spec);
/* Static strings. */
const char *decision_rule_name(enum decision_rule rule);
/* The rule and its guard band in a sentence, with its source. Static string. */
const char *decision_rule_words(enum decision_rule rule);
const char *judged_value_name(enum judged_value judge);
/* "rig", "inspection", … as in spec files. Static string. */
const char *verification_name(enum verification verification);

define_cleanup(struct spec *, cleanup_spec, spec_destroy);
#define auto_spec cleanup_with(cleanup_spec)
