/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The far end of a Magstim's serial line (Rapid2, 200-2), from public toolboxes (MagPy, MAGIC), not vendor-verified: frames, check sums,
 * states, keep-alive.
 */
#include "serial_device.h"
#include "serve_setup.h"

enum { MAGSTIM_FRAME_BYTES = 24 };

struct magstim_device {
	const struct stimulator_port *stimulator;
	enum serve_magstim_model model;
	unsigned software; /* major version */
	double keep_alive_s, armed_keep_alive_s;
	/*
	 * Told of a host that has gone silent while armed, and of damaged commands: whether that disarms, or does nothing, is then the virtual device's
	 * affair. NULL, as made: silence disarms, and damaged commands are refused.
	 */
	const struct emulator_port *emulator;
	bool silent; /* it was told of silence */
	double coil_ambient_degc;

	bool remote, armed, enhanced;
	unsigned power_pct, second_pct; /* second: power B of a BiStim; 0: none */
	double power_at_s;              /* when the power will have followed its setting */
	double heard_s;                 /* the last valid command */
	double fired_s;
	unsigned frequency, pulses, duration, delay; /* 0.1 Hz, number, 0.1 s */
	struct fire_train train;

	uint8_t frame[MAGSTIM_FRAME_BYTES];
	size_t count;
	double byte_s; /* of the last byte */
};

/* The stimulator port is borrowed. Keep-alive NAN: 10 s and, armed, 1 s. */
void magstim_device_make(struct magstim_device *magstim, const struct stimulator_port *stimulator, const struct serve_setup *setup);
extern const struct serial_ops magstim_device_ops;

/* The check sum: the complement of the sum of all bytes before it. */
uint8_t magstim_crc(const uint8_t *bytes, size_t count);
