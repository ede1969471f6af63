/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Frames of Magstim's remote control, from public toolboxes (MagPy, MAGIC), not vendor-verified: command byte, ASCII data, a check byte that is the
 * complement of the sum of all before it. A reply's length follows from the command.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAGSTIM_FRAME_MAX = 32, MAGSTIM_TEXT_REPLY = 0, MAGSTIM_UNLOCK_LENGTH = 13 };

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

/* A bit of the status of a Rapid, the third byte of its replies. */
enum { MAGSTIM_RAPID_SINGLE_PULSE = 1 << 3 };

enum magstim_model { MAGSTIM_200, MAGSTIM_BISTIM, MAGSTIM_RAPID };

/* ~(sum of the bytes), low byte. */
uint8_t magstim_check(const uint8_t *bytes, size_t length);
/* Appends the check byte to a command; the frame's length. frame has MAGSTIM_FRAME_MAX bytes, length is below that. */
size_t magstim_frame(uint8_t *frame, const char *command, size_t length);
/*
 * The command that takes remote control with the code of a machine, 17 bytes. unlock: XXXX-XXXXXXXX; the two raw bytes that end it are the complement of
 * the sum of the twelve characters, high byte first (inferred from the one published example, 1234-12345678 with FD 91), unless they follow as four
 * hexadecimal digits, XXXX-XXXXXXXX-hhhh. 0 when the code has another form. command has MAGSTIM_FRAME_MAX bytes.
 */
size_t magstim_unlock_command(char *command, const char *unlock);

/* Length of the good reply to a command, check byte included; MAGSTIM_TEXT_REPLY: up to a zero byte, and the check byte. software: major version. */
size_t magstim_reply_length(char command, enum magstim_model model, unsigned software);
/* How many bytes are still to come of a reply of which `got` are there; 0: it is whole, or can be none. */
size_t magstim_reply_missing(const uint8_t *reply, size_t got, size_t due, char command);

enum magstim_answer {
	MAGSTIM_GOOD,
	MAGSTIM_UNKNOWN_COMMAND, /* a lone '?' */
	MAGSTIM_REFUSED_DATA,    /* command, '?' */
	MAGSTIM_CONFLICT,        /* command, 'S': not in its present state */
	MAGSTIM_WRONG_CHECK,
	MAGSTIM_OTHER_COMMAND,
};
/* What a whole reply says. */
enum magstim_answer magstim_reply_judge(const uint8_t *reply, size_t length, char command);
/* In words. Static string. */
const char *magstim_answer_text(enum magstim_answer answer);

/* Energy of a pulse of a Rapid2 at a power in percent, J: 252 (p / 100)^2 (a fit to the public table of MagPy's rapid_system_info, within 1 %). */
double magstim_rapid_energy_j(double power_pct);

/*
 * What a Rapid2's power supply can give, as its public limits say: at most 63 kJ in one train, and after a train of n pulses at f Hz of E J a wait of
 * n (f E - 1050 W) / (1050 W f), so that 1050 W are kept on average. Pulses less than 0.5 s (the shortest wait between trains) apart are one train.
 * Begin with a zeroed one.
 */
struct magstim_store {
	double train_j; /* of the train under way */
	double owed_j;  /* taken beyond the average power until at_s */
	double at_s;
};
/* Takes a pulse at at_s; false, and nothing is taken, when the supply could not give it. */
bool magstim_store_take(struct magstim_store *store, double at_s, double energy_j);
