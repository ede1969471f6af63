/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Frames of Magstim's remote control, from public toolboxes (MagPy, MAGIC), not vendor-verified: command byte, ASCII data, a check byte that is the
 * complement of the sum of all before it. A reply's length follows from the command.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAGSTIM_FRAME_MAX = 32, MAGSTIM_TEXT_REPLY = 0 };

/* Bits of the instrument status, the second byte of nearly every reply. */
enum magstim_status {
	MAGSTIM_STANDBY = 1 << 0,
	MAGSTIM_ARMED = 1 << 1,
	MAGSTIM_READY = 1 << 2,
	MAGSTIM_COIL_PRESENT = 1 << 3,
	MAGSTIM_REPLACE_COIL = 1 << 4,
	MAGSTIM_ERROR_PRESENT = 1 << 5,
	MAGSTIM_FATAL = 1 << 6,
	MAGSTIM_REMOTE = 1 << 7,
};

enum magstim_model { MAGSTIM_200, MAGSTIM_BISTIM, MAGSTIM_RAPID };

/* ~(sum of the bytes), low byte. */
uint8_t magstim_check(const uint8_t *bytes, size_t length);
/* Appends the check byte to a command; the frame's length. frame has room for one byte more than the text. */
size_t magstim_frame(uint8_t *frame, const char *command, size_t length);
/* Length of the good reply to a command, check byte included; MAGSTIM_TEXT_REPLY: up to a zero byte, and the check byte. software: major version. */
size_t magstim_reply_length(char command, enum magstim_model model, unsigned software);
/* Energy of a pulse of a Rapid2 at a power in percent, J: 252 (p / 100)^2 (a fit to the public table of MagPy's rapid_system_info, within 1 %). */
double magstim_rapid_energy_j(double power_pct);

/*
 * What a Rapid2's power supply can give, as its public limits say: 1050 W in the long run, and 63 kJ in one train. Pulses less than 0.5 s (the shortest
 * wait between trains) apart are one train. Begin with a zeroed one.
 */
struct magstim_store {
	double train_j; /* of the train under way */
	double owed_j;  /* taken beyond the average power until at_s */
	double at_s;
};
/* Takes a pulse at at_s; false, and nothing is taken, when the supply could not give it. */
bool magstim_store_take(struct magstim_store *store, double at_s, double energy_j);
