/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The far end of a MagVenture's serial line, from public toolboxes (MAGIC, MagventureTMS, pytms), not vendor-verified.
 */
#include "device.h"
#include "serial_device.h"

enum { MAGVENTURE_PAYLOAD_BYTES = 255 };

struct magventure_device {
	const struct stimulator_port *stimulator;
	const struct emulator_port *emulator; /* told of damaged commands; NULL, as made: they are passed over */
	const struct device *device;
	bool enabled, reversed;
	unsigned amplitude_pct, second_pct, page;
	uint8_t setting[11];                    /* of command 9, as it was set */
	unsigned rate, pulses, trains, between; /* 0.1 Hz, number, number, 0.1 s */
	struct fire_train train;
	unsigned long discharges; /* told of until now */

	enum { MAGVENTURE_START, MAGVENTURE_LENGTH, MAGVENTURE_PAYLOAD, MAGVENTURE_CRC, MAGVENTURE_END } expects;
	uint8_t payload[MAGVENTURE_PAYLOAD_BYTES];
	size_t length, count;
	uint8_t crc;
};

/* Port and device are borrowed. */
void magventure_device_make(struct magventure_device *magventure, const struct stimulator_port *stimulator, const struct device *device);
extern const struct serial_ops magventure_device_ops;

/* CRC-8 of Dallas/Maxim: polynomial 0x31 reflected, from 0, lowest bit first. */
uint8_t magventure_device_crc(const uint8_t *bytes, size_t count);
