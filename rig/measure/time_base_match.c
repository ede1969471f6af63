/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "time_base_match.h"

#include <math.h>
#include <string.h>

#include "line_robust.h"

enum {
	SEEDS = 12,         /* recorded edges from which hypotheses start, at most */
	SEEDS_LEAST = 3,    /* and at least, where there are so many edges that each has many hypotheses */
	LOCAL_EDGES = 200,  /* edges to either side that a hypothesis is tried on first */
	GIVE_UP_AFTER = 12, /* of these so many before one that none follows is dropped */
	HYPOTHESES = 12,    /* followed through all of the recording */
	CANDIDATES_WANTED = 1 << 15,
};

#define GATE_SIGMAS 5.0
/* A crystal's rate as a random walk: 1 ppm in 100 s. */
#define RATE_WALK (1e-6 * 1e-6 / 100)
/* The share of the edges of the shorter list that must follow. */
#define LEAST_SHARE 0.4
/* Another hypothesis that so many edges follow, of those that follow the best, is as good. */
#define NEARLY_AS_GOOD 0.9
#define LOCALLY_AS_GOOD 0.8
/* Prior distances squared, in standard uncertainties, by which the host's times tell two hypotheses apart. */
#define DECISIVE 25.0
/* The host's times may be wrong by so many of their standard uncertainties before a hypothesis is not looked at. */
#define PRIOR_SIGMAS 8.0

struct track {
	double offset_s, rate, at_s; /* recording time minus the analyser's, at a time of the analyser */
	double variance, covariance, rate_variance;
};

struct candidate {
	size_t recorded, logic;
	size_t matched;
	double prior; /* squared distance from the host's times */
};

struct hypothesis {
	int32_t *pair;
	size_t matched;
	double prior, residual_s;
};

/* The index of the nearest of count ascending times to t. */
static size_t nearest(const double *times, size_t count, double t)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (times[middle] < t)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count)
		return count - 1;
	return low > 0 && t - times[low - 1] < times[low] - t ? low - 1 : low;
}

static double noise_variance(const struct edge_lists *lists)
{
	return lists->u_recorded_s * lists->u_recorded_s + lists->u_logic_s * lists->u_logic_s;
}

static double u_rate(const struct edge_lists *lists)
{
	return fmax(lists->u_rate_rel, EDGE_MATCH_U_RATE);
}

static struct track track_from(const struct edge_lists *lists, size_t recorded, size_t logic)
{
	double u = u_rate(lists);
	return (struct track){.offset_s = lists->recorded_s[recorded] - lists->logic_s[logic],
			      .at_s = lists->logic_s[logic],
			      .variance = noise_variance(lists),
			      .rate_variance = u * u};
}

static void track_to(struct track *track, double logic_s)
{
	double dt = logic_s - track->at_s;
	track->offset_s += track->rate * dt;
	track->variance += 2 * dt * track->covariance + dt * dt * track->rate_variance;
	track->covariance += dt * track->rate_variance;
	track->rate_variance += RATE_WALK * fabs(dt);
	track->at_s = logic_s;
}

static void track_take(struct track *track, double innovation_s, double noise)
{
	double s = track->variance + noise, k0 = track->variance / s, k1 = track->covariance / s;
	track->offset_s += k0 * innovation_s;
	track->rate += k1 * innovation_s;
	track->rate_variance -= k1 * track->covariance;
	track->covariance -= k0 * track->covariance;
	track->variance -= k0 * track->variance;
}

/* Follows the pairs from one to a side, through at most `limit` edges of the analyser; notes them in pair (may be NULL). The number of pairs. */
static size_t follow(const struct edge_lists *lists, size_t recorded, size_t logic, int step, size_t limit, int32_t *pair)
{
	struct track track = track_from(lists, recorded, logic);
	double noise = noise_variance(lists);
	size_t matched = 0;
	ptrdiff_t j = (ptrdiff_t)logic, last = (ptrdiff_t)recorded;
	for (size_t walked = 0; walked < limit; walked++) {
		j += step;
		if (j < 0 || j >= (ptrdiff_t)lists->logic_count)
			break;
		track_to(&track, lists->logic_s[j]);
		double expected_s = lists->logic_s[j] + track.offset_s;
		size_t i = nearest(lists->recorded_s, lists->recorded_count, expected_s);
		double innovation_s = lists->recorded_s[i] - expected_s;
		bool onwards = step > 0 ? (ptrdiff_t)i > last : (ptrdiff_t)i < last;
		if (!onwards || fabs(innovation_s) > GATE_SIGMAS * sqrt(track.variance + noise)) {
			if (!pair && walked == GIVE_UP_AFTER && matched < GIVE_UP_AFTER / 4)
				break;
			continue;
		}
		track_take(&track, innovation_s, noise);
		last = (ptrdiff_t)i;
		matched++;
		if (pair)
			pair[j] = (int32_t)i;
	}
	return matched;
}

/* Squared distance of a pair from what the host says of the starts, in standard uncertainties. */
static double prior_of(const struct edge_lists *lists, double recorded_s, double logic_s)
{
	if (!isfinite(lists->start_s) || !isfinite(lists->u_start_s))
		return 0;
	double u2 = pow(lists->u_start_s, 2) + pow(u_rate(lists) * logic_s, 2) + noise_variance(lists);
	return pow(recorded_s - logic_s - lists->start_s, 2) / u2;
}

static size_t seeds_of(const struct edge_lists *lists)
{
	size_t seeds = CANDIDATES_WANTED / lists->logic_count;
	seeds = seeds < SEEDS_LEAST ? SEEDS_LEAST : seeds > SEEDS ? SEEDS : seeds;
	return lists->recorded_count < seeds ? lists->recorded_count : seeds;
}

static size_t find_candidates(const struct edge_lists *lists, struct candidate *candidates)
{
	size_t count = 0, seeds = seeds_of(lists);
	for (size_t s = 0; s < seeds; s++) {
		size_t i = seeds > 1 ? s * (lists->recorded_count - 1) / (seeds - 1) : 0;
		for (size_t j = 0; j < lists->logic_count; j++) {
			double prior = prior_of(lists, lists->recorded_s[i], lists->logic_s[j]);
			if (prior > PRIOR_SIGMAS * PRIOR_SIGMAS)
				continue;
			size_t matched = 1 + follow(lists, i, j, 1, LOCAL_EDGES, NULL) + follow(lists, i, j, -1, LOCAL_EDGES, NULL);
			candidates[count++] = (struct candidate){i, j, matched, prior};
		}
	}
	return count;
}

static int by_matched(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->matched != y->matched)
		return x->matched < y->matched ? 1 : -1;
	return (x->prior > y->prior) - (x->prior < y->prior);
}

static int by_prior(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return x->prior != y->prior ? (x->prior > y->prior) - (x->prior < y->prior) : by_matched(a, b);
}

size_t edge_lists_pair(const struct edge_lists *lists, double pivot_s, double offset_s, double rate_rel, double gate_s, int32_t *pair)
{
	size_t matched = 0;
	ptrdiff_t last = -1, last_logic = -1;
	double last_distance_s = INFINITY;
	for (size_t j = 0; j < lists->logic_count; j++) {
		double expected_s = lists->logic_s[j] + offset_s + rate_rel * (lists->logic_s[j] - pivot_s);
		size_t i = nearest(lists->recorded_s, lists->recorded_count, expected_s);
		double distance_s = fabs(lists->recorded_s[i] - expected_s);
		pair[j] = -1;
		if (distance_s > gate_s || (ptrdiff_t)i < last)
			continue;
		/* Two of the analyser's edges beside one recorded: the nearer one is it. */
		if ((ptrdiff_t)i == last) {
			if (distance_s >= last_distance_s)
				continue;
			pair[last_logic] = -1;
			matched--;
		}
		pair[j] = (int32_t)i;
		last = (ptrdiff_t)i;
		last_logic = (ptrdiff_t)j;
		last_distance_s = distance_s;
		matched++;
	}
	return matched;
}

/* Follows a candidate through everything, then lays a line through it and pairs once more. False when out of memory. */
static bool follow_all(const struct edge_lists *lists, const struct candidate *candidate, struct hypothesis *hypothesis)
{
	hypothesis->pair = malloc(lists->logic_count * sizeof *hypothesis->pair);
	if (!hypothesis->pair)
		return false;
	for (size_t j = 0; j < lists->logic_count; j++)
		hypothesis->pair[j] = -1;
	hypothesis->pair[candidate->logic] = (int32_t)candidate->recorded;
	follow(lists, candidate->recorded, candidate->logic, 1, SIZE_MAX, hypothesis->pair);
	follow(lists, candidate->recorded, candidate->logic, -1, SIZE_MAX, hypothesis->pair);
	struct line_robust line;
	for (unsigned pass = 0; pass < 3; pass++) {
		if (!line_robust_fit(lists, hypothesis->pair, &line))
			return false;
		/* Pairs that are close to each other say little of the rate: what clocks can do holds it. */
		double u2 = pow(u_rate(lists), 2);
		line.rate *= u2 / (u2 + noise_variance(lists) / fmax(line.sum_squares, 1e-18));
		double gate_s = 6 * fmax(line.scatter_s, sqrt(noise_variance(lists)));
		hypothesis->matched = edge_lists_pair(lists, line.pivot_s, line.offset_s, line.rate, gate_s, hypothesis->pair);
	}
	if (!line_robust_fit(lists, hypothesis->pair, &line))
		return false;
	hypothesis->residual_s = fmax(line.scatter_s, sqrt(noise_variance(lists)));
	double at_zero_s = line.offset_s - line.rate * line.pivot_s;
	hypothesis->prior = prior_of(lists, at_zero_s, 0);
	return true;
}

struct search {
	struct candidate *candidates;
	size_t count;
	struct hypothesis hypotheses[HYPOTHESES];
	size_t followed;
	bool out_of_memory;
};

static void search_finish(struct search *search)
{
	for (size_t h = 0; h < HYPOTHESES; h++)
		free(search->hypotheses[h].pair);
	free(search->candidates);
}

/* Is the candidate one of the pairs of a hypothesis that was followed already? */
static bool is_known(const struct search *search, const struct candidate *candidate)
{
	for (size_t h = 0; h < search->followed; h++)
		if (search->hypotheses[h].pair[candidate->logic] == (int32_t)candidate->recorded)
			return true;
	return false;
}

static void follow_some(const struct edge_lists *lists, struct search *search, size_t least, size_t most)
{
	for (size_t c = 0; c < search->count && search->followed < most; c++) {
		if (search->candidates[c].matched < least || is_known(search, &search->candidates[c]))
			continue;
		struct hypothesis *hypothesis = &search->hypotheses[search->followed];
		if (!follow_all(lists, &search->candidates[c], hypothesis)) {
			search->out_of_memory = true;
			return;
		}
		search->followed++;
	}
}

/* Two hypotheses that pair mostly the same edges are one. */
static bool are_one(const struct hypothesis *a, const struct hypothesis *b, size_t logic_count)
{
	size_t common = 0;
	for (size_t j = 0; j < logic_count; j++)
		common += a->pair[j] >= 0 && a->pair[j] == b->pair[j];
	return 2 * common > (a->matched < b->matched ? a->matched : b->matched);
}

static const struct hypothesis *choose(const struct search *search, size_t logic_count, bool *ambiguous)
{
	size_t most = 0;
	double least_residual_s = INFINITY;
	for (size_t h = 0; h < search->followed; h++)
		most = search->hypotheses[h].matched > most ? search->hypotheses[h].matched : most;
	const struct hypothesis *best = NULL;
	for (size_t h = 0; h < search->followed; h++)
		if ((double)search->hypotheses[h].matched >= NEARLY_AS_GOOD * (double)most)
			least_residual_s = fmin(least_residual_s, search->hypotheses[h].residual_s);
	*ambiguous = false;
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t h = 0; h < search->followed; h++) {
			const struct hypothesis *other = &search->hypotheses[h];
			bool good = (double)other->matched >= NEARLY_AS_GOOD * (double)most && other->residual_s <= 3 * least_residual_s;
			if (pass == 0 && good && (!best || other->prior < best->prior))
				best = other;
			if (pass == 1 && good && other != best && other->prior - best->prior < DECISIVE)
				*ambiguous |= !are_one(other, best, logic_count);
		}
	return best;
}

bool edge_lists_match(const struct edge_lists *lists, int32_t *pair, enum match_state *state, struct error *error)
{
	*state = MATCH_NONE;
	for (size_t j = 0; j < lists->logic_count; j++)
		pair[j] = -1;
	if (lists->logic_count == 0 || lists->recorded_count == 0)
		return true;
	struct search search __attribute__((cleanup(search_finish))) = {0};
	search.candidates = calloc(seeds_of(lists) * lists->logic_count, sizeof *search.candidates);
	if (!search.candidates)
		return error_bench(error, "out of memory for the edges of the trigger line");
	search.count = find_candidates(lists, search.candidates);
	if (search.count == 0)
		return true;
	/* Those that most edges follow nearby; then, of those nearly as good, the ones that the host's times favour. */
	qsort(search.candidates, search.count, sizeof *search.candidates, by_matched);
	size_t least = (size_t)(LOCALLY_AS_GOOD * (double)search.candidates[0].matched);
	follow_some(lists, &search, least, HYPOTHESES / 2);
	qsort(search.candidates, search.count, sizeof *search.candidates, by_prior);
	follow_some(lists, &search, least, HYPOTHESES);
	if (search.out_of_memory)
		return error_bench(error, "out of memory for the edges of the trigger line");
	bool ambiguous;
	const struct hypothesis *best = choose(&search, lists->logic_count, &ambiguous);
	size_t shorter = lists->logic_count < lists->recorded_count ? lists->logic_count : lists->recorded_count;
	if (!best || (double)best->matched < LEAST_SHARE * (double)shorter)
		return true;
	memcpy(pair, best->pair, lists->logic_count * sizeof *pair);
	*state = ambiguous ? MATCH_AMBIGUOUS : MATCH_FOUND;
	return true;
}
