/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The stages of `tmsrig verify`, each of which looks at one thing that must hold for a bundle to be believed.
 */
#include <jansson.h>

#include "compare_json.h"
#include "digest.h"
#include "error.h"
#include "scratch.h"
#include "signature.h"

enum { VERIFY_MAX_FINDINGS = 20, VERIFY_FINDING_SIZE = 1600, VERIFY_MAX_NOTES = 99, VERIFY_NOTE_SIZE = 400 };

enum stage_state {
	STAGE_HOLDS,
	STAGE_FAILS,
	STAGE_ABSENT,   /* the bundle has none of it; that is no fault */
	STAGE_NOT_DONE, /* something before it does not hold, so there is nothing to be looked at */
	STAGE_PARTLY,   /* holds as far as it can be looked at here, and the summary says how far that is */
};

/* What a stage came to. */
struct stage_report {
	enum stage_state state;
	char summary[400];
	size_t finding_count;                                    /* all of them */
	char findings[VERIFY_MAX_FINDINGS][VERIFY_FINDING_SIZE]; /* the first of them, a line each */
	size_t note_count;
	char notes[VERIFY_MAX_NOTES][VERIFY_NOTE_SIZE]; /* what is to be known beside them */
};

struct bundle_check {
	const char *dir;                  /* the bundle's folder */
	struct signature_demands demands; /* of the signatures */
	struct scratch scratch;
	json_t *result;                 /* result.json; NULL where it cannot be read */
	char state[DIGEST_HEX_SIZE];    /* of the folder (folder_state()) before anything was read */
	char sums_sha256[65];           /* of SHA256SUMS; "" where there is none */
	bool recording_changed;         /* the manifest says so, or is not there: HDF5 must not see it */
	struct differences differences; /* of re-judging */
	const char *other;              /* than when the bundle was made, and so may come to other last digits; NULL: nothing is */
	bool different_people;          /* who reviews or approves may not be who performed */
	bool all_views;                 /* a view that could not be made again is a fault */
};

/* Adds a finding, of which only the first are kept, and sets the state to STAGE_FAILS. */
void stage_find(struct stage_report *report, const char *format, ...) printf_like(2, 3);

/* Adds a line that is to be known and no fault; those beyond the last place are dropped. */
void stage_note(struct stage_report *report, const char *format, ...) printf_like(2, 3);

/* The stages, in their order. Each looks and reports; false when the machine does not let it look (ERROR_BENCH). */
bool verify_manifest(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_result(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_environment(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_events(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_ledger(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_signatures(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_rejudging(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_views(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
bool verify_stillness(struct bundle_check *check, struct stage_report *report, struct error *error) must_check;

/*
 * Judges by other requirements and shows what changes against the result that is stored, on stdout (json: as JSON); *status is the exit status of `run` for
 * the new verdict. ERROR_CONFIG when the specification cannot be read or the recording not be judged.
 */
bool verify_with_spec(struct bundle_check *check, const char *spec, bool json, int *status, struct error *error) must_check;
