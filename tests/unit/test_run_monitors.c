/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitors on streams made by hand, cut into blocks in several ways. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "monitors.h"

enum { RATE = 100000, CURRENT = 0, VOLTAGE = 1, CHANNELS = 2 };

static struct device device = {.voltage_v = {.value = 1800, .source = "test"}, .coil_trip_degc = {.value = 43, .source = "test"}};
static const struct bench_setup SETUP = {.device = &device};
static const struct recording_format FORMAT = {
	.sample_rate_hz = RATE,
	.channel_count = CHANNELS,
	.channels =
		{{.name = "coil_current", .role = CHANNEL_COIL_CURRENT, .unit = "A", .scale = 0.4, .count_min = -32768, .count_max = 32767},
		 {.name = "capacitor_voltage",
		  .role = CHANNEL_CAPACITOR_VOLTAGE,
		  .unit = "V",
		  .scale = 0.1,
		  .count_min = -32768,
		  .count_max = 32767}},
};

struct stream {
	int16_t *samples;
	size_t frames;
};

/* Noise of a few counts, and a capacitor at `volts`. */
static struct stream quiet(double duration_s, double volts)
{
	struct stream stream = {.frames = (size_t)(duration_s * RATE)};
	stream.samples = malloc(stream.frames * CHANNELS * sizeof *stream.samples);
	cr_assert_not_null(stream.samples);
	unsigned seed = 1;
	for (size_t k = 0; k < stream.frames; k++) {
		seed = seed * 1103515245u + 12345u;
		stream.samples[k * CHANNELS + CURRENT] = (int16_t)((seed >> 16) % 9);
		stream.samples[k * CHANNELS + VOLTAGE] = (int16_t)lround(volts / 0.1);
	}
	return stream;
}

static void pulse_at(struct stream *stream, double time_s, double peak_a)
{
	size_t first = (size_t)(time_s * RATE);
	for (size_t k = 0; k < 29; k++)
		stream->samples[(first + k) * CHANNELS + CURRENT] += (int16_t)lround(peak_a / 0.4 * sin(2 * M_PI * (double)k / 29));
}

static void volts_from(struct stream *stream, double from_s, double to_s, double volts)
{
	for (size_t k = (size_t)(from_s * RATE); k < (size_t)(to_s * RATE); k++)
		stream->samples[k * CHANNELS + VOLTAGE] = (int16_t)lround(volts / 0.1);
}

/* Through a resistor, as a capacitor is discharged. */
static void dump_from(struct stream *stream, double from_s, double volts, double time_constant_s)
{
	for (size_t k = (size_t)(from_s * RATE); k < stream->frames; k++)
		stream->samples[k * CHANNELS + VOLTAGE] =
			(int16_t)lround(volts / 0.1 * exp(-((double)k / RATE - from_s) / time_constant_s));
}

static struct monitors *make(bool can_disarm, bool provoked)
{
	const struct monitor_options options = {can_disarm, provoked, false, 0.1};
	struct monitors *monitors = monitors_create(&SETUP, &FORMAT, &options);
	cr_assert_not_null(monitors);
	return monitors;
}

/* All of it in blocks of `most` frames at most. */
static void feed(struct monitors *monitors, const struct stream *stream, size_t most)
{
	for (size_t at = 0; at < stream->frames; at += most) {
		size_t frames = stream->frames - at < most ? stream->frames - at : most;
		monitors_block(monitors, &(struct block){at, frames, stream->samples + at * CHANNELS});
	}
	monitors_end(monitors);
}

static const size_t DIVISIONS[] = {1, 17, 256, 1000, 65536};

#define EACH_DIVISION(d) for (size_t d = 0; d < sizeof DIVISIONS / sizeof *DIVISIONS; d++)

Test(monitors, a_healthy_run_trips_nothing)
{
	struct stream stream = quiet(2, 1000);
	dump_from(&stream, 1.5, 1000, 0.1);
	pulse_at(&stream, 0.5, 3000);
	EACH_DIVISION(d)
	{
		struct monitor_trip trip;
		char text[SAFETY_TEXT];
		auto_monitors struct monitors *monitors = make(true, false);
		monitors_armed(monitors, true, 0.4 * RATE);
		monitors_firing(monitors, 0.4999 * RATE);
		monitors_fired(monitors, 0.5 * RATE);
		feed(monitors, &stream, DIVISIONS[d]);
		cr_expect_not(monitors_tripped(monitors, INFINITY, &trip), "blocks of %zu", DIVISIONS[d]);
		cr_expect_eq(monitors_rest(monitors, text, sizeof text), REST_ALIVE, "%s", text);
		cr_expect_float_eq(monitors_discharged(monitors, INFINITY), (1.5 + 0.1 * log(1000.0 / 60)) * RATE, 600);
	}
	free(stream.samples);
}

Test(monitors, current_while_disarmed_is_the_devices_fault)
{
	struct stream stream = quiet(2, 0);
	pulse_at(&stream, 1.2, 3000);
	double frames[5];
	EACH_DIVISION(d)
	{
		struct monitor_trip trip = {0};
		auto_monitors struct monitors *monitors = make(true, false);
		monitors_armed(monitors, true, 0.4 * RATE);
		monitors_armed(monitors, false, 1.0 * RATE);
		feed(monitors, &stream, DIVISIONS[d]);
		cr_assert(monitors_tripped(monitors, INFINITY, &trip));
		cr_expect_eq(trip.monitor, MONITOR_CURRENT_DISARMED);
		cr_expect(monitor_blames_device(trip.monitor));
		cr_expect_float_eq(trip.frame, 1.2 * RATE, 256);
		cr_expect_not(monitors_tripped(monitors, 1.19 * RATE, &trip), "not before it happened");
		frames[d] = trip.frame;
	}
	EACH_DIVISION(d)
	cr_expect_float_eq(frames[d], frames[0], 0, "the same for any division");
	free(stream.samples);
}

Test(monitors, a_device_that_cannot_be_disarmed_has_no_current_while_disarmed)
{
	struct stream stream = quiet(2, 0);
	pulse_at(&stream, 1.2, 3000);
	struct monitor_trip trip = {0};
	auto_monitors struct monitors *monitors = make(false, false);
	feed(monitors, &stream, 1000);
	cr_assert(monitors_tripped(monitors, INFINITY, &trip));
	cr_expect_eq(trip.monitor, MONITOR_UNTRIGGERED);
	free(stream.samples);
}

Test(monitors, a_pulse_belongs_to_a_trigger_shortly_before_it)
{
	static const struct {
		double after_s;
		bool trips;
	} CASES[] = {{0.001, false}, {0.09, false}, {0.11, true}, {-0.02, true}, {0.5, true}};
	for (size_t c = 0; c < sizeof CASES / sizeof *CASES; c++) {
		struct stream stream = quiet(2, 1000);
		pulse_at(&stream, 1 + CASES[c].after_s, 3000);
		struct monitor_trip trip = {0};
		auto_monitors struct monitors *monitors = make(true, false);
		monitors_armed(monitors, true, 0.2 * RATE);
		monitors_firing(monitors, 1.0 * RATE);
		monitors_fired(monitors, 1.0 * RATE);
		feed(monitors, &stream, 1000);
		cr_expect_eq(monitors_tripped(monitors, INFINITY, &trip), CASES[c].trips, "%g s", CASES[c].after_s);
		if (CASES[c].trips)
			cr_expect_eq(trip.monitor, MONITOR_UNTRIGGERED);
		free(stream.samples);
	}
}

Test(monitors, what_a_plan_provokes_is_not_held_against_the_device_here)
{
	struct stream stream = quiet(2, 2500);
	pulse_at(&stream, 1.2, 3000);
	struct monitor_trip trip;
	auto_monitors struct monitors *monitors = make(true, true);
	feed(monitors, &stream, 1000);
	cr_expect_not(monitors_tripped(monitors, INFINITY, &trip));
	free(stream.samples);
}

/* Nobody fired and no current moved: the channel is not the capacitor's any more, in whatever blocks it came. */
Test(monitors, a_capacitor_that_is_empty_at_once_was_lost)
{
	struct stream stream = quiet(2, 1000);
	volts_from(&stream, 1.5, 2, 0);
	EACH_DIVISION(d)
	{
		struct monitor_trip trip = {0};
		auto_monitors struct monitors *monitors = make(true, false);
		monitors_armed(monitors, true, 0.4 * RATE);
		feed(monitors, &stream, DIVISIONS[d]);
		cr_assert(monitors_tripped(monitors, INFINITY, &trip));
		cr_expect_eq(trip.monitor, MONITOR_CAPACITOR_LOST);
		cr_expect_not(monitor_blames_device(trip.monitor));
		cr_expect_float_eq(trip.frame, 1.5 * RATE, 256);
		cr_expect_eq(monitors_capacitor(monitors), CAPACITOR_LOST);
	}
	free(stream.samples);
}

/* A pulse too small to be seen may have emptied it; but then it is no witness of a discharge. */
Test(monitors, a_capacitor_that_is_empty_with_a_trigger_is_in_doubt)
{
	struct stream stream = quiet(2, 1000);
	volts_from(&stream, 1.5, 2, 0);
	struct monitor_trip trip;
	auto_monitors struct monitors *monitors = make(true, false);
	monitors_armed(monitors, true, 0.4 * RATE);
	monitors_firing(monitors, 1.4999 * RATE);
	monitors_fired(monitors, 1.5 * RATE);
	feed(monitors, &stream, 1000);
	cr_expect_not(monitors_tripped(monitors, INFINITY, &trip));
	cr_expect_eq(monitors_capacitor(monitors), CAPACITOR_IN_DOUBT);
	free(stream.samples);
}

Test(monitors, over_voltage_is_told_beyond_a_tenth_above_the_devices_maximum)
{
	static const double VOLTS[] = {1800, 1970, 1990, 3000};
	for (size_t v = 0; v < sizeof VOLTS / sizeof *VOLTS; v++) {
		struct stream stream = quiet(1, 1000);
		volts_from(&stream, 0.6, 1, VOLTS[v]);
		struct monitor_trip trip = {0};
		auto_monitors struct monitors *monitors = make(true, false);
		feed(monitors, &stream, 4096);
		cr_expect_eq(monitors_tripped(monitors, INFINITY, &trip), VOLTS[v] > 1980, "%g V", VOLTS[v]);
		if (VOLTS[v] > 1980)
			cr_expect_eq(trip.monitor, MONITOR_OVERVOLTAGE);
		free(stream.samples);
	}
}

Test(monitors, a_channel_that_stands_still_is_dead_from_the_start_and_later)
{
	char text[SAFETY_TEXT];
	struct monitor_trip trip = {0};
	struct stream stream = quiet(3, 0);
	auto_monitors struct monitors *later = make(true, false);
	for (size_t k = RATE; k < stream.frames; k++)
		stream.samples[k * CHANNELS + CURRENT] = 3;
	feed(later, &stream, 1000);
	cr_expect_eq(monitors_rest(later, text, sizeof text), REST_ALIVE);
	cr_assert(monitors_tripped(later, INFINITY, &trip));
	cr_expect_eq(trip.monitor, MONITOR_CURRENT_DEAD);
	cr_expect_not(monitor_blames_device(trip.monitor));
	cr_expect_float_eq(trip.frame, 2.0 * RATE, 600, "a second after it stood still");
	for (size_t k = 0; k < stream.frames; k++)
		stream.samples[k * CHANNELS + CURRENT] = 0;
	auto_monitors struct monitors *first = make(true, false);
	feed(first, &stream, 1000);
	cr_expect_eq(monitors_rest(first, text, sizeof text), REST_DEAD);
	for (size_t k = 0; k < stream.frames; k++)
		stream.samples[k * CHANNELS + CURRENT] = (int16_t)(k % 2 ? 32767 : 32760);
	auto_monitors struct monitors *clipped = make(true, false);
	feed(clipped, &stream, 1000);
	cr_expect_eq(monitors_rest(clipped, text, sizeof text), REST_DEAD);
	free(stream.samples);
}

Test(monitors, an_input_at_its_limit_is_no_pulse)
{
	struct monitor_trip trip = {0};
	struct stream stream = quiet(1, 0);
	for (size_t k = RATE / 2; k < (size_t)RATE * 6 / 10; k++)
		stream.samples[k * CHANNELS + CURRENT] = 32767;
	auto_monitors struct monitors *monitors = make(true, false);
	monitors_armed(monitors, true, 0);
	monitors_firing(monitors, 0.5 * RATE);
	monitors_fired(monitors, 0.5 * RATE);
	feed(monitors, &stream, 1000);
	cr_assert(monitors_tripped(monitors, INFINITY, &trip));
	cr_expect_eq(trip.monitor, MONITOR_CURRENT_DEAD);
	free(stream.samples);
}

Test(monitors, after_a_gap_the_capacitor_is_not_known)
{
	struct stream stream = quiet(1, 10);
	auto_monitors struct monitors *monitors = make(true, false);
	monitors_block(monitors, &(struct block){0, stream.frames, stream.samples});
	cr_expect_lt(monitors_discharged(monitors, INFINITY), RATE);
	monitors_gap(monitors, &(struct gap){stream.frames, 1000, GAP_LOST});
	cr_expect(isinf(monitors_discharged(monitors, INFINITY)));
	cr_expect_eq(monitors_seen(monitors), stream.frames + 1000);
	free(stream.samples);
}

/* The largest value is at one place of a cell after another: no sample may be passed over, whatever the number of channels. */
Test(monitors, every_sample_of_a_slow_converter_is_looked_at)
{
	enum { CELL = 256 };
	for (unsigned channels = 1; channels <= 8; channels++)
		for (unsigned place = 0; place < CELL; place += 5) {
			struct recording_format format = FORMAT;
			format.channel_count = channels;
			format.channels[0] = FORMAT.channels[CURRENT];
			for (unsigned c = 1; c < channels; c++)
				format.channels[c] = (struct channel){.name = "other", .role = CHANNEL_OTHER, .scale = 1};
			const struct monitor_options options = {true, false, false, 0.1};
			auto_monitors struct monitors *monitors = monitors_create(&SETUP, &format, &options);
			cr_assert_not_null(monitors);
			size_t frames = (size_t)CELL * 40, peak = (size_t)CELL * 35 + place;
			int16_t *samples = calloc(frames * channels, sizeof *samples);
			cr_assert_not_null(samples);
			for (size_t k = 0; k < frames; k++)
				for (unsigned c = 0; c < channels; c++)
					samples[k * channels + c] = (int16_t)(c == 0 ? k % 5 : 20000 * (k % 2));
			samples[peak * channels] = place % 2 ? 5000 : -5000;
			monitors_block(monitors, &(struct block){0, peak - 3, samples});
			monitors_block(monitors, &(struct block){peak - 3, frames - (peak - 3), samples + (peak - 3) * channels});
			monitors_end(monitors);
			struct monitor_trip trip = {0};
			cr_assert(monitors_tripped(monitors, INFINITY, &trip), "%u channels, place %u", channels, place);
			cr_expect_float_eq(trip.frame, CELL * 35, 0.5);
			cr_expect_float_eq(monitors_moved(monitors), CELL * 35, 0.5);
			free(samples);
		}
}

/* A pulse among what is taken for the noise at rest would make the monitors blind for all of the run. */
Test(monitors, a_pulse_at_rest_is_no_noise)
{
	char text[SAFETY_TEXT];
	struct monitor_trip trip = {0};
	for (int provoked = 0; provoked <= 1; provoked++) {
		struct stream stream = quiet(0.5, 0);
		pulse_at(&stream, 0.04, 2500);
		auto_monitors struct monitors *monitors = make(true, provoked);
		feed(monitors, &stream, 1000);
		cr_expect_eq(monitors_rest(monitors, text, sizeof text), REST_DEAD, "nothing may be armed");
		cr_expect_eq(monitors_tripped(monitors, INFINITY, &trip), !provoked);
		if (!provoked)
			cr_expect_eq(trip.monitor, MONITOR_CURRENT_DISARMED);
		free(stream.samples);
	}
}

/* The proof of the safe state looks at this: it must not depend on what tripped first, or on what the plan provokes. */
Test(monitors, the_last_current_is_told_though_an_earlier_one_tripped)
{
	for (int provoked = 0; provoked <= 1; provoked++) {
		struct stream stream = quiet(2, 0);
		pulse_at(&stream, 0.5, 2500);
		pulse_at(&stream, 1.5, 2500);
		auto_monitors struct monitors *monitors = make(true, provoked);
		feed(monitors, &stream, 1000);
		cr_expect_float_eq(monitors_moved(monitors), 1.5 * RATE, 256);
		free(stream.samples);
	}
	struct stream still = quiet(1, 0);
	auto_monitors struct monitors *monitors = make(true, false);
	feed(monitors, &still, 1000);
	cr_expect(isinf(monitors_moved(monitors)));
	free(still.samples);
}

Test(monitors, a_channel_that_never_showed_a_charge_is_told)
{
	struct stream stream = quiet(1, 10);
	auto_monitors struct monitors *never = make(true, false);
	feed(never, &stream, 1000);
	cr_expect_not(monitors_charged(never));
	volts_from(&stream, 0.3, 0.6, 1500);
	auto_monitors struct monitors *once = make(true, false);
	feed(once, &stream, 1000);
	cr_expect(monitors_charged(once));
	cr_expect(isfinite(monitors_discharged(once, INFINITY)));
	free(stream.samples);
}
