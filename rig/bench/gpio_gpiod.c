/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver "gpiod": trigger, interlock and status lines on GPIO chips of the kernel. Outputs are taken at their safe levels and left there; what a
 * pin does once nobody holds it is the affair of its controller, so that a resistor has to keep it safe (docs/files.md).
 */
#include <math.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "device_file.h"
#include "gpio_find.h"
#include "gpio_guardian.h"
#include "gpio_line.h"
#include "guard_port.h"

/* A sleep may end late by about so much, even at real-time priority: the rest of a pulse is waited for awake. */
static const double AWAKE_S = 200e-6;
/* Kernels before 5.7 gave the times of events on another clock: an event cannot be later than now, nor so much earlier. */
static const double EVENT_AGE_MAX_S = 86400;
enum { READ_BATCH = 64, WHERE_SIZE = 96 };

struct gpiod_line_held {
	struct gpio_line_request *request; /* NULL: the line is not there, or is the guardian's */
	struct gpio_place place;
	char where[WHERE_SIZE]; /* "gpiochip0 line 3 'TRIG'" */
	bool changes;           /* it queues changes */
	bool known, active;     /* the last change taken, known once there was one */
	uint64_t sequence;
};

struct gpio_gpiod {
	const struct bench_setup *setup;
	struct gpiod_line_held lines[GPIO_LINE_COUNT];
	struct guard *guard; /* has enable and emergency stop; NULL: the bench has neither */
	double pulse_u_s;
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool held(struct gpio_gpiod *gpio, enum gpio_line line, struct gpiod_line_held **found, struct error *error)
{
	*found = &gpio->lines[line];
	if ((*found)->request)
		return true;
	return error_bench(error, "the bench has no line '%s'", gpio_line_name(line));
}

static bool set_level(const struct gpiod_line_held *line, bool level, struct error *error)
{
	if (gpio_line_set(line->request, level))
		return true;
	return error_errno(error, ERROR_BENCH, "%s: cannot be set %s", line->where, level ? "active" : "inactive");
}

/* A second try, where the first failure would leave the line in a state that is not safe. */
static bool insist(const struct gpiod_line_held *line, bool level, struct error *error)
{
	bool done = false;
	for (int tries = 0; tries < 2 && !done; tries++)
		done = set_level(line, level, error);
	return done;
}

static bool guarded(const struct gpio_gpiod *gpio, enum gpio_line line)
{
	return gpio->guard && gpio->setup->gpio[line].present && (line == GPIO_ENABLE || line == GPIO_EMERGENCY_STOP);
}

/* Once the guardian has gone, its lines can only be made safe: they are taken at their safe levels, as soon as the kernel has them back. */
static bool set_guarded(struct gpio_gpiod *gpio, enum gpio_line line, bool level, struct error *error)
{
	static const double RELEASE_S = 0.5;
	const struct gpio_line_setup *setup = &gpio->setup->gpio[line];
	struct gpiod_line_held *at = &gpio->lines[line];
	if (!guard_is_lost(gpio->guard))
		return guard_set(gpio->guard, line == GPIO_ENABLE ? GUARDIAN_ENABLE : GUARDIAN_EMERGENCY_STOP, level, error);
	if (level != setup->safe_level)
		return error_bench(error, "%s: the guardian has gone, the line stays at its safe level", at->where);
	if (at->request)
		return set_level(at, level, error);
	for (double until_s = now_s() + RELEASE_S; !at->request && now_s() < until_s;) {
		at->request = gpio_line_take(at->place.path, at->place.offset, setup, "tmsrig", false);
		const struct timespec nap = {.tv_nsec = 5000000};
		if (!at->request)
			nanosleep(&nap, NULL);
	}
	return at->request || error_errno(error, ERROR_BENCH, "%s: the guardian has gone, and the line cannot be taken", at->where);
}

static bool gpiod_set(void *self, enum gpio_line line, bool level, struct error *error)
{
	struct gpio_gpiod *gpio = self;
	struct gpiod_line_held *at;
	if (guarded(gpio, line))
		return set_guarded(gpio, line, level, error);
	return held(gpio, line, &at, error) && set_level(at, level, error);
}

static bool gpiod_get(void *self, enum gpio_line line, bool *level, struct error *error)
{
	struct gpiod_line_held *at;
	if (!held(self, line, &at, error))
		return false;
	if (gpio_line_get(at->request, level))
		return true;
	return error_errno(error, ERROR_BENCH, "%s: cannot be read", at->where);
}

static void wait_until(double end_s)
{
	double sleep_s = end_s - AWAKE_S, whole_s = floor(sleep_s);
	const struct timespec at = {.tv_sec = (time_t)whole_s, .tv_nsec = (long)((sleep_s - whole_s) * 1e9)};
	if (now_s() < sleep_s)
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
			continue;
	while (now_s() < end_s)
		continue;
}

/* The edge is somewhere in the call that makes it: its middle, and a rectangle of half its length. */
static bool gpiod_pulse(void *self, enum gpio_line line, double *time_s, struct error *error)
{
	struct gpio_gpiod *gpio = self;
	struct gpiod_line_held *at;
	if (!held(gpio, line, &at, error))
		return false;
	double before_s = now_s();
	if (!set_level(at, true, error)) {
		/* Whether the pin moved is not known: it must not stay active. */
		struct error ignored;
		return insist(at, false, &ignored) && false;
	}
	double after_s = now_s();
	*time_s = 0.5 * (before_s + after_s);
	gpio->pulse_u_s = 0.5 * (after_s - before_s) / sqrt(3);
	wait_until(*time_s + gpio->setup->gpio[line].pulse_s);
	return insist(at, false, error) || error_prefix(error, "the pulse does not end");
}

static double gpiod_pulse_u_s(void *self)
{
	return ((const struct gpio_gpiod *)self)->pulse_u_s;
}

/*
 * How many changes before this one are missing. With sequence numbers that is known exactly. Without, two changes to the same level have at
 * least one between them that was not seen.
 */
static uint64_t missing_before(const struct gpiod_line_held *line, const struct gpio_line_change *change)
{
	if (change->sequence > 0)
		return change->sequence - line->sequence - 1;
	return line->known && line->active == change->active;
}

static bool keep(struct gpiod_line_held *at, enum gpio_line line, const struct gpio_line_change *change, struct gpio_event *event,
		 uint64_t *lost, struct error *error)
{
	double age_s = now_s() - 1e-9 * (double)change->time_ns;
	if (age_s < 0 || age_s > EVENT_AGE_MAX_S)
		return error_bench(
			error, "%s: the kernel's time of a change is %.3g s from now, not on CLOCK_MONOTONIC; Linux 5.7 or newer is needed",
			at->where, -age_s);
	*lost += missing_before(at, change);
	at->known = true;
	at->active = change->active;
	at->sequence = change->sequence;
	*event = (struct gpio_event){line, change->active, 1e-9 * (double)change->time_ns};
	return true;
}

/* 1: changes wait, 0: none, -1: failed with *error set. */
static int waiting(struct gpiod_line_held *at, struct error *error)
{
	struct pollfd poll_fd = {.fd = gpio_line_fd(at->request), .events = POLLIN};
	int ready;
	while ((ready = poll(&poll_fd, 1, 0)) < 0)
		if (errno != EINTR) {
			error_errno(error, ERROR_BENCH, "%s: cannot be waited for", at->where);
			return -1;
		}
	if (ready > 0 && !(poll_fd.revents & POLLIN)) {
		error_bench(error, "%s: the chip is gone", at->where);
		return -1;
	}
	return ready;
}

static bool drain(struct gpiod_line_held *at, enum gpio_line line, struct gpio_event *events, size_t max, size_t *count, uint64_t *lost,
		  struct error *error)
{
	struct gpio_line_change changes[READ_BATCH];
	size_t burst = 0;
	while (*count < max) {
		int ready = waiting(at, error);
		if (ready < 0)
			return false;
		if (ready == 0)
			break;
		size_t room = max - *count;
		int taken = gpio_line_read(at->request, changes, room < READ_BATCH ? room : READ_BATCH);
		if (taken < 0)
			return error_errno(error, ERROR_BENCH, "%s: its changes cannot be read", at->where);
		for (int i = 0; i < taken; i++) {
			if (!keep(at, line, &changes[i], &events[*count], lost, error))
				return false;
			(*count)++;
		}
		/* A queue without numbers that was full may have dropped any number, even an even one that leaves the levels in turn. */
		burst += (size_t)taken;
		if (taken > 0 && changes[0].sequence == 0 && burst >= gpio_line_queue_length) {
			*lost += 1;
			burst = 0;
		}
	}
	return true;
}

static int by_time(const void *a, const void *b)
{
	double first_s = ((const struct gpio_event *)a)->time_s, second_s = ((const struct gpio_event *)b)->time_s;
	return (first_s > second_s) - (first_s < second_s);
}

static bool gpiod_events(void *self, struct gpio_event *events, size_t max, size_t *count, uint64_t *lost, struct error *error)
{
	struct gpio_gpiod *gpio = self;
	*count = 0;
	*lost = 0;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (gpio->lines[l].changes && !drain(&gpio->lines[l], (enum gpio_line)l, events, max, count, lost, error))
			return false;
	qsort(events, *count, sizeof *events, by_time);
	return true;
}

static const struct gpio_ops GPIOD_OPS = {
	.set = gpiod_set,
	.get = gpiod_get,
	.pulse = gpiod_pulse,
	.pulse_u_s = gpiod_pulse_u_s,
	.events = gpiod_events,
};

static void gpiod_close(void *state)
{
	struct gpio_gpiod *gpio = state;
	if (!gpio)
		return;
	struct error ignored;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (guarded(gpio, (enum gpio_line)l))
			(void)(set_guarded(gpio, (enum gpio_line)l, gpio->setup->gpio[l].safe_level, &ignored) && true);
	guard_stop(gpio->guard);
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (gpio->lines[l].request && gpio->setup->gpio[l].output)
			(void)insist(&gpio->lines[l], gpio->setup->gpio[l].safe_level, &ignored);
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		gpio_line_release(gpio->lines[l].request);
	free(gpio);
}

/* A line whose chip cannot interrupt is taken for its level alone. */
static bool cannot_interrupt(int cause)
{
	return cause == ENXIO || cause == EOPNOTSUPP || cause == ENODEV || cause == EINVAL;
}

static bool find(struct gpio_gpiod *gpio, enum gpio_line line, struct error *error)
{
	const struct gpio_line_setup *setup = &gpio->setup->gpio[line];
	struct gpiod_line_held *at = &gpio->lines[line];
	struct gpio_place place;
	if (!gpio_find(setup->chip ? setup->chip : gpio->setup->gpio_chip, setup->line, &place, error))
		return error_prefix(error, "line %s", gpio_line_name(line));
	at->place = place;
	snprintf(at->where, sizeof at->where, "%s line %u%s%s%s", place.chip, place.offset, place.name[0] ? " '" : "", place.name,
		 place.name[0] ? "'" : "");
	return true;
}

static bool take(struct gpio_gpiod *gpio, enum gpio_line line, struct error *error)
{
	const struct gpio_line_setup *setup = &gpio->setup->gpio[line];
	struct gpiod_line_held *at = &gpio->lines[line];
	const struct gpio_place place = at->place;
	char consumer[GPIO_NAME_SIZE];
	snprintf(consumer, sizeof consumer, "tmsrig:%s", gpio_line_name(line));
	at->changes = !setup->output;
	at->request = gpio_line_take(place.path, place.offset, setup, consumer, at->changes);
	if (!at->request && at->changes && cannot_interrupt(errno)) {
		at->changes = false;
		at->request = gpio_line_take(place.path, place.offset, setup, consumer, false);
	}
	if (at->request)
		return true;
	switch (errno) {
	case EACCES:
	case EPERM: device_file_refused(place.path, error); break;
	case EBUSY: error_bench(error, "%s has just been taken by somebody else", at->where); break;
	default:
		error_errno(error, ERROR_BENCH, "%s cannot be made an %s%s", at->where, setup->output ? "output" : "input",
			    setup->bias != GPIO_BIAS_AS_IS || setup->drive != GPIO_PUSH_PULL ? " with this bias and drive" : "");
	}
	return error_prefix(error, "line %s", gpio_line_name(line));
}

static bool take_all(struct gpio_gpiod *gpio, struct error *error)
{
	const struct gpio_line_setup *lines = gpio->setup->gpio;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (lines[l].present && !find(gpio, (enum gpio_line)l, error))
			return false;
	struct gpio_place places[GPIO_LINE_COUNT];
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		places[l] = gpio->lines[l].place;
	bool wanted = gpio->setup->heartbeat_s > 0 && (lines[GPIO_ENABLE].present || lines[GPIO_EMERGENCY_STOP].present);
	if (wanted && !(gpio->guard = gpio_guardian_start(gpio->setup, places, error)))
		return false;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (lines[l].present && !guarded(gpio, (enum gpio_line)l) && !take(gpio, (enum gpio_line)l, error))
			return false;
	return true;
}

static bool gpiod_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct gpio_gpiod *gpio = calloc(1, sizeof *gpio);
	if (!gpio)
		return error_bench(error, "out of memory");
	gpio->setup = setup;
	if (!take_all(gpio, error)) {
		gpiod_close(gpio);
		return error_prefix(error, "%s", setup->file);
	}
	if (gpio->guard)
		ports->guardian = guard_port(gpio->guard);
	ports->gpio = (struct gpio_port){&GPIOD_OPS, gpio};
	*state = gpio;
	return true;
}

const struct driver driver_gpiod = {.name = "gpiod", .open = gpiod_open, .close = gpiod_close};
