/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "shape.h"

/* A recording has at most so many frames. */
#define MOST_FRAMES 500000.0
#define TRIGGER_HIGH_S 50e-6
/* Of the definition of an untriggered pulse: no edge so long before it. */
#define TRIGGER_REACH_S 5e-3
#define TRIGGER_COUNTS 16384

enum { MOST_SPIKES = 200, MOST_STEPS = 6 };

static const char *const names[EVILS] = {"none",   "noise", "hidden", "hum",    "spikes",    "clipped", "double 1 ms", "on tails",
					 "step",   "drift", "flip",   "100 Hz", "QPS 1.5",   "dropped", "extra",       "untriggered",
					 "bounce", "gap",   "cut",    "frozen", "unplugged", "mixed"};

struct fired {
	struct shape shape;
	double planned_k; /* index of the expected pulse, -1: nobody planned it */
	double trigger_s; /* NAN: without */
};

/* Everything drawn, before it becomes samples. */
struct scene {
	uint64_t state;
	bool has[EVILS];
	double interval_s, duration_s, peak_a, full_a, noise_a, hum_a, hum_hz, hum_phase, offset_a, drift_a;
	unsigned bits;
	enum shape_kind kind;
	double period_s, ratio;
	int sign;
	struct fired fired[2 * MOST_PULSES];
	size_t fired_count;
	double edge_s[2 * MOST_PULSES];
	size_t edge_count;
	struct {
		double at_s, width_s, size_a;
	} spike[MOST_SPIKES];
	size_t spike_count;
	struct {
		double at_s, size_a;
	} step[MOST_STEPS];
	size_t step_count;
	double cut_from_s, dead_s;
};

const char *evil_name(enum evil evil)
{
	return names[evil];
}

static double between(struct scene *scene, double low, double high)
{
	return low + (high - low) * draw_uniform(&scene->state);
}

static bool chance(struct scene *scene, double probability)
{
	return draw_uniform(&scene->state) < probability;
}

static double log_between(struct scene *scene, double low, double high)
{
	return exp(between(scene, log(low), log(high)));
}

static unsigned pick(struct scene *scene, unsigned count)
{
	unsigned choice = (unsigned)(draw_uniform(&scene->state) * count);
	return choice < count ? choice : count - 1;
}

static void choose_evils(struct scene *scene, enum evil evil)
{
	static const enum evil mixable[] = {EVIL_NOISE, EVIL_HUM,  EVIL_SPIKES,  EVIL_CLIPPED, EVIL_DOUBLE,      EVIL_STEP,  EVIL_DRIFT,
					    EVIL_FLIP,  EVIL_TAIL, EVIL_DROPPED, EVIL_EXTRA,   EVIL_UNTRIGGERED, EVIL_BOUNCE};
	scene->has[evil] = true;
	if (evil != EVIL_MIXED)
		return;
	for (unsigned i = 0; i < sizeof mixable / sizeof *mixable; i++)
		scene->has[mixable[i]] = chance(scene, 0.25);
}

static void choose_instrument(struct scene *scene)
{
	static const double intervals_s[] = {0.1e-6, 0.2e-6, 0.5e-6, 1e-6, 2e-6, 5e-6, 10e-6};
	static const unsigned bits[] = {12, 14, 16};
	scene->interval_s = intervals_s[pick(scene, 7)];
	scene->bits = bits[pick(scene, 3)];
	scene->kind = scene->has[EVIL_TAIL] ? SHAPE_MONOPHASIC : (enum shape_kind)pick(scene, SHAPE_KINDS);
	scene->period_s = fmax(between(scene, 80e-6, 400e-6), 16 * scene->interval_s);
	scene->ratio = between(scene, 0.75, 0.95);
	scene->sign = chance(scene, 0.5) ? 1 : -1;
	scene->peak_a = between(scene, 3000, 9000);
	scene->full_a = scene->peak_a * (scene->has[EVIL_CLIPPED] ? between(scene, 0.4, 0.9) : between(scene, 1.15, 3));
	scene->noise_a = scene->peak_a * log_between(scene, 2e-4, 2e-3);
	if (scene->has[EVIL_NOISE])
		scene->noise_a = scene->peak_a * between(scene, 0.01, 0.05);
	if (scene->has[EVIL_HIDDEN])
		scene->noise_a = scene->peak_a * between(scene, 0.03, 0.05);
	scene->noise_a = fmax(scene->noise_a, 0.7 * scene->full_a / (1 << (scene->bits - 1)));
	scene->hum_hz = chance(scene, 0.5) ? 50 : 60;
	scene->hum_phase = between(scene, 0, 6.28);
	scene->hum_a = scene->has[EVIL_HUM] ? scene->peak_a * between(scene, 0.005, 0.05) : 0;
	scene->offset_a = scene->peak_a * between(scene, -0.01, 0.01);
	scene->drift_a = scene->has[EVIL_DRIFT] ? scene->peak_a * between(scene, -0.05, 0.05) : 0;
}

/* The smallest amplitude, relative to the peak, that noise of this size lets a pulse have when noise is to be 5 % of it at most. */
static double least_amplitude(const struct scene *scene)
{
	return fmin(1, fmax(0.05, scene->noise_a / scene->peak_a / 0.05));
}

static struct fired *fire(struct scene *scene, double onset_s, double amplitude, int planned, double trigger_s)
{
	struct fired *fired = &scene->fired[scene->fired_count++];
	int sign = scene->sign * (scene->has[EVIL_FLIP] && chance(scene, 0.5) ? -1 : 1);
	*fired = (struct fired){.planned_k = planned, .trigger_s = trigger_s};
	fired->shape = shape_make(scene->kind, onset_s, sign * amplitude * scene->peak_a, scene->period_s, scene->ratio);
	return fired;
}

/* Planned times from the first pulse on. */
static size_t choose_times(struct scene *scene, struct recipe *recipe)
{
	double most_s = MOST_FRAMES * scene->interval_s, least_s = 8e-3, at = 0, room_s = most_s - 2 * 5e-3;
	size_t count = 0, most = 4 + pick(scene, 9);
	unsigned in_burst = scene->has[EVIL_QPS]     ? 4
			    : scene->has[EVIL_BURST] ? 3 + pick(scene, 3)
			    : scene->has[EVIL_TAIL]  ? 2 + pick(scene, 2)
						     : 1;
	double inside_s = scene->has[EVIL_QPS] ? 1.5e-3 : scene->has[EVIL_BURST] ? 10e-3 : between(scene, 1e-3, 2e-3), every_s;
	double least_every_s = in_burst * inside_s * (in_burst > 1) + least_s;
	every_s = fmax(least_every_s, fmin(between(scene, least_every_s, least_every_s + 60e-3), room_s / 4));
	for (unsigned burst = 0; count < most; burst++) {
		for (unsigned k = 0; k < in_burst && count < MOST_PULSES; k++) {
			at = burst * every_s + k * inside_s;
			if (at > room_s && count > 0)
				return count;
			recipe->expected[count++] = (struct expected_pulse){.time_s = at, .burst = burst, .index = k};
		}
	}
	return count;
}

static void fire_extras(struct scene *scene, double onset_s, double next_s, double amplitude, double least)
{
	double span = next_s - onset_s;
	if (scene->has[EVIL_DOUBLE] && span > 2.5e-3 && chance(scene, 0.4)) {
		fire(scene, onset_s + 1e-3 * between(scene, 0.98, 1.05), fmax(least, amplitude * between(scene, 0.3, 1)), -1, NAN);
		return;
	}
	bool triggered = scene->has[EVIL_EXTRA] && chance(scene, 0.4), alone = scene->has[EVIL_UNTRIGGERED] && chance(scene, 0.4);
	double at = onset_s + span * between(scene, 0.46, 0.54);
	if (span < 7.9e-3)
		return;
	if (triggered) {
		scene->edge_s[scene->edge_count++] = at;
		fire(scene, at + 30e-6, amplitude, -1, at);
	} else if (alone) {
		fire(scene, at, amplitude, -1, NAN);
	}
}

static void choose_pulses(struct scene *scene, struct recipe *recipe, size_t count)
{
	double start_s = 5e-3, latency_s = between(scene, 5e-6, 60e-6), low = least_amplitude(scene);
	double unplugged_s = scene->has[EVIL_UNPLUGGED] ? (0.2 + 0.6 * between(scene, 0, 1)) : 2;
	for (size_t k = 0; k < count; k++) {
		double amplitude = chance(scene, 0.5) ? between(scene, low, 1) : 1;
		if (scene->has[EVIL_HIDDEN] && k % 3 == 2)
			amplitude = between(scene, 0.005, 0.05);
		struct expected_pulse *expected = &recipe->expected[k];
		expected->intensity_pct = rint(1000 * amplitude) / 10;
		double trigger_s = start_s + expected->time_s, onset_s = trigger_s + latency_s + 0.5e-6 * draw_normal(&scene->state);
		scene->edge_s[scene->edge_count++] = trigger_s;
		recipe->events[recipe->event_count++] =
			(struct run_event){EVENT_TRIGGER, (uint32_t)k, trigger_s + 50e-6 * draw_normal(&scene->state), 100e-6};
		double next_s = k + 1 < count ? start_s + recipe->expected[k + 1].time_s + latency_s : onset_s + 10e-3;
		if ((scene->has[EVIL_DROPPED] && chance(scene, 0.3)) || (double)k >= unplugged_s * (double)count)
			continue;
		fire(scene, onset_s, expected->intensity_pct / 100, (int)k, trigger_s);
		fire_extras(scene, onset_s, next_s, fmax(low, amplitude), low);
	}
	scene->duration_s = start_s + recipe->expected[count - 1].time_s + 15e-3;
}

static void choose_spikes(struct scene *scene)
{
	size_t count = scene->has[EVIL_SPIKES] ? 5 + pick(scene, MOST_SPIKES - 5) : 0;
	double apart_s = scene->duration_s / (double)(count + 1);
	for (size_t k = 0; k < count; k++) {
		scene->spike[k].at_s = ((double)k + between(scene, 0.2, 0.8)) * apart_s;
		scene->spike[k].width_s = chance(scene, 0.5) ? scene->interval_s : between(scene, 1e-6, 3e-6);
		scene->spike[k].size_a = (chance(scene, 0.5) ? 1 : -1) * between(scene, 0.02, 2) * scene->full_a;
	}
	scene->spike_count = count;
	count = scene->has[EVIL_STEP] ? 1 + pick(scene, MOST_STEPS - 1) : 0;
	for (size_t k = 0; k < count; k++) {
		scene->step[k].at_s = ((double)k + between(scene, 0.1, 0.9)) * scene->duration_s / (double)count;
		scene->step[k].size_a = (chance(scene, 0.5) ? 1 : -1) * between(scene, 0.005, 0.1) * scene->peak_a;
	}
	scene->step_count = count;
}

/* Removes what another pulse's time would make a matter of taste: a step within a pulse is part of the lot, but not one that ends it. */
static void end_early(struct scene *scene)
{
	size_t last = scene->fired_count - 1;
	scene->cut_from_s = 0;
	scene->dead_s = INFINITY;
	if (scene->has[EVIL_FROZEN])
		scene->dead_s = scene->fired[pick(scene, (unsigned)scene->fired_count)].shape.onset_s + between(scene, -2e-3, 3e-3);
	if (!scene->has[EVIL_CUT])
		return;
	double peak_s = shape_peak_s(&scene->fired[0].shape);
	if (chance(scene, 0.5))
		scene->cut_from_s = scene->fired[0].shape.onset_s + between(scene, 0.2, 1.5) * peak_s;
	else
		scene->duration_s = scene->fired[last].shape.onset_s + between(scene, 0.5, 3) * peak_s;
}

static int compare_fired(const void *a, const void *b)
{
	const struct fired *x = a, *y = b;
	return (x->shape.onset_s > y->shape.onset_s) - (x->shape.onset_s < y->shape.onset_s);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The counts by their definitions, from what was fired and which edges the line showed. */
static void count_truth(struct scene *scene, const struct recipe *recipe, size_t planned, struct truth *truth)
{
	*truth = (struct truth){.present = scene->fired_count, .missing = planned};
	for (size_t k = 0; k < scene->fired_count; k++) {
		const struct fired *fired = &scene->fired[k];
		bool edge = false;
		for (size_t e = 0; e < scene->edge_count; e++) {
			double before_s = fired->shape.onset_s - scene->edge_s[e];
			edge |= before_s >= -1e-6 && before_s <= TRIGGER_REACH_S;
		}
		if (fired->planned_k >= 0 && recipe->with_plan) {
			truth->missing--;
			continue;
		}
		truth->extra++;
		truth->untriggered += recipe->with_trigger && !edge;
	}
}

static void describe(const struct scene *scene, struct recipe *recipe)
{
	recipe->format =
		(struct recording_format){.sample_rate_hz = 1 / scene->interval_s, .u_clock_rel = 20e-6, .channel_count = CHANNELS};
	int32_t counts = (int32_t)1 << (scene->bits - 1);
	for (unsigned c = 0; c < CHANNELS; c++)
		recipe->format.channels[c] = (struct channel){.role = CHANNEL_OTHER,
							      .count_min = -counts,
							      .count_max = counts - 1,
							      .threshold = NAN,
							      .droop_time_constant_s = INFINITY,
							      .bandwidth_hz = INFINITY,
							      .scale = 1};
	struct channel *current = &recipe->format.channels[0], *trigger = &recipe->format.channels[1];
	snprintf(current->name, sizeof current->name, "coil_current");
	current->role = CHANNEL_COIL_CURRENT;
	current->scale = scene->full_a / counts;
	if (!recipe->with_trigger)
		return;
	snprintf(trigger->name, sizeof trigger->name, "trigger");
	trigger->role = CHANNEL_TRIGGER;
	trigger->count_min = INT16_MIN;
	trigger->count_max = INT16_MAX;
	trigger->scale = 10.0 / 32768;
	trigger->threshold = 1.5;
}

static double background_a(const struct scene *scene, double t)
{
	double current = scene->offset_a + scene->drift_a * t / scene->duration_s +
			 scene->hum_a * sin(2 * DRAW_PI * scene->hum_hz * t + scene->hum_phase);
	for (size_t k = 0; k < scene->step_count; k++)
		current += t >= scene->step[k].at_s ? scene->step[k].size_a : 0;
	return current;
}

static int16_t to_count(double current_a, const struct channel *channel)
{
	return (int16_t)fmax(channel->count_min, fmin(channel->count_max, rint(current_a / channel->scale)));
}

static void render_trigger(struct scene *scene, struct recipe *recipe)
{
	double start_s = scene->cut_from_s, rate_hz = 1 / scene->interval_s;
	for (size_t e = 0; e < scene->edge_count; e++) {
		double at = scene->edge_s[e] - start_s;
		double bounce_s = scene->has[EVIL_BOUNCE] ? between(scene, 3e-6, 8e-6) : 0;
		size_t from = (size_t)fmax(0, ceil(at * rate_hz)), to = (size_t)fmax(0, ceil((at + TRIGGER_HIGH_S) * rate_hz));
		for (size_t i = from; i < to && i < recipe->frames; i++) {
			double since = (double)i * scene->interval_s - at;
			bool open = since > 0 && since < 2 * bounce_s && (int)(since / (bounce_s / 3)) % 2 == 1;
			recipe->samples[CHANNELS * i + 1] = open ? 0 : TRIGGER_COUNTS;
		}
	}
}

static void render(struct scene *scene, struct recipe *recipe)
{
	const struct channel *channel = &recipe->format.channels[0];
	size_t first = 0, spike = 0;
	int16_t held = 0;
	for (size_t i = 0; i < recipe->frames; i++) {
		double t = scene->cut_from_s + (double)i * scene->interval_s;
		double current = background_a(scene, t) + scene->noise_a * draw_normal(&scene->state);
		while (first < scene->fired_count && t > scene->fired[first].shape.onset_s + SHAPE_LONGEST_S)
			first++;
		for (size_t k = first; k < scene->fired_count && scene->fired[k].shape.onset_s < t; k++)
			current += shape_at(&scene->fired[k].shape, t);
		while (spike < scene->spike_count && t >= scene->spike[spike].at_s + scene->spike[spike].width_s)
			spike++;
		if (spike < scene->spike_count && t >= scene->spike[spike].at_s)
			current += scene->spike[spike].size_a;
		int16_t count = t < scene->dead_s ? to_count(current, channel) : held;
		recipe->samples[CHANNELS * i] = held = count;
	}
	if (recipe->with_trigger)
		render_trigger(scene, recipe);
}

/*
 * As an import makes it of a file that knows no range: the largest value becomes 30000 counts, and where the ADC's ends were nobody tells.
 */
static void forget_range(struct scene *scene, struct recipe *recipe)
{
	struct channel *channel = &recipe->format.channels[0];
	int largest = 1;
	if (!scene->has[EVIL_CLIPPED] || chance(scene, 0.5))
		return;
	for (size_t i = 0; i < recipe->frames; i++)
		largest = abs(recipe->samples[CHANNELS * i]) > largest ? abs(recipe->samples[CHANNELS * i]) : largest;
	double factor = 30000.0 / largest;
	for (size_t i = 0; i < recipe->frames; i++)
		recipe->samples[CHANNELS * i] = (int16_t)rint(factor * recipe->samples[CHANNELS * i]);
	channel->scale /= factor;
	channel->count_min = INT16_MIN;
	channel->count_max = INT16_MAX;
}

static void choose_gap(struct scene *scene, struct recipe *recipe)
{
	if (!scene->has[EVIL_GAP])
		return;
	recipe->gap.first_frame = (uint64_t)((double)recipe->frames * between(scene, 0.1, 0.8));
	recipe->gap.frames = 1 + (uint64_t)((double)recipe->frames * between(scene, 0, 0.1));
	recipe->gap.cause = GAP_LOST;
}

bool recipe_draw(struct recipe *recipe, enum evil evil, uint64_t seed)
{
	*recipe = (struct recipe){0};
	struct scene scene = {.state = seed * EVILS + evil};
	choose_evils(&scene, evil);
	choose_instrument(&scene);
	bool must_plan = scene.has[EVIL_HIDDEN] || scene.has[EVIL_DROPPED] || scene.has[EVIL_UNPLUGGED];
	recipe->with_plan = chance(&scene, 0.85) || must_plan;
	recipe->with_trigger = chance(&scene, 0.8);
	size_t planned = choose_times(&scene, recipe);
	choose_pulses(&scene, recipe, planned);
	choose_spikes(&scene);
	end_early(&scene);
	if (!recipe->with_plan || chance(&scene, 0.5))
		recipe->event_count = 0;
	qsort(scene.fired, scene.fired_count, sizeof *scene.fired, compare_fired);
	qsort(scene.edge_s, scene.edge_count, sizeof *scene.edge_s, compare_doubles);
	recipe->block = (struct plan_block){
		.kind = "train", .pulses = (uint32_t)planned, .pulses_per_burst = 1, .bursts_per_train = (uint32_t)planned, .trains = 1};
	recipe->section_duration_s = scene.duration_s;
	recipe->plan = (struct plan){.pulses = recipe->expected,
				     .pulse_count = planned,
				     .blocks = &recipe->block,
				     .block_count = 1,
				     .section_duration_s = &recipe->section_duration_s,
				     .section_count = 1};
	count_truth(&scene, recipe, planned, &recipe->truth);
	describe(&scene, recipe);
	recipe->frames = (size_t)ceil((scene.duration_s - scene.cut_from_s) / scene.interval_s);
	recipe->samples = calloc(recipe->frames * CHANNELS, sizeof *recipe->samples);
	if (!recipe->samples)
		return false;
	render(&scene, recipe);
	forget_range(&scene, recipe);
	choose_gap(&scene, recipe);
	snprintf(recipe->text, sizeof recipe->text, "%s, period %.0f us, %g us, %u bits, noise %.2f %%, full scale %.2f, %zu planned%s%s%s",
		 shape_name(scene.kind), 1e6 * scene.period_s, 1e6 * scene.interval_s, scene.bits, 100 * scene.noise_a / scene.peak_a,
		 scene.full_a / scene.peak_a, planned, recipe->with_plan ? "" : ", no plan", recipe->with_trigger ? "" : ", no trigger",
		 recipe->event_count > 0 ? ", events" : "");
	return true;
}

void recipe_free(struct recipe *recipe)
{
	free(recipe->samples);
}
