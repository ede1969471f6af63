/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magstim_frame.h"

#include <math.h>
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

size_t magstim_reply_length(char command, enum magstim_model model, unsigned software)
{
	bool rapid = model == MAGSTIM_RAPID;
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
	case '_':
	case 'b': return rapid ? 4 : 3;
	default: return 3;
	}
}

double magstim_rapid_energy_j(double power_pct)
{
	double part = power_pct / 100;
	return FULL_J * part * part;
}

bool magstim_store_take(struct magstim_store *store, double at_s, double energy_j)
{
	double apart_s = at_s - store->at_s;
	double train_j = (apart_s < LEAST_WAIT_S ? store->train_j : 0) + energy_j;
	double owed_j = fmax(0, store->owed_j - AVERAGE_W * apart_s) + energy_j;
	if (train_j > TRAIN_J || owed_j > TRAIN_J)
		return false;
	*store = (struct magstim_store){train_j, owed_j, at_s};
	return true;
}
