/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The far end of a MagVenture's serial line, against frames that public toolboxes give. */
#include "magventure_device.h"
#include "sim_bench.h"

struct line {
	struct sim_bench bench;
	struct magventure_device magventure;
	struct serial_reply reply;
};

static void line_open(struct line *line)
{
	bench_init(&line->bench);
	line->bench.device.didt0_a_per_s = GIVEN(bench_didt0);
	bench_open_sim(&line->bench);
	bench_set(&line->bench, GPIO_EMERGENCY_STOP, false);
	bench_set(&line->bench, GPIO_ENABLE, true);
	magventure_device_make(&line->magventure, &line->bench.ports.stimulator, &line->bench.device);
}

static void line_send(struct line *line, const uint8_t *bytes, size_t count)
{
	struct error error = {0};
	line->reply = (struct serial_reply){.count = 0};
	for (size_t i = 0; i < count; i++)
		cr_assert(magventure_device_ops.byte(&line->magventure, bytes[i], bench_now(&line->bench), &line->reply, &error), "%s",
			  error.text);
}

#define SEND(line, ...) line_send(line, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void tick(struct line *line, double seconds)
{
	struct error error = {0};
	bench_sleep(&line->bench, seconds);
	line->reply = (struct serial_reply){.count = 0};
	cr_assert(magventure_device_ops.tick(&line->magventure, bench_now(&line->bench), sim_truth(line->bench.state).count, &line->reply,
					     &error));
}

Test(magventure, check_sums_are_those_of_the_toolboxes)
{
	static const struct {
		uint8_t payload[3];
		size_t count;
		uint8_t crc;
	} VECTORS[] = {{{0}, 1, 0x00}, {{1, 0x32}, 2, 0xC6}, {{2, 1}, 2, 0xCF}, {{2, 0}, 2, 0x91},   {{3, 1}, 2, 0x0B},
		       {{3}, 1, 0xE2}, {{4}, 1, 0x61},       {{5}, 1, 0x3F},    {{7, 1, 0}, 3, 0xBE}};
	for (size_t v = 0; v < sizeof VECTORS / sizeof *VECTORS; v++)
		cr_expect_eq(magventure_crc(VECTORS[v].payload, VECTORS[v].count), VECTORS[v].crc, "vector %zu", v);
}

Test(magventure, a_session_fires_and_tells_the_slope)
{
	struct line line;
	line_open(&line);
	SEND(&line, 0xFE, 0x01, 0x00, 0x00, 0xFF);
	cr_expect_eq(line.reply.count, 13);
	cr_expect_eq(line.reply.bytes[3] & 0x10, 0, "not enabled");
	cr_expect_eq(line.reply.bytes[3] >> 5, 1, "an X100");
	cr_expect_eq(line.reply.bytes[11], magventure_crc(line.reply.bytes + 2, 9));
	SEND(&line, 0xFE, 0x02, 0x01, 0x32, 0xC6, 0xFF);
	cr_expect(line.reply.count == 8 && line.reply.bytes[2] == 1 && line.reply.bytes[3] == 50);
	SEND(&line, 0xFE, 0x02, 0x02, 0x01, 0xCF, 0xFF);
	cr_expect(line.reply.bytes[5] & 0x10, "enabled");
	tick(&line, 1);
	SEND(&line, 0xFE, 0x01, 0x03, 0xE2, 0xFF);
	tick(&line, 0.01);
	cr_assert_eq(sim_truth(line.bench.state).count, 1);
	cr_expect_eq(line.reply.count, 8);
	cr_expect_eq(line.reply.bytes[2], 2, "told without being asked");
	cr_expect_float_eq(line.reply.bytes[3], bench_didt0 * 1e-6 / 2, 1);
	bench_trigger(&line.bench);
	tick(&line, 0.5);
	cr_expect_eq(line.reply.bytes[2], 2, "of a pulse by the trigger line too");
	SEND(&line, 0xFE, 0x01, 0x05, 0x3F, 0xFF);
	cr_expect_eq(line.reply.count, 19);
	cr_expect_eq(line.reply.bytes[9], 50);
	SEND(&line, 0xFE, 0x02, 0x02, 0x00, 0x91, 0xFF);
	cr_expect_eq(bench_status(&line.bench).state, STIMULATOR_STANDBY);
	bench_finish(&line.bench);
}

Test(magventure, what_is_no_frame_is_passed_over)
{
	struct line line;
	line_open(&line);
	SEND(&line, 0xFE, 0x02, 0x01, 0x32, 0xC7, 0xFF);
	cr_expect_eq(line.reply.count, 0, "a wrong check sum");
	SEND(&line, 0x00, 0x55, 0xFE, 0x00, 0xFE, 0x01, 0x00, 0x00, 0x12, 0xFE, 0x01, 0x00, 0x00, 0xFF);
	cr_expect_eq(line.reply.count, 13, "one frame among the rest: %zu bytes", line.reply.count);
	bench_finish(&line.bench);
}

Test(magventure, a_train_runs_on_its_page_only)
{
	struct line line;
	uint8_t timing[] = {0xFE, 9, 6, 0, 100, 0, 4, 0, 2, 0, 5, 0, 0xFF};
	timing[11] = magventure_crc(timing + 2, 9);
	line_open(&line);
	SEND(&line, 0xFE, 0x02, 0x01, 0x32, 0xC6, 0xFF);
	SEND(&line, 0xFE, 0x02, 0x02, 0x01, 0xCF, 0xFF);
	tick(&line, 1);
	line_send(&line, timing, sizeof timing);
	SEND(&line, 0xFE, 0x01, 0x04, 0x61, 0xFF);
	tick(&line, 0.5);
	cr_expect_eq(sim_truth(line.bench.state).count, 0);
	uint8_t page[] = {0xFE, 3, 7, 2, 0, 0, 0xFF};
	page[5] = magventure_crc(page + 2, 3);
	line_send(&line, page, sizeof page);
	SEND(&line, 0xFE, 0x01, 0x04, 0x61, 0xFF);
	for (int k = 0; k < 150; k++)
		tick(&line, 0.01);
	struct sim_truth truth = sim_truth(line.bench.state);
	cr_assert_eq(truth.count, 8, "two trains of four, not %zu", truth.count);
	cr_expect_float_eq(truth.pulses[1].onset_s - truth.pulses[0].onset_s, 0.1, 0.0101);
	cr_expect_float_eq(truth.pulses[4].onset_s - truth.pulses[3].onset_s, 0.5, 0.0101);
	bench_finish(&line.bench);
}
