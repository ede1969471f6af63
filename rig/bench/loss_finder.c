/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loss_finder.h"

#include <math.h>
#include <string.h>

#include "arrival_watch.h"

/* A quartz of a computer, without a reference. */
static const double HOST_CLOCK_TOLERANCE = 100e-6;
enum { STAMP_WINDOW = 64, WIDE_BITS = 28 };
/* A time stamp less than so much of a sample beside its place, as counted from one at most STAMP_WINDOW before, is in step: no sample is missing there. */
static const double IN_STEP = 0.25;

struct loss_finder {
	struct loss_finder_setup setup;
	struct gap_watch *stamps;       /* GAPS_BY_TIMESTAMP */
	struct arrival_watch *arrivals; /* the others */
	struct loss *losses;            /* in order of first */
	size_t loss_count, loss_room;
	uint64_t stamped; /* frames whose stamps were seen */
	uint64_t stamp, first_stamp;
	uint64_t longest_run, run;    /* frames with one time stamp */
	int64_t due_ns[STAMP_WINDOW]; /* after the stamp before the first of as many frames */
	int64_t in_step_ns;
	unsigned calm;                    /* frames in step, each observed, since one was not; no more than two windows are counted */
	uint64_t skipped;                 /* samples thrown away at the start; the arrivals' watch has counted them */
	uint64_t clean;                   /* GAPS_BY_OVERFLOW_REGISTER: received before the last read without overflow */
	uint64_t dirty_from, dirty_until; /* what an overflow makes void; until 0: nothing */
};

static bool is_stamped(const struct loss_finder *finder)
{
	return finder->setup.method == GAPS_BY_TIMESTAMP;
}

/* One that does not turn over unseen: so many samples cannot be lost without a time-out. */
static bool is_wide_counter(const struct loss_finder_setup *setup)
{
	return setup->method == GAPS_BY_COUNTER && setup->counter_bits >= WIDE_BITS;
}

static struct gap_watch *stamp_watch(const struct loss_finder_setup *setup)
{
	double period_s = 1 / setup->sample_rate_hz;
	/* A quarter of a sample either way is left for jitter of the stamps. */
	return gap_watch_create(&(struct gap_watch_setup){.period_s = period_s,
							  .rate_tolerance = setup->clock_accuracy_rel + HOST_CLOCK_TOLERANCE,
							  .window = STAMP_WINDOW,
							  .step_s = 0.5 * period_s});
}

static struct arrival_watch *watch_arrivals(const struct loss_finder_setup *setup)
{
	return arrival_watch_create(&(struct arrival_watch_setup){.period_s = 1 / setup->sample_rate_hz,
								  .rate_tolerance = setup->clock_accuracy_rel + HOST_CLOCK_TOLERANCE,
								  .buffer_s = setup->buffer_frames / setup->sample_rate_hz});
}

struct loss_finder *loss_finder_create(const struct loss_finder_setup *setup)
{
	struct loss_finder *finder = calloc(1, sizeof *finder);
	if (!finder)
		return NULL;
	finder->setup = *setup;
	for (unsigned i = 0; i < STAMP_WINDOW; i++)
		finder->due_ns[i] = (int64_t)round(1e9 * (i + 1) / setup->sample_rate_hz);
	finder->in_step_ns = (int64_t)(1e9 * IN_STEP / setup->sample_rate_hz);
	if (is_stamped(finder))
		finder->stamps = stamp_watch(setup);
	else if (!is_wide_counter(setup))
		finder->arrivals = watch_arrivals(setup);
	if (!finder->stamps && !finder->arrivals && !is_wide_counter(setup)) {
		loss_finder_destroy(finder);
		return NULL;
	}
	return finder;
}

void loss_finder_destroy(struct loss_finder *finder)
{
	if (!finder)
		return;
	gap_watch_destroy(finder->stamps);
	arrival_watch_destroy(finder->arrivals);
	free(finder->losses);
	free(finder);
}

unsigned loss_finder_skip(const struct loss_finder *finder)
{
	return finder->arrivals ? arrival_watch_lesson(finder->arrivals) * finder->setup.buffer_frames : 0;
}

double loss_finder_held_s(const struct loss_finder *finder)
{
	double buffer_s = finder->setup.buffer_frames / finder->setup.sample_rate_hz;
	return finder->arrivals ? arrival_watch_held_s(finder->arrivals) : buffer_s;
}

static bool add(struct loss_finder *finder, struct loss loss, struct error *error)
{
	if (finder->loss_count == finder->loss_room) {
		size_t room = finder->loss_room ? 2 * finder->loss_room : 64;
		struct loss *larger = realloc(finder->losses, room * sizeof *larger);
		if (!larger)
			return error_bench(error, "out of memory for the places of lost samples");
		finder->losses = larger;
		finder->loss_room = room;
	}
	size_t place = finder->loss_count++;
	for (; place > 0 && finder->losses[place - 1].first > loss.first; place--)
		finder->losses[place] = finder->losses[place - 1];
	finder->losses[place] = loss;
	return true;
}

bool loss_finder_take(struct loss_finder *finder, struct loss *loss)
{
	if (finder->loss_count == 0)
		return false;
	*loss = finder->losses[0];
	memmove(finder->losses, finder->losses + 1, --finder->loss_count * sizeof *finder->losses);
	return true;
}

/* One that ended among the skipped samples is none of the recording. */
static bool add_step(struct loss_finder *finder, const struct gap_step *step, struct error *error)
{
	uint64_t skipped = is_stamped(finder) ? 0 : finder->skipped;
	if (step->last < skipped)
		return true;
	uint64_t first = step->first > skipped ? step->first - skipped : 0;
	return add(finder, (struct loss){first, step->last - skipped, step->lost, GAP_LOST}, error);
}

static bool judge(struct loss_finder *finder, enum gap_watch_state state, const struct gap_step *step, struct error *error)
{
	const char *clock = is_stamped(finder) ? "its time stamps" : "the computer's clock";
	double rate_error = is_stamped(finder) ? gap_watch_rate_error(finder->stamps) : arrival_watch_rate_error(finder->arrivals);
	switch (state) {
	case GAP_WATCH_NONE: return true;
	case GAP_WATCH_LOST:
		return step ? add_step(finder, step, error) : error_bench(error, "samples are lost by %s, and where is not known", clock);
	case GAP_WATCH_AHEAD:
		if (is_stamped(finder))
			return error_bench(error,
					   "the time stamps near sample %llu run back or scatter by more than half a sample: lost samples "
					   "cannot be found by them (another way is 'gaps: clock')",
					   (unsigned long long)finder->stamped);
		return error_bench(
			error, "samples came sooner than those before them let expect: this computer was kept from reading for too long, "
			       "and whether any were lost is not known");
	case GAP_WATCH_RUNAWAY:
		return error_bench(
			error,
			"by %s the sample rate is off by %+.0f ppm, and at most %.0f ppm were expected: the rate is another one, "
			"or samples are lost all the time",
			clock, 1e6 * rate_error, 1e6 * (finder->setup.clock_accuracy_rel + HOST_CLOCK_TOLERANCE));
	}
	return true;
}

static bool observe_stamp(struct loss_finder *finder, struct error *error)
{
	struct gap_step step;
	double time_s = 1e-9 * (double)(int64_t)(finder->stamp - finder->first_stamp);
	if (finder->run > finder->longest_run)
		finder->longest_run = finder->run;
	finder->run = 0;
	return judge(finder, gap_watch_observe(finder->stamps, finder->stamped, time_s, &step), &step, error);
}

static bool observe_stamps(struct loss_finder *finder, const uint64_t *stamps, size_t frames, struct error *error)
{
	for (size_t i = 0; i < frames; i++) {
		/* Frames with one time stamp, a group, are one observation, at its last. */
		if (finder->stamped > 0 && stamps[i] != finder->stamp && !observe_stamp(finder, error))
			return false;
		if (finder->stamped == 0)
			finder->first_stamp = stamps[i];
		finder->stamp = stamps[i];
		finder->stamped++;
		finder->run++;
	}
	return true;
}

/* Whether each of up to a window's stamps is where it is due after the one before the first. A loop for the compiler to make wide. */
static bool are_in_step(const struct loss_finder *finder, uint64_t before, const uint64_t *stamps, size_t frames)
{
	uint64_t within = 2 * (uint64_t)finder->in_step_ns, out = 0;
	uint64_t zero = before - (uint64_t)finder->in_step_ns;
	for (size_t i = 0; i < frames; i++)
		out |= stamps[i] - zero - (uint64_t)finder->due_ns[i] > within;
	return !out && finder->in_step_ns > 0;
}

/* A window in step, and what surrounds it, too: only its end is observed. The last stamp waits, as in observe_stamps(). */
static bool pass_stamps(struct loss_finder *finder, const uint64_t *stamps, struct error *error)
{
	uint64_t received = finder->stamped + STAMP_WINDOW - 1;
	double time_s = 1e-9 * (double)(int64_t)(stamps[STAMP_WINDOW - 2] - finder->first_stamp);
	finder->stamp = stamps[STAMP_WINDOW - 1];
	finder->stamped += STAMP_WINDOW;
	finder->run = 1;
	return judge(finder, gap_watch_steady(finder->stamps, received, time_s), NULL, error);
}

/*
 * By windows. One that is in step, after two that were and before one that is, holds no loss, and what is observed around it does not need it. At
 * many millions of frames a second only that can be done with every one.
 */
static bool take_time_stamps(struct loss_finder *finder, const uint64_t *stamps, size_t frames, struct error *error)
{
	bool next_in_step = false;
	for (size_t done = 0, count; done < frames; done += count) {
		count = frames - done < STAMP_WINDOW ? frames - done : STAMP_WINDOW;
		bool in_step = next_in_step || (finder->stamped > 0 && are_in_step(finder, finder->stamp, stamps + done, count));
		next_in_step = in_step && frames - done >= 2 * STAMP_WINDOW &&
			       are_in_step(finder, stamps[done + STAMP_WINDOW - 1], stamps + done + STAMP_WINDOW, STAMP_WINDOW);
		bool passes = next_in_step && finder->run == 1 && finder->calm == 2 * STAMP_WINDOW && gap_watch_is_settled(finder->stamps);
		if (passes ? !pass_stamps(finder, stamps + done, error) : !observe_stamps(finder, stamps + done, count, error))
			return false;
		finder->calm = in_step ? finder->calm + (unsigned)count : 0;
		finder->calm = finder->calm < 2 * STAMP_WINDOW ? finder->calm : 2 * STAMP_WINDOW;
	}
	return true;
}

static bool take_counters(struct loss_finder *finder, const uint64_t *stamps, size_t frames, struct error *error)
{
	uint64_t mask = finder->setup.counter_bits >= 64 ? UINT64_MAX : ((uint64_t)1 << finder->setup.counter_bits) - 1;
	for (size_t i = 0; i < frames; i++) {
		uint64_t lost = finder->stamped ? (stamps[i] - finder->stamp - 1) & mask : 0;
		if (lost > 0) {
			if (!add(finder, (struct loss){finder->stamped, finder->stamped, lost, GAP_LOST}, error))
				return false;
			if (finder->arrivals)
				arrival_watch_known(finder->arrivals, lost);
		}
		finder->stamp = stamps[i];
		finder->stamped++;
	}
	return true;
}

bool loss_finder_stamps(struct loss_finder *finder, const uint64_t *stamps, size_t frames, struct error *error)
{
	if (is_stamped(finder))
		return take_time_stamps(finder, stamps, frames, error);
	return take_counters(finder, stamps, frames, error);
}

static bool observe_arrival(struct loss_finder *finder, uint64_t received, double host_s, struct error *error)
{
	if (!finder->arrivals)
		return true;
	arrival_watch_observe(finder->arrivals, received, host_s);
	struct gap_step step;
	enum gap_watch_state state;
	while ((state = arrival_watch_judge(finder->arrivals, &step)) != GAP_WATCH_NONE)
		if (!judge(finder, state, &step, error))
			return false;
	return true;
}

bool loss_finder_skipped(struct loss_finder *finder, double host_s, struct error *error)
{
	finder->skipped += finder->setup.buffer_frames;
	return observe_arrival(finder, finder->skipped, host_s, error);
}

bool loss_finder_arrival(struct loss_finder *finder, uint64_t received, double host_s, struct error *error)
{
	return observe_arrival(finder, finder->skipped + received, host_s, error);
}

/* Samples of the recording beyond doubt by the watch of the stamps or arrivals. */
static uint64_t verified(const struct loss_finder *finder)
{
	if (finder->stamps)
		return gap_watch_verified(finder->stamps);
	if (!finder->arrivals)
		return finder->stamped;
	uint64_t received = arrival_watch_verified(finder->arrivals);
	return received > finder->skipped ? received - finder->skipped : 0;
}

bool loss_finder_overflow(struct loss_finder *finder, uint64_t received, bool overflow, struct error *error)
{
	if (overflow) {
		/* The place is one of those not yet read when it was last clean, up to what the kernel holds now. */
		if (finder->dirty_until == 0)
			finder->dirty_from = finder->clean;
		finder->dirty_until = received + (uint64_t)(finder->setup.kernel_buffers + 1) * finder->setup.buffer_frames;
		return true;
	}
	/* How many were lost is told by when samples arrive: in one with the place, once that is known. */
	if (finder->dirty_until > received || finder->dirty_until > verified(finder))
		return true;
	if (finder->dirty_until > 0) {
		if (!add(finder, (struct loss){finder->dirty_from, finder->dirty_until, 0, GAP_LOST}, error))
			return false;
		finder->dirty_until = 0;
	}
	finder->clean = received;
	return true;
}

bool loss_finder_overrun(struct loss_finder *finder, uint64_t first, uint64_t last, struct error *error)
{
	return add(finder, (struct loss){first, last, 0, GAP_OVERRUN}, error);
}

uint64_t loss_finder_released(const struct loss_finder *finder)
{
	uint64_t released = verified(finder);
	if (finder->setup.method == GAPS_BY_OVERFLOW_REGISTER && finder->clean < released)
		return finder->clean;
	return released;
}

void loss_finder_proof(const struct loss_finder *finder, char *out, size_t size)
{
	double rate_hz = finder->setup.sample_rate_hz;
	double beyond = finder->arrivals ? arrival_watch_resolution_s(finder->arrivals) * rate_hz : 0;
	double slow_ppm = 1e6 * (finder->setup.clock_accuracy_rel + HOST_CLOCK_TOLERANCE);
	switch (finder->setup.method) {
	case GAPS_BY_TIMESTAMP:
		if (finder->longest_run > 1)
			snprintf(out, size, "by a time stamp for up to %llu samples: any lost sample, its place to so many",
				 (unsigned long long)finder->longest_run);
		else
			snprintf(out, size, "by the time stamp of every sample: any lost sample, and its place");
		return;
	case GAPS_BY_COUNTER:
		if (!finder->arrivals)
			snprintf(out, size, "by the counter in every frame: any lost sample, and its place");
		else
			snprintf(out, size,
				 "by the counter in every frame: any lost sample, and its place (whole turns of its %u bits: beyond %.0f "
				 "samples, "
				 "by the clock)",
				 finder->setup.counter_bits, ceil(beyond));
		return;
	case GAPS_BY_OVERFLOW_REGISTER:
		snprintf(out, size,
			 "by the overflow register: any overflow in the instrument; how many samples, by count against the clock to "
			 "%.0f; on the way from it, losses beyond %.0f samples",
			 ceil(beyond), ceil(beyond));
		return;
	case GAPS_BY_CLOCK:
		snprintf(out, size,
			 "by count against the clock: losses beyond %.0f samples (%.2g ms) at once, or beyond %.0f ppm in the long run",
			 ceil(beyond), 1e3 * beyond / rate_hz, slow_ppm);
		return;
	}
}
