/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What an evidence folder says about requirements, read from its result.json.
 */
#include "arena.h"
#include "error.h"
#include "verdict.h"

/* A requirement as it was judged in that run. Strings live in the arena it was read with. */
struct trace_verdict {
	const char *id;
	unsigned revision;
	const char *fingerprint;    /* 64 hex digits; NULL: the tool that wrote it knew none */
	const char *measurand;      /* "": none */
	unsigned measurand_version; /* 0: nothing was measured */
	bool declared;              /* the run's scenario verifies it */
	enum verdict verdict;       /* no better than void when the run has no whole recording */
};

/* A run of the same test that came before, as the bundle names it. */
struct trace_attempt {
	const char *id, *verdict; /* verdict NULL: it has no end */
};

enum { TRACE_MAX_EARLIER = 16 };

struct trace_bundle {
	const char *path;     /* as it was given */
	const char *spec;     /* id of the spec it was judged by */
	const char *scenario; /* id; NULL: a recording without one */
	const char *started;  /* ISO 8601 */
	const char *device;   /* id of the device file; NULL: none */
	const char *serial;   /* of the device under test; NULL: not stated */
	const char *run_id;   /* NULL: none */
	const char *reason;   /* why it was repeated; NULL: none given */
	unsigned attempt;     /* 0: it does not say */
	struct trace_attempt earlier[TRACE_MAX_EARLIER];
	size_t earlier_count;
	bool simulated;
	bool whole;      /* recorded to its end, not aborted */
	bool overridden; /* judged in spite of a calibration that was not in force */
	struct trace_verdict *verdicts;
	size_t count;
};

/*
 * Reads PATH/result.json. A folder that was never finished (".incomplete") or never started (".failed"), one with a file that is not as SHA256SUMS says,
 * and everything that is no result is ERROR_CONFIG. Whether its recording gives its verdicts is not looked at.
 */
bool trace_bundle_read(struct trace_bundle *bundle, const char *path, struct arena *arena, struct error *error) must_check;
