/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a count ever wrong? Recordings made to mislead, each through scan, measure and match: what is counted must be true, or void with a reason.
 * usage: adversarial [--count N] [--class NAME] [--seed S]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "recipe.h"
#include "scan.h"

enum { COUNT = 1000, MOST_SHOWN = 40 };

enum outcome { EXACT, VOID, WRONG, OUTCOMES };

/* The share of void counts that is right for a class: none where the counts can be known. */
static double most_void(enum evil evil)
{
	switch (evil) {
	case EVIL_HIDDEN:
	case EVIL_GAP:
	case EVIL_CUT:
	case EVIL_FROZEN: return 1;
	case EVIL_MIXED: return 0.1;
	case EVIL_NOISE:
	case EVIL_HUM:
	case EVIL_SPIKES:
	case EVIL_CLIPPED:
	case EVIL_STEP: return 0.05;
	case EVIL_NONE:
	case EVIL_DOUBLE:
	case EVIL_TAIL:
	case EVIL_DRIFT:
	case EVIL_FLIP:
	case EVIL_BURST:
	case EVIL_QPS:
	case EVIL_DROPPED:
	case EVIL_EXTRA:
	case EVIL_UNTRIGGERED:
	case EVIL_BOUNCE:
	case EVIL_UNPLUGGED:
	case EVILS: break;
	}
	return 0;
}

static void end_with(const char *text)
{
	fprintf(stderr, "adversarial: %s\n", text);
	exit(2);
}

static bool push(const struct recipe *recipe, const struct recording_sink *sink, uint64_t from, uint64_t to, struct error *error)
{
	struct block block = {.first_frame = from, .frames = (size_t)(to - from), .samples = recipe->samples + (size_t)from * CHANNELS};
	return from == to || sink->block(sink->self, &block, error);
}

static struct results *measure_recipe(const struct recipe *recipe)
{
	struct error error = {0};
	auto_measure struct measure *measure = measure_create(recipe->with_plan ? &recipe->plan : NULL, NULL, &error);
	if (!measure)
		end_with(error.text);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	if (!scan)
		end_with(error.text);
	struct recording_sink sink = scan_sink(scan);
	bool ok = sink.format(sink.self, &recipe->format, &error);
	for (size_t k = 0; ok && k < recipe->event_count; k++)
		ok = sink.event(sink.self, &recipe->events[k], &error);
	const struct gap *gap = &recipe->gap;
	if (ok && gap->frames > 0)
		ok = push(recipe, &sink, 0, gap->first_frame, &error) && sink.gap(sink.self, gap, &error);
	ok = ok && push(recipe, &sink, gap->first_frame + gap->frames, recipe->frames, &error) && sink.finish(sink.self, &error);
	struct results *results = ok ? measure_finish(measure, &error) : NULL;
	if (!results)
		end_with(error.text);
	return results;
}

/* The outcome of one count; a void one must say why, an absent one is right where it cannot be had. */
static enum outcome hold(const struct results *results, const char *id, bool expected, size_t truth, const char **why)
{
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		if (strcmp(m->measurand->id, id) != 0)
			continue;
		if (!m->voided)
			return m->value == (double)truth ? EXACT : WRONG;
		*why = m->why;
		return m->why ? VOID : WRONG;
	}
	return expected ? WRONG : EXACT;
}

/* What was found, pulse by pulse, and the edges of the trigger. */
static void print_pulses(const struct results *results)
{
	for (size_t k = 0; k < results->pulse_count; k++) {
		const struct pulse *pulse = &results->pulses[k];
		printf("  %.6f s, u %.1f us  %8.1f A  %s%-11s %s %d, edge %.6f s\n", pulse->onset_s, 1e6 * pulse->u_onset_s, pulse->peak1_a,
		       pulse->clipped ? "clipped " : "", waveform_name(pulse->waveform), pulse_match_name(pulse->match), pulse->expected,
		       pulse->trigger_s);
	}
	for (size_t e = 0; e < results->trigger_edge_count; e++)
		printf("  edge %.6f s\n", results->trigger_edges_s[e]);
}

static enum outcome judge(const struct recipe *recipe, bool show, bool pulses, const char *name, uint64_t seed)
{
	auto_results struct results *results = measure_recipe(recipe);
	const struct truth *truth = &recipe->truth;
	const char *why = NULL;
	enum outcome outcomes[] = {hold(results, "session.pulse_count", true, truth->present, &why),
				   hold(results, "session.missing", recipe->with_plan, truth->missing, &why),
				   hold(results, "session.extra", recipe->with_plan, truth->extra, &why),
				   hold(results, "session.untriggered", recipe->with_trigger, truth->untriggered, &why)};
	enum outcome worst = EXACT;
	for (unsigned k = 0; k < sizeof outcomes / sizeof *outcomes; k++)
		worst = outcomes[k] > worst ? outcomes[k] : worst;
	if (show && worst != EXACT)
		printf("%s: --class '%s' --seed %llu: counted %zu missing %zu extra %zu untriggered %zu, true %zu %zu %zu %zu (%s%s%s)\n",
		       worst == WRONG ? "WRONG" : "void", name, (unsigned long long)seed, results->pulse_count, results->missing_count,
		       results->extra_count, results->untriggered_count, truth->present, truth->missing, truth->extra, truth->untriggered,
		       recipe->text, why ? "; " : "", why ? why : "");
	if (pulses)
		print_pulses(results);
	return worst;
}

static enum outcome run_one(enum evil evil, uint64_t seed, bool show, bool pulses)
{
	static struct recipe recipe;
	if (!recipe_draw(&recipe, evil, seed))
		end_with("out of memory");
	enum outcome outcome = judge(&recipe, show, pulses, evil_name(evil), seed);
	recipe_free(&recipe);
	return outcome;
}

static enum evil find_class(const char *name)
{
	for (unsigned evil = 0; evil < EVILS; evil++)
		if (strcmp(evil_name(evil), name) == 0)
			return evil;
	end_with("there is no class of that name");
	return EVILS;
}

/* Prints the table; how many recordings or classes are not as they must be. */
static unsigned report(unsigned tally[EVILS][OUTCOMES])
{
	unsigned bad = 0, sum[OUTCOMES] = {0};
	printf("%-14s %7s %7s %7s\n", "class", "exact", "void", "wrong");
	for (unsigned evil = 0; evil < EVILS; evil++) {
		const unsigned *row = tally[evil];
		unsigned all = row[EXACT] + row[VOID] + row[WRONG];
		if (all == 0)
			continue;
		/* One recording is always allowed where any is. */
		double most = most_void(evil) * all;
		bool over = row[VOID] > (most > 0 ? fmax(most, 1) : 0);
		printf("%-14s %7u %7u %7u%s\n", evil_name(evil), row[EXACT], row[VOID], row[WRONG], over ? "  TOO MANY VOID" : "");
		bad += row[WRONG] + over;
		for (unsigned k = 0; k < OUTCOMES; k++)
			sum[k] += row[k];
	}
	printf("%-14s %7u %7u %7u\n", "all", sum[EXACT], sum[VOID], sum[WRONG]);
	return bad;
}

int main(int argc, char **argv)
{
	unsigned count = COUNT, tally[EVILS][OUTCOMES] = {{0}}, shown = 0;
	enum evil only = EVILS;
	uint64_t seed = 0;
	for (int k = 1; k + 1 < argc; k += 2) {
		if (strcmp(argv[k], "--count") == 0)
			count = (unsigned)strtoul(argv[k + 1], NULL, 10);
		else if (strcmp(argv[k], "--class") == 0)
			only = find_class(argv[k + 1]);
		else if (strcmp(argv[k], "--seed") == 0)
			seed = strtoull(argv[k + 1], NULL, 10);
		else
			end_with("usage: adversarial [--count N] [--class NAME] [--seed S]");
	}
	if (only != EVILS && seed > 0)
		return run_one(only, seed, true, true) == WRONG;
	for (unsigned k = 0; k < count; k++) {
		enum evil evil = only != EVILS ? only : (enum evil)(k % EVILS);
		uint64_t this_seed = seed + 1 + (only != EVILS ? k : k / EVILS);
		enum outcome outcome = run_one(evil, this_seed, shown < MOST_SHOWN, false);
		shown += outcome == WRONG;
		tally[evil][outcome]++;
	}
	unsigned bad = report(tally);
	if (bad > 0)
		printf("%u are wrong or void where they need not be\n", bad);
	return bad > 0;
}
