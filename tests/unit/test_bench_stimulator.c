/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remote control against simulated stimulators on a pseudo-terminal: what works, and that every fault of line or device ends in a clear error within 2 s
 * with the device told to disarm.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "config.h"
#include "fixture_paths.h"
#include "line_double.h"
#include "serial.h"

struct stand {
	struct line_double device;
	struct bench_setup setup;
	struct bench_setup *read; /* owns the protocol; NULL: none */
	struct ports ports;
	const struct driver *driver;
	void *state;
	struct error error;
};

/* A bench file that uses the example protocol, for its protocol. */
static struct bench_setup *read_example(struct error *error)
{
	char path[64];
	FILE *file = tmpfile();
	cr_assert(file);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
	fputs("bench: line\n"
	      "adc: {driver: iio, uri: \"local:\", instrument: adc0, sample_rate: 1 MHz, clock_accuracy: 50 ppm, gaps: clock,\n"
	      "  channels: {coil_current: {channel: voltage0, per_volt: 2 kA}}}\n"
	      "stimulator: {driver: generic, port: /dev/ttyUSB0, protocol: example-line}\n",
	      file);
	fflush(file);
	char fixtures[1024];
	snprintf(fixtures, sizeof fixtures, "%s", source_path("fixtures"));
	struct bench_setup *setup = config_load_bench(path, fixtures, error);
	fclose(file);
	return setup;
}

static bool stand_open(struct stand *stand)
{
	return stand->driver->open(&stand->setup, NULL, &stand->ports, &stand->state, &stand->error);
}

static void stand_prepare(struct stand *stand, enum double_kind kind)
{
	memset(stand, 0, sizeof *stand);
	double_start(&stand->device, kind);
	stand->setup.stimulator.port = stand->device.path;
	stand->setup.stimulator.model = "200-2";
	stand->driver = kind == DOUBLE_MAGSTIM ? &driver_magstim : kind == DOUBLE_MAGVENTURE ? &driver_magventure : &driver_generic;
	if (kind == DOUBLE_LINE) {
		stand->read = read_example(&stand->error);
		cr_assert(stand->read, "%s", stand->error.text);
		stand->setup.stimulator.protocol = stand->read->stimulator.protocol;
	}
}

static void stand_make(struct stand *stand, enum double_kind kind)
{
	stand_prepare(stand, kind);
	cr_assert(stand_open(stand), "%s", stand->error.text);
}

static void stand_make_rapid(struct stand *stand, unsigned software, const char *unlock)
{
	stand_prepare(stand, DOUBLE_MAGSTIM);
	stand->device.software = stand->setup.stimulator.software = software;
	stand->setup.stimulator.model = "rapid2";
	stand->setup.stimulator.unlock = unlock;
	cr_assert(stand_open(stand), "%s", stand->error.text);
}

static void stand_end(struct stand *stand)
{
	stand->driver->close(stand->state);
	double_stop(&stand->device);
	bench_setup_destroy(stand->read);
}

#define OPS(stand) ((stand)->ports.stimulator.ops)
#define SELF(stand) ((stand)->ports.stimulator.self)
#define GOOD(call) cr_assert(call, "%s", stand.error.text)

static void sleep_s(double time_s)
{
	struct timespec pause = {.tv_sec = (time_t)time_s, .tv_nsec = (long)(1e9 * (time_s - floor(time_s)))};
	nanosleep(&pause, NULL);
}

static void session(struct stand *pointer, double expected_pct)
{
	struct stand *const it = pointer;
	struct stimulator_status status;
	cr_assert(OPS(it)->set_intensity(SELF(it), 50, NAN, &it->error), "%s", it->error.text);
	cr_assert(OPS(it)->arm(SELF(it), &it->error), "%s", it->error.text);
	sleep_s(0.6);
	cr_assert(OPS(it)->status(SELF(it), &status, &it->error), "%s", it->error.text);
	cr_expect_eq(status.state, STIMULATOR_READY, "%s %s", stimulator_state_name(status.state), status.fault);
	cr_expect(isnan(expected_pct) ? isnan(status.intensity_pct) : status.intensity_pct == expected_pct);
	double time_s = 0, before_s = serial_now_s();
	cr_assert(OPS(it)->fire(SELF(it), &time_s, &it->error), "%s", it->error.text);
	cr_expect(time_s >= before_s && time_s <= serial_now_s());
	cr_assert(OPS(it)->disarm(SELF(it), &it->error), "%s", it->error.text);
	cr_assert(OPS(it)->status(SELF(it), &status, &it->error), "%s", it->error.text);
	cr_expect_eq(status.state, STIMULATOR_STANDBY);
}

Test(stimulator, magstim_200_is_driven)
{
	struct stand stand;
	struct stimulator_status status;
	stand_make(&stand, DOUBLE_MAGSTIM);
	session(&stand, 50);
	cr_expect_eq(double_count(&stand.device, 'E', 'H'), 1);
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_float_eq(status.coil_temperature_degc, 31.4, 1e-9, "the hotter of the two windings");
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 50.5, NAN, &stand.error));
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 101, NAN, &stand.error));
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 50, 60, &stand.error));
	double time_s;
	cr_expect_not(OPS(&stand)->fire(SELF(&stand), &time_s, &stand.error), "a second pulse within a second");
	stand_end(&stand);
	cr_expect_eq(double_count(&stand.device, 'R', '@'), 1, "remote control is given back");
}

Test(stimulator, rapid_is_unlocked_and_its_version_checked)
{
	struct stand stand;
	stand_make_rapid(&stand, 9, "1234-12345678");
	cr_expect_eq(stand.device.log[0].length, 18);
	cr_expect_arr_eq(stand.device.log[0].bytes, "Q1234-12345678-\xFD\x91", 17);
	session(&stand, 50);
	stand_end(&stand);

	stand_make_rapid(&stand, 7, NULL);
	session(&stand, 50);
	stand_end(&stand);

	stand_prepare(&stand, DOUBLE_MAGSTIM);
	stand.device.software = 7;
	stand.setup.stimulator = (struct stimulator_setup){stand.device.path, "rapid2", 9, "1234-12345678", NULL};
	cr_assert_not(stand_open(&stand));
	cr_expect(strstr(stand.error.text, "its software is 7.0.0; the bench file says 9"), "%s", stand.error.text);
	double_stop(&stand.device);
}

Test(stimulator, a_power_that_was_turned_down_is_not_ready_before_it_is_reached)
{
	struct stand stand;
	struct stimulator_status status;
	stand_make(&stand, DOUBLE_MAGSTIM);
	stand.device.power = 58;
	GOOD(OPS(&stand)->set_intensity(SELF(&stand), 50, NAN, &stand.error));
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_eq(status.state, STIMULATOR_CHARGING, "8 %% down take 0.8 s");
	sleep_s(1);
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_eq(status.state, STIMULATOR_READY);
	stand_end(&stand);
}

Test(stimulator, magstim_faults_are_told)
{
	struct stand stand;
	struct stimulator_status status;
	stand_make_rapid(&stand, 9, "1234-12345678");
	stand.device.status = 0x80 | 0x20 | 8 | 1;
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_eq(status.state, STIMULATOR_FAULT);
	cr_expect_str_eq(status.fault, "error 07 of the coil");
	stand.device.status = 0x80 | 1;
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_str_eq(status.fault, "coil not connected");
	stand.device.status = 0x80 | 0x10 | 8 | 1;
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_str_eq(status.fault, "replace coil");
	stand_end(&stand);
}

Test(stimulator, a_rapid_is_not_asked_for_more_than_its_supply_gives)
{
	struct stand stand;
	stand_make_rapid(&stand, 9, "1234-12345678");
	GOOD(OPS(&stand)->set_intensity(SELF(&stand), 100, NAN, &stand.error));
	double begin_s = serial_now_s() + 10;
	for (int i = 0; i < 250; i++)
		GOOD(OPS(&stand)->expect_shot(SELF(&stand), begin_s + 0.05 * i, &stand.error));
	cr_expect_not(OPS(&stand)->expect_shot(SELF(&stand), begin_s + 0.05 * 250, &stand.error));
	cr_expect(strstr(stand.error.text, "63 kJ"), "%s", stand.error.text);
	stand_end(&stand);
}

Test(stimulator, magventure_is_driven_among_unsolicited_frames)
{
	struct stand stand;
	stand_prepare(&stand, DOUBLE_MAGVENTURE);
	stand.device.fault = FAULT_CHATTER;
	GOOD(stand_open(&stand));
	session(&stand, 50);
	cr_expect_eq(double_count(&stand.device, 3, 1), 1);
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 40, 60, &stand.error));
	stand.device.mode_flags = 2;
	cr_expect_not(OPS(&stand)->arm(SELF(&stand), &stand.error));
	cr_expect(strstr(stand.error.text, "more than one pulse"), "%s", stand.error.text);
	stand_end(&stand);
}

Test(stimulator, a_line_protocol_is_driven)
{
	struct stand stand;
	struct stimulator_status status;
	stand_make(&stand, DOUBLE_LINE);
	session(&stand, NAN);
	GOOD(OPS(&stand)->set_intensity(SELF(&stand), 36.5, 54, &stand.error));
	cr_expect_eq(stand.device.power, 365);
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 36.55, NAN, &stand.error));
	GOOD(OPS(&stand)->set_direction(SELF(&stand), true, &stand.error));
	cr_expect_eq(stand.device.reversed, 1);
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_float_eq(status.coil_temperature_degc, 31.4, 1e-9);
	stand.device.mode_flags = 1;
	GOOD(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
	cr_expect_eq(status.state, STIMULATOR_FAULT);
	cr_expect(strstr(status.fault, "coil hot"), "%s", status.fault);
	stand_end(&stand);
}

Test(stimulator, answers_may_come_byte_by_byte)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++) {
		struct stand stand;
		stand_prepare(&stand, (enum double_kind)kind);
		stand.device.fault = FAULT_SPLIT;
		GOOD(stand_open(&stand));
		session(&stand, kind == DOUBLE_LINE ? NAN : 50);
		stand_end(&stand);
	}
}

/* The command that disarms, as the double logs it. */
static size_t disarms(struct stand *stand)
{
	switch (stand->device.kind) {
	case DOUBLE_MAGSTIM: return double_count(&stand->device, 'E', 'A');
	case DOUBLE_MAGVENTURE: return double_count(&stand->device, 2, 0);
	case DOUBLE_LINE: {
		size_t count = 0;
		for (size_t i = 0; i < stand->device.count; i++)
			count += memcmp(stand->device.log[i].bytes, "ARM 0", 5) == 0;
		return count;
	}
	}
	return 0;
}

/* An armed device that goes wrong: whatever is asked next ends within 2 s in an error that names the line, and so does disarming, which is tried. */
static void goes_wrong(enum double_kind kind, enum double_fault fault)
{
	struct stand stand;
	struct stimulator_status status;
	stand_make(&stand, kind);
	GOOD(OPS(&stand)->set_intensity(SELF(&stand), 50, NAN, &stand.error));
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	size_t before = disarms(&stand);
	stand.device.fault = fault;
	double begin_s = serial_now_s();
	cr_expect_not(OPS(&stand)->status(SELF(&stand), &status, &stand.error), "kind %d fault %d", kind, fault);
	cr_expect(strstr(stand.error.text, stand.device.path), "kind %d fault %d: %s", kind, fault, stand.error.text);
	cr_expect_eq(stand.error.kind, ERROR_BENCH);
	bool disarmed = OPS(&stand)->disarm(SELF(&stand), &stand.error);
	double took_s = serial_now_s() - begin_s;
	cr_expect_lt(took_s, 2, "kind %d fault %d: %.2f s", kind, fault, took_s);
	cr_expect_not(disarmed, "kind %d fault %d", kind, fault);
	if (fault != FAULT_GONE) {
		stand.device.fault = FAULT_NONE;
		sleep_s(0.1);
		cr_expect_gt(disarms(&stand), before, "kind %d fault %d", kind, fault);
	}
	begin_s = serial_now_s();
	stand_end(&stand);
	cr_expect_lt(serial_now_s() - begin_s, 2, "kind %d fault %d: closing", kind, fault);
}

Test(stimulator, a_line_that_is_gone_ends_in_an_error)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++)
		goes_wrong((enum double_kind)kind, FAULT_GONE);
}

Test(stimulator, no_answer_ends_in_an_error)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++)
		goes_wrong((enum double_kind)kind, FAULT_SILENT);
}

Test(stimulator, a_cut_answer_ends_in_an_error)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++)
		goes_wrong((enum double_kind)kind, FAULT_CUT);
}

Test(stimulator, a_device_that_babbles_ends_in_an_error)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++)
		goes_wrong((enum double_kind)kind, FAULT_BABBLE);
}

Test(stimulator, a_lone_question_mark_ends_in_an_error)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++)
		goes_wrong((enum double_kind)kind, FAULT_QUESTION);
}

Test(stimulator, a_wrong_check_byte_ends_in_an_error)
{
	goes_wrong(DOUBLE_MAGSTIM, FAULT_WRONG_CHECK);
	goes_wrong(DOUBLE_MAGVENTURE, FAULT_WRONG_CHECK);
}

Test(stimulator, a_command_that_is_refused_in_this_state_ends_in_an_error)
{
	goes_wrong(DOUBLE_MAGSTIM, FAULT_CONFLICT);
}

/* The answers that come late are taken for none of those that follow. */
Test(stimulator, late_answers_end_in_an_error_and_the_device_is_disarmed)
{
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++) {
		struct stand stand;
		struct stimulator_status status;
		stand_make(&stand, (enum double_kind)kind);
		GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
		stand.device.fault = FAULT_SLOW;
		double begin_s = serial_now_s();
		cr_expect_not(OPS(&stand)->status(SELF(&stand), &status, &stand.error));
		stand.device.fault = FAULT_NONE;
		bool disarmed = OPS(&stand)->disarm(SELF(&stand), &stand.error);
		cr_expect_lt(serial_now_s() - begin_s, 2);
		/* It may have been told or not; what it may not be is told as done and not done. */
		sleep_s(0.8);
		cr_expect(!disarmed || !(stand.device.status & (kind == DOUBLE_MAGSTIM ? 2 : 1)), "kind %d", kind);
		cr_expect_gt(disarms(&stand), 0);
		stand_end(&stand);
	}
}

/* It answers as if all were well and stays as it is. */
Test(stimulator, a_device_that_ignores_commands_is_noticed)
{
	struct stand stand;
	stand_make(&stand, DOUBLE_MAGSTIM);
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	stand.device.fault = FAULT_IGNORE;
	cr_expect_not(OPS(&stand)->disarm(SELF(&stand), &stand.error));
	cr_expect(strstr(stand.error.text, "stays armed"), "%s", stand.error.text);
	stand_end(&stand);

	stand_make(&stand, DOUBLE_MAGVENTURE);
	stand.device.fault = FAULT_IGNORE;
	cr_expect_not(OPS(&stand)->arm(SELF(&stand), &stand.error));
	cr_expect(strstr(stand.error.text, "did not enable"), "%s", stand.error.text);
	cr_expect_not(OPS(&stand)->set_intensity(SELF(&stand), 77, NAN, &stand.error));
	cr_expect(strstr(stand.error.text, "told 77 %"), "%s", stand.error.text);
	stand_end(&stand);
}

/* Refused at the first command, every way a device may do it. */
Test(stimulator, a_device_that_does_not_answer_is_not_opened)
{
	static const enum double_fault FAULTS[] = {FAULT_SILENT, FAULT_GONE, FAULT_QUESTION, FAULT_CUT, FAULT_BABBLE};
	for (int kind = DOUBLE_MAGSTIM; kind <= DOUBLE_LINE; kind++) {
		for (size_t f = 0; f < sizeof FAULTS / sizeof *FAULTS; f++) {
			struct stand stand;
			stand_prepare(&stand, (enum double_kind)kind);
			stand.device.fault = FAULTS[f];
			double begin_s = serial_now_s();
			cr_expect_not(stand_open(&stand), "kind %d fault %d", kind, FAULTS[f]);
			cr_expect_lt(serial_now_s() - begin_s, 2);
			cr_expect(strstr(stand.error.text, stand.device.path), "%s", stand.error.text);
			double_stop(&stand.device);
			bench_setup_destroy(stand.read);
		}
	}
	struct stand stand;
	stand_prepare(&stand, DOUBLE_MAGSTIM);
	stand.device.fault = FAULT_NO_REMOTE;
	cr_expect_not(stand_open(&stand));
	cr_expect(strstr(stand.error.text, "does not give remote control"), "%s", stand.error.text);
	double_stop(&stand.device);
}

Test(stimulator, a_lost_device_is_found_by_the_keep_alive)
{
	static const enum double_kind KINDS[] = {DOUBLE_MAGSTIM, DOUBLE_LINE};
	for (size_t k = 0; k < 2; k++) {
		struct stand stand;
		stand_make(&stand, KINDS[k]);
		GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
		stand.device.fault = FAULT_GONE;
		sleep_s(1.2);
		cr_expect_not(OPS(&stand)->expect_shot(SELF(&stand), serial_now_s(), &stand.error));
		cr_expect(strstr(stand.error.text, "keep-alive: "), "%s", stand.error.text);
		stand_end(&stand);
	}
	struct stand stand;
	stand_make(&stand, DOUBLE_MAGSTIM);
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	stand.device.fault = FAULT_NO_REMOTE;
	sleep_s(1);
	cr_expect_not(OPS(&stand)->expect_shot(SELF(&stand), serial_now_s(), &stand.error));
	cr_expect(strstr(stand.error.text, "has left remote control"), "%s", stand.error.text);
	stand_end(&stand);
}

/* The times at which the double heard anything after a time. */
static size_t heard(struct stand *stand, double from_s, double to_s)
{
	size_t count = 0;
	pthread_mutex_lock(&stand->device.lock);
	for (size_t i = 0; i < stand->device.count; i++)
		count += stand->device.log[i].time_s >= from_s && stand->device.log[i].time_s < to_s;
	pthread_mutex_unlock(&stand->device.lock);
	return count;
}

/* Of twelve shots, those around which the device was spoken to. */
static unsigned loud_shots(enum double_kind kind)
{
	struct stand stand;
	stand_make(&stand, kind);
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	double begin_s = serial_now_s(), shot_s = begin_s;
	unsigned loud = 0;
	/* Periods that meet the time of a keep-alive at every phase. */
	for (int i = 0; i < 12; i++) {
		shot_s += 0.23 + 0.017 * i;
		GOOD(OPS(&stand)->expect_shot(SELF(&stand), shot_s, &stand.error));
		sleep_s(fmax(0, shot_s - serial_now_s()));
		loud += heard(&stand, shot_s - 0.05, shot_s + 0.002) > 0;
	}
	sleep_s(0.1);
	cr_expect_geq(heard(&stand, begin_s, shot_s + 0.1), 5, "and it does talk in between");
	stand_end(&stand);
	return loud;
}

/* A busy machine may wake the test too late to announce its shot: then it is done again, which helps nobody who talks at a phase of the shot. */
Test(stimulator, the_keep_alive_is_quiet_around_a_shot)
{
	static const enum double_kind KINDS[] = {DOUBLE_MAGSTIM, DOUBLE_LINE};
	for (size_t k = 0; k < 2; k++) {
		unsigned loud = loud_shots(KINDS[k]);
		for (int again = 0; loud > 0 && again < 3; again++) {
			fprintf(stderr, "kind %d: %u of 12 shots were not quiet: once more\n", KINDS[k], loud);
			loud = loud_shots(KINDS[k]);
		}
		cr_expect_eq(loud, 0, "%u of 12 shots of kind %d", loud, KINDS[k]);
	}
}

/* In a train at 50 Hz there is no quiet place: the device is spoken to before it would leave remote control. */
Test(stimulator, the_keep_alive_is_never_held_off_for_too_long)
{
	struct stand stand;
	stand_make(&stand, DOUBLE_MAGSTIM);
	GOOD(OPS(&stand)->arm(SELF(&stand), &stand.error));
	double begin_s = serial_now_s(), longest_s = 0;
	for (double shot_s = begin_s + 0.02; shot_s < begin_s + 3; shot_s += 0.02) {
		double call_s = serial_now_s();
		GOOD(OPS(&stand)->expect_shot(SELF(&stand), shot_s, &stand.error));
		longest_s = fmax(longest_s, serial_now_s() - call_s);
		sleep_s(fmax(0, shot_s - serial_now_s()));
	}
	double last_s = begin_s, gap_s = 0;
	pthread_mutex_lock(&stand.device.lock);
	for (size_t i = 0; i < stand.device.count; i++) {
		if (stand.device.log[i].time_s < begin_s)
			continue;
		gap_s = fmax(gap_s, stand.device.log[i].time_s - last_s);
		last_s = stand.device.log[i].time_s;
	}
	pthread_mutex_unlock(&stand.device.lock);
	cr_expect(gap_s > 0.7 && gap_s < 1.1, "it talks every %.3f s", gap_s);
	cr_expect_lt(serial_now_s() - last_s, 1.1);
	cr_expect_lt(longest_s, 0.01, "announcing a shot took %.1f ms", 1e3 * longest_s);
	stand_end(&stand);
}

Test(stimulator, a_line_in_use_is_not_shared)
{
	struct stand stand;
	stand_make(&stand, DOUBLE_MAGSTIM);
	struct serial second;
	cr_expect_not(serial_open(&second, stand.device.path, 9600, 1, &stand.error));
	cr_expect(strstr(stand.error.text, "in use by another program"), "%s", stand.error.text);
	stand_end(&stand);
}
