/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stimulator may send: any bytes into the parser of MagVenture's frames and into the reading of Magstim's replies. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "magstim_frame.h"
#include "magventure_frame.h"

static void must(bool good)
{
	if (!good)
		abort();
}

static void magventure(const uint8_t *data, size_t size)
{
	struct magventure_parser parser = {0};
	for (size_t i = 0; i < size; i++) {
		bool found = magventure_push(&parser, data[i]);
		must(parser.count <= MAGVENTURE_FRAME_MAX);
		if (!found)
			continue;
		uint8_t frame[MAGVENTURE_FRAME_MAX];
		size_t length = magventure_frame(frame, parser.bytes + 2, parser.bytes[1]);
		must(memcmp(frame, parser.bytes, length) == 0);
	}
}

static void magstim(const uint8_t *data, size_t size, char command, enum magstim_model model, unsigned software)
{
	uint8_t reply[MAGSTIM_FRAME_MAX] = {0};
	size_t due = magstim_reply_length(command, model, software), got = 0, missing;
	while ((missing = magstim_reply_missing(reply, got, due, command)) > 0 && got < size) {
		must(got + missing <= sizeof reply);
		/* Answers come in pieces. */
		size_t piece = missing < size - got ? missing : size - got;
		piece = piece > 1 && data[got] & 1 ? piece / 2 : piece;
		memcpy(reply + got, data + got, piece);
		got += piece;
	}
	if (missing == 0 && magstim_reply_judge(reply, got, command) == MAGSTIM_GOOD) {
		must(reply[0] == (uint8_t)command && got >= 3);
		must(magstim_check(reply, got - 1) == reply[got - 1]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char COMMANDS[] = "Q@AEJFBD[\\NIx^_bR";
	magventure(data, size);
	for (const char *command = COMMANDS; *command; command++)
		for (unsigned software = 6; software <= 9; software++)
			magstim(data, size, *command, MAGSTIM_RAPID, software);
	if (size > 0)
		magstim(data, size, (char)data[0], MAGSTIM_BISTIM, 0);
	char code[24] = "", command[MAGSTIM_FRAME_MAX];
	memcpy(code, data, size < sizeof code - 1 ? size : sizeof code - 1);
	size_t length = magstim_unlock_command(command, code);
	must(length == 0 || length == 17);
	return 0;
}
