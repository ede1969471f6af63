/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test of a bench: a good virtual bench has no failed check and is never fired; each instrument made wrong fails its own check. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench_check.h"
#include "config.h"
#include "sim.h"

enum { MAX_LINES = 128 };

/* What was told, by name. */
struct told {
	char names[MAX_LINES][64], texts[MAX_LINES][256];
	enum check_status status[MAX_LINES];
	size_t count;
};

static void on_line(void *self, const struct check_line *line)
{
	struct told *told = self;
	cr_assert_lt(told->count, MAX_LINES);
	snprintf(told->names[told->count], sizeof told->names[0], "%s", line->name);
	snprintf(told->texts[told->count], sizeof told->texts[0], "%s", line->text);
	told->status[told->count++] = line->status;
}

/* The status of the first check of that name, which must be there. */
static enum check_status status_of(const struct told *told, const char *name)
{
	for (size_t i = 0; i < told->count; i++)
		if (strcmp(told->names[i], name) == 0)
			return told->status[i];
	cr_assert_fail("there is no check '%s'", name);
	return CHECK_NOT_TESTED;
}

/* The simulated instruments behind a driver that makes one of them wrong, and counts what must never be called. */
static struct {
	struct ports real;
	unsigned fired;
	bool arm_at_once, hold_trigger, lie_about_level, refuse_status, refuse_safe, stuck, offset, lose, pulse_in_rest;
	int16_t samples[3 * 65536];
} wrong;

static bool wrong_pulse(void *self, enum gpio_line line, double *time_s, struct error *error)
{
	wrong.fired++;
	return wrong.real.gpio.ops->pulse(self, line, time_s, error);
}

static bool wrong_fire(void *self, double *time_s, struct error *error)
{
	wrong.fired++;
	return wrong.real.stimulator.ops->fire(self, time_s, error);
}

static bool wrong_arm(void *self, struct error *error)
{
	wrong.fired++;
	return wrong.real.stimulator.ops->arm(self, error);
}

static bool wrong_get(void *self, enum gpio_line line, bool *level, struct error *error)
{
	bool good = wrong.real.gpio.ops->get(self, line, level, error);
	if (wrong.lie_about_level && line == GPIO_ENABLE)
		*level = true;
	if (wrong.hold_trigger && line == GPIO_TRIGGER)
		*level = true;
	return good;
}

static bool wrong_set(void *self, enum gpio_line line, bool level, struct error *error)
{
	if (wrong.refuse_safe && line == GPIO_EMERGENCY_STOP)
		return error_bench(error, "the chip is gone");
	return wrong.real.gpio.ops->set(self, line, level, error);
}

static bool wrong_status(void *self, struct stimulator_status *status, struct error *error)
{
	if (wrong.refuse_status)
		return error_bench(error, "no answer within 0.5 s");
	bool good = wrong.real.stimulator.ops->status(self, status, error);
	if (wrong.arm_at_once)
		status->state = STIMULATOR_READY;
	return good;
}

static bool wrong_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	if (!wrong.real.adc.ops->read(self, max_frames < 65536 ? max_frames : 65536, read, error))
		return false;
	if (read->state != ADC_BLOCK)
		return true;
	if (wrong.lose && read->block.first_frame == 0) {
		*read = (struct adc_read){.state = ADC_GAP, .gap = {0, read->block.frames, GAP_LOST}};
		return true;
	}
	memcpy(wrong.samples, read->block.samples, read->block.frames * 3 * sizeof *wrong.samples);
	for (size_t f = 0; f < read->block.frames; f++) {
		int16_t *current = &wrong.samples[3 * f];
		if (wrong.stuck)
			*current = 7;
		if (wrong.offset)
			*current = (int16_t)(*current + 3000);
		if (wrong.pulse_in_rest && read->block.first_frame == 0 && f < 100)
			*current = 20000;
		if (wrong.hold_trigger)
			current[1] = 16000;
	}
	read->block.samples = wrong.samples;
	return true;
}

static struct gpio_ops gpio;
static struct adc_ops adc;
static struct stimulator_ops stimulator;

static bool wrong_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	if (!driver_sim.open(setup, recording, ports, state, error))
		return false;
	wrong.real = *ports;
	gpio = *ports->gpio.ops;
	adc = *ports->adc.ops;
	stimulator = *ports->stimulator.ops;
	gpio.pulse = wrong_pulse;
	gpio.get = wrong_get;
	gpio.set = wrong_set;
	adc.read = wrong_read;
	stimulator.fire = wrong_fire;
	stimulator.arm = wrong_arm;
	stimulator.status = wrong_status;
	ports->gpio.ops = &gpio;
	ports->adc.ops = &adc;
	ports->stimulator.ops = &stimulator;
	return true;
}

static void wrong_close(void *state)
{
	driver_sim.close(state);
}

static const struct driver WRONG = {"sim", wrong_open, wrong_close};

static struct bench_check_count check(const char *bench, const struct driver *const *drivers, struct told *told)
{
	struct error error = {0};
	auto_bench_setup struct bench_setup *setup = config_load_bench(bench, SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	struct bench_check_count count;
	*told = (struct told){.count = 0};
	const struct bench_check_options options = {.drivers = drivers, .date = "2026-11-01", .line = on_line, .self = told};
	cr_assert(bench_check(setup, &options, &count, &error), "%s", error.text);
	cr_assert_eq(told->count, count.ok + count.failed + count.not_tested);
	return count;
}

static const struct driver *const SIM[] = {&driver_sim, NULL}, *const WRONGED[] = {&WRONG, NULL};

Test(bench_check, every_virtual_bench_is_good)
{
	static const char *const BENCHES[] = {"virtual", "virtual-2ch", "virtual-monophasic", "virtual-magstim-rapid", "served"};
	static struct told told;
	for (size_t b = 0; b < sizeof BENCHES / sizeof *BENCHES; b++) {
		struct bench_check_count count = check(BENCHES[b], SIM, &told);
		cr_expect_eq(count.failed, 0, "%s", BENCHES[b]);
		cr_expect_geq(count.ok, 30, "%s: %u", BENCHES[b], count.ok);
		cr_expect_eq(status_of(&told, "adc.rate"), CHECK_OK);
		cr_expect_eq(status_of(&told, "safe_state.last"), CHECK_OK);
	}
}

Test(bench_check, never_arms_and_never_fires)
{
	static struct told told;
	memset(&wrong, 0, sizeof wrong);
	struct bench_check_count count = check("virtual", WRONGED, &told);
	cr_expect_eq(count.failed, 0);
	cr_expect_eq(wrong.fired, 0);
}

/* Just these checks fail, and nothing was fired. */
static void fails(const char *const *names, size_t name_count)
{
	static struct told told;
	struct bench_check_count count = check("virtual", WRONGED, &told);
	cr_expect_eq(count.failed, name_count, "%u failed, first is %s", count.failed, names[0]);
	for (size_t n = 0; n < name_count; n++)
		cr_expect_eq(status_of(&told, names[n]), CHECK_FAILED, "%s", names[n]);
	cr_expect_eq(wrong.fired, 0);
	memset(&wrong, 0, sizeof wrong);
}
#define FAILS(...) fails((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

Test(bench_check, each_wrong_instrument_fails_its_check)
{
	memset(&wrong, 0, sizeof wrong);
	wrong.lie_about_level = true;
	FAILS("enable.level", "enable.level_last");
	wrong.hold_trigger = true;
	FAILS("trigger.level", "trigger.level_last", "trigger.low");
	wrong.refuse_status = true;
	FAILS("stimulator.disarmed", "stimulator.disarmed_last");
	wrong.arm_at_once = true;
	FAILS("stimulator.disarmed", "stimulator.disarmed_last");
	wrong.refuse_safe = true;
	FAILS("safe_state.first", "safe_state.last");
	wrong.stuck = true;
	FAILS("coil_current.alive");
	wrong.offset = true;
	FAILS("coil_current.offset");
	wrong.lose = true;
	FAILS("adc.gaps");
	wrong.pulse_in_rest = true;
	FAILS("coil_current.at_rest");
}

Test(bench_check, a_driver_that_is_not_built_in_is_told_with_its_package)
{
	static struct told told;
	static const struct driver *const NONE[] = {NULL};
	struct bench_check_count count = check("raspberry-pi5-ad7606", NONE, &told);
	cr_expect_eq(status_of(&told, "adc.driver"), CHECK_FAILED);
	cr_expect_eq(status_of(&told, "gpio.driver"), CHECK_FAILED);
	cr_expect_eq(status_of(&told, "adc.samples"), CHECK_NOT_TESTED);
	cr_expect_eq(status_of(&told, "trigger.level"), CHECK_NOT_TESTED);
	cr_expect_eq(status_of(&told, "emulation.driver"), CHECK_FAILED);
	cr_expect_eq(count.failed, 4, "%u: clock, gpio, adc, emulation", count.failed);
	for (size_t i = 0; i < told.count; i++)
		if (strcmp(told.names[i], "adc.driver") == 0)
			cr_expect(strstr(told.texts[i], "./dev drivers") && strstr(told.texts[i], "libiio-dev"), "%s", told.texts[i]);
}

Test(bench_check, a_bench_of_recordings_is_refused)
{
	struct error error = {0};
	struct told told = {.count = 0};
	struct bench_check_count count;
	auto_bench_setup struct bench_setup *setup = config_load_bench("recording", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	const struct bench_check_options options = {.drivers = SIM, .date = "2026-11-01", .line = on_line, .self = &told};
	cr_expect_not(bench_check(setup, &options, &count, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect(strstr(error.text, "tmsrig analyze"), "%s", error.text);
}

Test(bench_check, an_abort_still_ends_in_the_safe_state)
{
	struct error error = {0};
	struct told told = {.count = 0};
	struct bench_check_count count;
	atomic_bool abort = true;
	auto_bench_setup struct bench_setup *setup = config_load_bench("virtual", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	const struct bench_check_options options = {.drivers = SIM, .date = "2026-11-01", .line = on_line, .self = &told, .abort = &abort};
	cr_expect_not(bench_check(setup, &options, &count, &error));
	cr_expect_eq(error.kind, ERROR_ABORTED);
	cr_expect_eq(status_of(&told, "safe_state.last"), CHECK_OK);
}

/* Of a real certificate the day counts. */
Test(bench_check, an_overdue_calibration_fails)
{
	struct error error = {0};
	struct told told = {.count = 0};
	struct bench_check_count count;
	static const struct driver *const NONE[] = {NULL};
	auto_bench_setup struct bench_setup *setup = config_load_bench("adalm2000", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	const struct bench_check_options options = {.drivers = NONE, .date = "2027-03-02", .line = on_line, .self = &told};
	cr_assert(bench_check(setup, &options, &count, &error), "%s", error.text);
	cr_expect_eq(status_of(&told, "coil_current.calibration"), CHECK_FAILED);
}
