/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benches: what a channel's counts mean, and faults from the command line.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "fixture_paths.h"

static struct bench_setup *load_bench(const char *name)
{
	struct error error = {0};
	struct bench_setup *setup = config_load_bench(name, source_path("fixtures"), &error);
	cr_assert(setup, "%s", error.text);
	return setup;
}

Test(bench, virtual_is_wired_as_written)
{
	auto_bench_setup struct bench_setup *setup = load_bench("virtual");
	cr_expect(bench_setup_simulated(setup));
	cr_expect_str_eq(setup->device->id, "magpro-x100-cool-b65");
	cr_expect(setup->gpio[GPIO_TRIGGER].present && setup->gpio[GPIO_TRIGGER].output && setup->gpio[GPIO_TRIGGER].pulse_s == 50e-6);
	cr_expect(setup->gpio[GPIO_EMERGENCY_STOP].safe_level && !setup->gpio[GPIO_ENABLE].safe_level);
	cr_expect(setup->gpio[GPIO_READY].present && !setup->gpio[GPIO_READY].output);
	cr_expect(setup->adc.channel_count == 3 && setup->adc.sample_rate_hz == 1e6 && setup->adc.gaps == GAPS_BY_COUNTER);
	cr_expect(setup->logic.present[LOGIC_FAULT] && strcmp(setup->logic.channel[LOGIC_FAULT], "D3") == 0);
	cr_expect(setup->sim.seed == 1 && setup->sim.fault_count == 0);
	struct recording_format format = bench_setup_format(setup);
	cr_expect(recording_find(&format, CHANNEL_COIL_CURRENT) == 0 && recording_find(&format, CHANNEL_TRIGGER) == 1);
	cr_expect(recording_find(&format, CHANNEL_CAPACITOR_VOLTAGE) == 2);
	cr_expect(fabs(format.u_clock_rel - 2e-6 / sqrt(3)) < 1e-18);
}

/* The example budget: calibration 0.30 %, position 0.29 %, ADC 0.06 % make 0.42 %; 16 bits of +-12 kA make an LSB of 0.37 A. */
Test(bench, channel_joins_adc_and_sensor)
{
	auto_bench_setup struct bench_setup *setup = load_bench("virtual");
	const struct channel *channel = &setup->adc.channels[0].channel;
	cr_expect(channel->scale == 24e3 / 65536 && channel->offset == 0);
	cr_expect(channel->count_min == -32768 && channel->count_max == 32767);
	cr_expect(fabs(channel_u_gain_rel(channel) - 0.0042) < 0.00005, "%g", channel_u_gain_rel(channel));
	cr_expect(fabs(channel->u_offset - 3 / sqrt(3)) < 1e-12 && fabs(channel->u_delay_s - 5e-9) < 1e-20);
	cr_expect(channel->delay_s == 40e-9 && channel->droop_time_constant_s == 0.5 && channel->bandwidth_hz == 1e6);
	cr_expect(channel->calibrated && strcmp(channel->sensor, "rogowski-example") == 0 && strcmp(channel->unit, "A") == 0);
	cr_expect(isnan(channel->threshold) && setup->adc.channels[0].noise_rms == 2 && setup->adc.channels[0].adc_range == 12e3);
	const struct channel *trigger = &setup->adc.channels[1].channel;
	cr_expect(trigger->threshold == 1.5 && !trigger->calibrated && isinf(trigger->bandwidth_hz) && channel_u_gain_rel(trigger) == 0);
	const struct channel *voltage = &setup->adc.channels[2].channel;
	cr_expect(isinf(voltage->droop_time_constant_s) && voltage->scale == 5e3 / 65536);
}

Test(bench, recordings_know_their_columns)
{
	auto_bench_setup struct bench_setup *raw = load_bench("recording");
	cr_expect(!bench_setup_simulated(raw) && !raw->device && raw->adc.format == FILE_S16LE);
	cr_expect(raw->adc.channels[0].channel.scale == 0.3662109375 && raw->adc.channels[0].index == 0 && !raw->adc.channels[0].source);
	cr_expect(isnan(raw->adc.channels[0].adc_range));
	auto_bench_setup struct bench_setup *table = load_bench("recording-csv");
	cr_expect(table->adc.format == FILE_CSV && strcmp(table->adc.channels[0].source, "i_a") == 0 && table->adc.channels[0].index == -1);
	cr_expect(table->adc.channels[0].channel.scale == 1 && table->adc.channels[0].channel.offset == 0);
	auto_bench_setup struct bench_setup *slope = load_bench("recording-search-coil");
	cr_expect(slope->adc.channels[0].derivative && slope->adc.channels[0].channel.scale == 149.77e6);
	cr_expect_str_eq(slope->adc.channels[0].channel.unit, "A");
}

/* A file beside the bench, named with a slash, and a sensor whose corrections are not nothing. */
Test(bench, sensor_corrections_and_relative_paths)
{
	char folder[] = "/tmp/tmsrig-test-XXXXXX", path[64], sensor[64];
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/bench.yaml", folder);
	snprintf(sensor, sizeof sensor, "%s/own.yaml", folder);
	FILE *file = fopen(sensor, "w");
	cr_assert(file);
	fputs("sensor: own\nmeasures: current\ngain: {correction: 1.25, expanded_uncertainty: 1 %, k: 2}\n"
	      "offset: {value: 4 A, expanded_uncertainty: 2 A, k: 2}\n",
	      file);
	fclose(file);
	file = fopen(path, "w");
	cr_assert(file);
	fputs("bench: own\nadc:\n  driver: file\n  format: s16le\n  sample_rate: 1 MHz\n  clock_accuracy: 1 ppm\n"
	      "  channels:\n    coil_current: {index: 0, scale: 0.5 A, bits: 12, sensor: ./own.yaml}\n",
	      file);
	fclose(file);
	auto_bench_setup struct bench_setup *setup = load_bench(path);
	const struct channel *channel = &setup->adc.channels[0].channel;
	/* x = g (u - b): 1.25 * (0.5 count - 4). */
	cr_expect(channel->scale == 0.625 && channel->offset == -5);
	cr_expect(fabs(channel_u_gain_rel(channel) - 0.005 / 1.25) < 1e-12 && fabs(channel->u_offset - 1.25) < 1e-12);
	cr_expect(channel->count_min == -2048 && channel->count_max == 2047);
	remove(path);
	remove(sensor);
	remove(folder);
}

Test(bench, faults_of_the_command_line)
{
	static const struct {
		const char *text;
		struct sim_fault fault;
	} RIGHT[] = {
		{"drop_pulse=17", {SIM_FAULT_DROP_PULSE, 17, 0}},
		{"double_pulse=3", {SIM_FAULT_DOUBLE_PULSE, 3, 2e-3}},
		{"double_pulse=3:7 ms", {SIM_FAULT_DOUBLE_PULSE, 3, 7e-3}},
		{"amplitude=0.97", {SIM_FAULT_AMPLITUDE, 0, 0.97}},
		{"amplitude=97 %", {SIM_FAULT_AMPLITUDE, 0, 0.97}},
		{"late_pulse=40:2 ms", {SIM_FAULT_LATE_PULSE, 40, 2e-3}},
		{"inverted=0", {SIM_FAULT_INVERTED, 0, 0}},
		{"no_discharge", {SIM_FAULT_NO_DISCHARGE, 0, 0}},
		{"spontaneous=5:30 ms", {SIM_FAULT_SPONTANEOUS, 5, 30e-3}},
	};
	auto_bench_setup struct bench_setup *setup = load_bench("virtual");
	struct error error = {0};
	for (size_t i = 0; i < sizeof RIGHT / sizeof *RIGHT; i++) {
		cr_assert(config_add_fault(setup, RIGHT[i].text, &error), "%s", error.text);
		cr_assert(setup->sim.fault_count == i + 1);
		const struct sim_fault *fault = &setup->sim.faults[i];
		cr_expect(fault->kind == RIGHT[i].fault.kind && fault->pulse == RIGHT[i].fault.pulse, "%s", RIGHT[i].text);
		cr_expect(fault->value == RIGHT[i].fault.value, "%s: %g", RIGHT[i].text, fault->value);
	}
	static const char *const WRONG[] = {"",
					    "drop_pulse",
					    "drop_pulse=",
					    "drop_pulse=-1",
					    "drop_pulse=1:2 ms",
					    "drop_pulse=x",
					    "drop_puls=1",
					    "late_pulse=4",
					    "late_pulse=4:",
					    "late_pulse=4:2",
					    "late_pulse=4:2 V",
					    "late_pulse=4:0 s",
					    "amplitude=nan",
					    "amplitude=-0.5",
					    "amplitude=97",
					    "no_discharge=1",
					    "spontaneous=3",
					    "drop_pulse=99999999",
					    "drop_pulse=1x"};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		error = (struct error){0};
		cr_expect(!config_add_fault(setup, WRONG[i], &error), "'%s' was taken", WRONG[i]);
		cr_expect(error.kind == ERROR_CONFIG && error.text[0], "'%s'", WRONG[i]);
	}
	cr_expect(setup->sim.fault_count == sizeof RIGHT / sizeof *RIGHT);
}

Test(bench, a_name_that_is_not_there_tells_what_is)
{
	struct error error = {0};
	auto_bench_setup struct bench_setup *setup = config_load_bench("virtul", source_path("fixtures"), &error);
	cr_assert(!setup && error.kind == ERROR_CONFIG);
	cr_expect(strstr(error.text, "did you mean 'virtual'?") && strstr(error.text, "recording-csv"), "%s", error.text);
}

/* A reference clock counts until it is due; then the ADC is on its own. */
Test(bench, reference_clock)
{
	static const char FORMAT[] = "bench: b\nadc:\n  driver: file\n  format: s16le\n  sample_rate: 1 MHz\n  clock_accuracy: 50 ppm\n"
				     "  reference_clock: {%s, certificate: GPSDO-7, due: 2027-01-31}\n"
				     "  channels:\n    coil_current: {index: 0, scale: 0.36 A}\n";
	static const char *const ways[] = {"accuracy: 0.01 ppm", "measured_rate: 1000003.2 Hz, expanded_uncertainty: 0.2 Hz, k: 2"};
	for (unsigned w = 0; w < 2; w++) {
		char text[600], path[] = "/tmp/bench-XXXXXX.yaml";
		int length = snprintf(text, sizeof text, FORMAT, ways[w]), fd = mkstemps(path, 5);
		cr_assert(fd >= 0 && write(fd, text, (size_t)length) == length);
		close(fd);
		struct error error = {0};
		auto_bench_setup struct bench_setup *setup = config_load_bench(path, source_path("fixtures"), &error);
		unlink(path);
		cr_assert(setup, "%s", error.text);
		struct recording_format before = bench_setup_format(setup);
		cr_expect(before.sample_rate_hz == 1e6 && fabs(before.u_clock_rel - 50e-6 / sqrt(3)) < 1e-15);
		cr_expect(bench_setup_date(setup, "2027-01-31"));
		struct recording_format format = bench_setup_format(setup);
		cr_expect_float_eq(format.sample_rate_hz, w ? 1000003.2 : 1e6, 1e-6);
		cr_expect_float_eq(format.u_clock_rel, w ? 0.1 / 1000003.2 : 0.01e-6 / sqrt(3), 1e-15);
		cr_expect_not(bench_setup_date(setup, "2027-02-01"));
		format = bench_setup_format(setup);
		cr_expect(format.sample_rate_hz == 1e6 && format.u_clock_rel == before.u_clock_rel);
	}
}

/* A Rogowski coil of 0.5 mV/A on an ADC whose volts only the instrument knows: amperes per volt with the coil's correction and uncertainties. */
Test(bench, iio_channel_waits_for_volts)
{
	char path[] = "/tmp/tmsrig-bench-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	cr_assert(fd >= 0);
	static const char TEXT[] =
		"bench: lab\nadc:\n  driver: iio\n  uri: \"ip:127.0.0.1:30500\"\n  instrument: ad7606\n  sample_rate: 200 kHz\n"
		"  clock_accuracy: 50 ppm\n  gaps: timestamp\n  timestamp_channel: timestamp\n  timeout: 500 ms\n  channels:\n"
		"    coil_current: {channel: voltage0, per_volt: 2 kA, gain_accuracy: 0.1 %, sensor: rogowski-example}\n"
		"    trigger: {channel: voltage1, range: 10 V, threshold: 1.5 V}\n";
	cr_assert_eq(write(fd, TEXT, sizeof TEXT - 1), (ssize_t)(sizeof TEXT - 1));
	close(fd);
	auto_bench_setup struct bench_setup *setup = load_bench(path);
	unlink(path);
	const struct adc_setup *adc = &setup->adc;
	cr_expect(adc->buffer_frames == 12500 && adc->kernel_buffers == 4 && adc->timeout_s == 0.5);
	cr_expect_str_eq(adc->timestamp_channel, "timestamp");
	cr_expect(adc->channels[0].per_volt == 2000 && adc->channels[0].channel.scale == 2000 && isnan(adc->channels[0].adc_range));
	cr_expect(fabs(channel_u_gain_rel(&adc->channels[0].channel) - 0.0042) < 0.00005 && adc->channels[0].channel.calibrated);
	cr_expect(adc->channels[1].per_volt == 1 && adc->channels[1].adc_range == 10);
}
