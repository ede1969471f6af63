/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the IIOD protocol, as libiio 0.24 sends them, and such as it never would. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iiod_command.h"

static char line[IIOD_LINE_BYTES];

static int parse(const char *text, struct iiod_command *command)
{
	snprintf(line, sizeof line, "%s", text);
	return iiod_command_parse(line, command);
}

Test(iiod_command, reads_what_libiio_sends)
{
	struct iiod_command command;
	cr_expect(parse("", &command) == 0 && command.verb == IIOD_NOTHING);
	cr_expect(parse("PRINT", &command) == 0 && command.verb == IIOD_PRINT);
	cr_expect(parse("TIMEOUT 2500", &command) == 0 && command.verb == IIOD_TIMEOUT && command.number == 2500);
	cr_expect(parse("SET iio:device0 BUFFERS_COUNT 4", &command) == 0 && command.verb == IIOD_SET && command.number == 4);
	cr_expect(parse("SETTRIG iio:device0", &command) == 0 && !command.trigger);
	cr_expect(parse("SETTRIG iio:device0 trigger0", &command) == 0 && strcmp(command.trigger, "trigger0") == 0);
	cr_expect(parse("READ iio:device0 INPUT voltage0 raw", &command) == 0 && command.place == IIOD_INPUT);
	cr_expect(strcmp(command.channel, "voltage0") == 0 && strcmp(command.attribute, "raw") == 0);
	cr_expect(parse("READ iio:device0 DEBUG direct_reg_access", &command) == 0 && command.place == IIOD_DEBUG);
	cr_expect(parse("READ iio:device0 ", &command) == 0 && command.place == IIOD_DEVICE && !*command.attribute);
	cr_expect(parse("WRITE iio:device0 sampling_frequency 8", &command) == 0 && command.bytes == 8);
	cr_expect(parse("OPEN iio:device0 65536 00000007", &command) == 0 && command.mask == 7 && command.number == 65536);
	cr_expect(parse("OPEN iio:device0 16 0000000a CYCLIC", &command) == 0 && command.mask == 10 && command.cyclic);
	cr_expect(parse("OPEN iio:device0 16 0000000080000001", &command) == 0 && command.mask == 0x80000001u);
	cr_expect(parse("READBUF iio:device0 262144", &command) == 0 && command.bytes == 262144);
	cr_expect(parse("EXIT", &command) == 0 && command.verb == IIOD_EXIT);
}

Test(iiod_command, refuses_the_rest)
{
	static const char *const WRONG[] = {
		"ZPRINT",
		"print",
		"PRINT more",
		"TIMEOUT",
		"TIMEOUT -1",
		"TIMEOUT 99999999999999999999",
		"SET iio:device0",
		"SET iio:device0 BUFFERS_COUNT 0",
		"SET iio:device0 COLOUR 4",
		"READ",
		"READ iio:device0 INPUT",
		"READ iio:device0 INPUT voltage0 raw more",
		"WRITE iio:device0 raw",
		"WRITE iio:device0 raw 4097",
		"WRITE iio:device0 raw -1",
		"WRITE iio:device0 raw 8 8",
		"OPEN iio:device0 0 00000001",
		"OPEN iio:device0 16",
		"OPEN iio:device0 16 1",
		"OPEN iio:device0 16 0000000g",
		"OPEN iio:device0 16 0000000100000000",
		"OPEN iio:device0 16 00000001 SPIN",
		"READBUF iio:device0",
		"READBUF iio:device0 4294967296",
		"CLOSE",
		"CLOSE iio:device0 now",
	};
	for (size_t w = 0; w < sizeof WRONG / sizeof *WRONG; w++) {
		struct iiod_command command;
		cr_expect_eq(parse(WRONG[w], &command), -EINVAL, "%s", WRONG[w]);
	}
}
