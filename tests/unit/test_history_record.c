/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the history takes from a bundle, and what it refuses: a result.json is anybody's file.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "run_record.h"

#define HEAD                                                                                                                               \
	"{\"schema\": \"tmsrig-result-1\", \"tool\": {\"version\": \"0.1.0\", \"build\": \"release\"}, \"verdict\": \"pass\", "            \
	"\"results_sha256\": \"ab\", \"bench\": {\"id\": \"virtual\"}, \"device\": {\"id\": \"d1\"}, \"spec\": {\"id\": \"s\", "           \
	"\"revision\": 3}, "
#define RUN "\"run\": {\"command\": \"run\", \"started\": \"2026-11-22T02:43:57Z\", \"simulated\": true, \"device_serial\": \"SN1\"}, "
#define LISTS                                                                                                                              \
	"\"requirements\": [{\"id\": \"R1\", \"revision\": 2, \"measurand\": \"pulse.peak1\", \"verdict\": \"fail\", \"value\": 1.5, "     \
	"\"u\": 0.25, \"lower\": null, \"upper\": 2}], "                                                                                   \
	"\"measurands\": [{\"id\": \"pulse.peak1\", \"version\": 1, \"unit\": \"A\", \"count\": 4, \"voided\": 1, \"mean\": 2, "           \
	"\"standard_deviation\": 1, \"minimum\": 1, \"maximum\": 3}]}"
#define TABLE_HEAD "measurand,value,u_random,u_systematic,voided\n"
#define TABLE TABLE_HEAD "pulse.peak1,1,0.1,0.3,0\npulse.peak1,2,0.1,0.3,0\npulse.peak1,9,0.1,0.3,1\npulse.peak1,3,0.1,0.3,0\n"

static struct run_record *parse(const char *json, const char *table, struct error *error)
{
	*error = (struct error){0};
	return run_record_parse("result.json", json, strlen(json), table, table ? strlen(table) : 0, error);
}

Test(history_record, takes_what_is_there)
{
	struct error error;
	auto_run_record struct run_record *r = parse(HEAD RUN LISTS, TABLE, &error);
	cr_assert_not_null(r, "%s", error.text);
	cr_expect_str_eq(r->bench, "virtual");
	cr_expect_str_eq(r->serial, "SN1");
	cr_expect_null(r->scenario);
	cr_expect_eq(r->spec_revision, 3);
	cr_expect_eq(r->attempt, 1);
	cr_expect(r->simulated);
	/* date -u -d 2026-11-22T02:43:57Z +%s */
	cr_expect_eq((long long)r->started_s, 1795315437);
	cr_expect_str_eq(r->id, r->result_sha256, "without an id of its own, the hash of the file stands for the run");
	cr_assert_eq(r->judgement_count, 1);
	cr_expect(isnan(r->judgements[0].lower) && r->judgements[0].upper == 2 && r->judgements[0].u == 0.25);
	cr_assert_eq(r->statistics_count, 1);
	const struct run_statistics *s = &r->statistics[0];
	cr_expect(s->n == 3 && s->voided == 1 && s->value_count == 4);
	cr_expect(s->values[0] == 1 && s->values[1] == 2 && isnan(s->values[2]) && s->values[3] == 3);
	/* The scatter of 1 / sqrt(3) is larger than the 0.1 / sqrt(3) stated; the systematic 0.3 does not average out. */
	cr_expect_float_eq(s->u_mean, sqrt(1.0 / 3 + 0.09), 1e-12);
}

Test(history_record, the_id_and_the_repeat_of_a_run)
{
	struct error error;
	auto_run_record struct run_record *r =
		parse(HEAD "\"run\": {\"id\": \"run-7\", \"attempt\": 2, \"reason\": \"cable\", \"command\": \"run\", \"started\": "
			   "\"2026-11-22T02:43:57.25Z\", \"simulated\": false}, " LISTS,
		      NULL, &error);
	cr_assert_not_null(r, "%s", error.text);
	cr_expect_str_eq(r->id, "run-7");
	cr_expect_eq(r->attempt, 2);
	cr_expect_str_eq(r->reason, "cable");
	cr_expect_float_eq(r->started_s, 1795315437.25, 1e-6);
	cr_expect_not(r->simulated);
}

struct bad {
	const char *json, *table, *message;
};

Test(history_record, refuses_what_it_does_not_understand)
{
	static const struct bad BAD[] = {
		{"", NULL, "result.json:1"},
		{"{", NULL, "result.json:1"},
		{"[]", NULL, "schema"},
		{"{\"schema\": \"other\"}", NULL, "schema"},
		{"{\"schema\": \"tmsrig-result-1\", \"schema\": \"tmsrig-result-1\"}", NULL, "duplicate"},
		{HEAD LISTS, NULL, "command"},
		{HEAD "\"run\": 7, " LISTS, NULL, "command"},
		{HEAD "\"run\": {\"command\": \"run\", \"started\": \"yesterday\", \"simulated\": true}, " LISTS, NULL, "started"},
		{HEAD "\"run\": {\"command\": \"run\", \"started\": \"2026-11-22T02:43:57.Z\", \"simulated\": true}, " LISTS, NULL,
		 "started"},
		{HEAD "\"run\": {\"command\": \"run\", \"started\": \"2026-11-22T02:43:57Z\"}, " LISTS, NULL, "simulated"},
		{HEAD "\"run\": {\"id\": 5, \"command\": \"run\", \"started\": \"2026-11-22T02:43:57Z\", \"simulated\": true}, " LISTS,
		 NULL, "\"id\""},
		{HEAD RUN "\"requirements\": {}, \"measurands\": []}", NULL, "requirements"},
		{HEAD RUN "\"requirements\": [5], \"measurands\": []}", NULL, "\"id\""},
		{HEAD RUN "\"requirements\": [{\"id\": \"A\", \"measurand\": \"m\", \"verdict\": \"great\"}], \"measurands\": []}", NULL,
		 "verdict"},
		{HEAD RUN
		 "\"requirements\": [{\"id\": \"A\", \"measurand\": \"m\", \"verdict\": \"pass\"}, {\"id\": \"A\", \"measurand\": \"m\", "
		 "\"verdict\": \"pass\"}], \"measurands\": []}",
		 NULL, "two of one id"},
		{HEAD RUN
		 "\"requirements\": [{\"id\": \"A\", \"measurand\": \"m\", \"verdict\": \"pass\", \"value\": \"1\"}], \"measurands\": []}",
		 NULL, "value"},
		{HEAD RUN "\"requirements\": [], \"measurands\": [{\"id\": \"a\", \"count\": -1}]}", NULL, "count"},
		{HEAD RUN "\"requirements\": [], \"measurands\": [{\"id\": \"a\", \"count\": 1.5}]}", NULL, "count"},
		{HEAD RUN LISTS, "", "no column"},
		{HEAD RUN LISTS, "measurand,value\n", "no column"},
		{HEAD RUN LISTS, TABLE_HEAD "pulse.peak1,1\n", "number of cells"},
		{HEAD RUN LISTS, TABLE_HEAD "pulse.peak2,1,1,1,0\n", "does not have this measurand"},
		{HEAD RUN LISTS, TABLE_HEAD "pulse.peak1,1,1,1,0\n", "do not belong together"},
		{HEAD RUN LISTS, TABLE_HEAD "pulse.peak1,x,1,1,0\npulse.peak1,1,1,1,0\npulse.peak1,1,1,1,0\npulse.peak1,1,1,1,0\n",
		 "a number"},
		{HEAD RUN LISTS, TABLE_HEAD "\"pulse.peak1,1,1,1,0\n", "number of cells"},
	};
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		struct error error;
		struct run_record *record = parse(BAD[i].json, BAD[i].table, &error);
		cr_expect_null(record, "case %zu was taken", i);
		cr_expect_eq(error.kind, ERROR_CONFIG, "case %zu", i);
		cr_expect(strstr(error.text, BAD[i].message), "case %zu: %s", i, error.text);
		run_record_destroy(record);
	}
}

Test(history_record, a_folder_that_is_none)
{
	struct error error = {0};
	cr_expect_null(run_record_read("/nonexistent/bundle", &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_null(run_record_read("/dev", &error));
	cr_expect(strstr(error.text, "/dev/result.json"));
}
