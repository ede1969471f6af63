/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Values as bytes: IEEE 754 binary64, little-endian, one after the other, whatever the machine.
 */
#include <stddef.h>
#include <stdint.h>

enum { PACKED_SIZE = 8 };

/* Writes count * PACKED_SIZE bytes. */
void pack_values(uint8_t *bytes, const double *values, size_t count);
double unpack_value(const uint8_t *bytes);
