/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magstim_frame.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double AVERAGE_W = 1050, TRAIN_J = 63000, FULL_J = 252, LEAST_WAIT_S = 0.5;

uint8_t magstim_check(const uint8_t *bytes, size_t length)
{
	unsigned sum = 0;
	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return (uint8_t)~sum;
}

size_t magstim_frame(uint8_t *frame, const char *command, size_t length)
{
	memcpy(frame, command, length);
	frame[length] = magstim_check(frame, length);
	return length + 1;
}

/* XXXX-XXXXXXXX, and perhaps -hhhh. */
static bool well_formed(const char *unlock)
{
	size_t length = strlen(unlock);
	if (length != MAGSTIM_UNLOCK_LENGTH && length != MAGSTIM_UNLOCK_LENGTH + 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool hyphen = i == 4 || i == MAGSTIM_UNLOCK_LENGTH;
		int character = (unsigned char)unlock[i];
		if (hyphen ? character != '-' : i > MAGSTIM_UNLOCK_LENGTH ? !isxdigit(character) : !isalnum(character))
			return false;
	}
	return true;
}

size_t magstim_unlock_command(char *command, const char *unlock)
{
	if (!well_formed(unlock))
		return 0;
	unsigned long check = 0;
	for (size_t i = 0; i < MAGSTIM_UNLOCK_LENGTH; i++)
		check += unlock[i] == '-' ? 0 : (unsigned char)unlock[i];
	check = ~check;
	if (unlock[MAGSTIM_UNLOCK_LENGTH])
		check = strtoul(unlock + MAGSTIM_UNLOCK_LENGTH + 1, NULL, 16);
	command[0] = 'Q';
	memcpy(command + 1, unlock, MAGSTIM_UNLOCK_LENGTH);
	command[MAGSTIM_UNLOCK_LENGTH + 1] = '-';
	command[MAGSTIM_UNLOCK_LENGTH + 2] = (char)(check >> 8 & 0xFF);
	command[MAGSTIM_UNLOCK_LENGTH + 3] = (char)(check & 0xFF);
	return MAGSTIM_UNLOCK_LENGTH + 4;
}

size_t magstim_reply_length(char command, enum magstim_model model, unsigned software)
{
	switch (command) {
	case 'N': return MAGSTIM_TEXT_REPLY;
	case 'J': return 12;
	case 'F': return 9;
	case 'I':
	case 'x': return 6;
	case '\\': return software >= 9 ? 24 : software >= 7 ? 22 : 21;
	case 'B':
	case 'D':
	case '[':
	case '^':
	case '_': return model == MAGSTIM_RAPID ? 4 : 3;
	default: return 3;
	}
}

static bool is_refusal(const uint8_t *reply)
{
	return reply[1] == '?' || reply[1] == 'S';
}

size_t magstim_reply_missing(const uint8_t *reply, size_t got, size_t due, char command)
{
	if (got == 0)
		return 1;
	if (reply[0] != (uint8_t)command)
		return 0;
	if (got == 1)
		return 1;
	if (is_refusal(reply))
		due = 3;
	if (due != MAGSTIM_TEXT_REPLY)
		return due > got ? due - got : 0;
	/* A text that has no end is none. */
	const uint8_t *end = memchr(reply, 0, got);
	return (end && end < reply + got - 1) || got >= MAGSTIM_FRAME_MAX ? 0 : 1;
}

enum magstim_answer magstim_reply_judge(const uint8_t *reply, size_t length, char command)
{
	if (reply[0] == '?' && command != '?')
		return MAGSTIM_UNKNOWN_COMMAND;
	if (reply[0] != (uint8_t)command)
		return MAGSTIM_OTHER_COMMAND;
	if (length < 3 || reply[length - 1] != magstim_check(reply, length - 1))
		return MAGSTIM_WRONG_CHECK;
	if (!is_refusal(reply))
		return MAGSTIM_GOOD;
	return reply[1] == '?' ? MAGSTIM_REFUSED_DATA : MAGSTIM_CONFLICT;
}

const char *magstim_answer_text(enum magstim_answer answer)
{
	switch (answer) {
	case MAGSTIM_GOOD: return "good";
	case MAGSTIM_UNKNOWN_COMMAND: return "the device does not know it";
	case MAGSTIM_REFUSED_DATA: return "the device refuses its data";
	case MAGSTIM_CONFLICT: return "the device refuses it in its present state";
	case MAGSTIM_WRONG_CHECK: return "the check byte of the answer is wrong";
	case MAGSTIM_OTHER_COMMAND: return "the answer is to another command";
	}
	return "?";
}

double magstim_rapid_energy_j(double power_pct)
{
	double part = power_pct / 100;
	return FULL_J * part * part;
}

bool magstim_store_take(struct magstim_store *store, double at_s, double energy_j)
{
	double apart_s = fmax(0, at_s - store->at_s);
	bool same_train = apart_s < LEAST_WAIT_S;
	double train_j = (same_train ? store->train_j : 0) + energy_j;
	double owed_j = fmax(0, store->owed_j - AVERAGE_W * apart_s);
	/* A millijoule: what rounding may leave of a wait that is kept exactly. */
	if (train_j > TRAIN_J || (!same_train && owed_j > 1e-3))
		return false;
	*store = (struct magstim_store){train_j, owed_j + energy_j, at_s};
	return true;
}
