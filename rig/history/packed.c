/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packed.h"

#include <string.h>

void pack_values(uint8_t *bytes, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits;
		memcpy(&bits, &values[i], sizeof bits);
		for (unsigned k = 0; k < PACKED_SIZE; k++)
			*bytes++ = (uint8_t)(bits >> (8 * k));
	}
}

double unpack_value(const uint8_t *bytes)
{
	uint64_t bits = 0;
	double value;
	for (unsigned k = 0; k < PACKED_SIZE; k++)
		bits |= (uint64_t)bytes[k] << (8 * k);
	memcpy(&value, &bits, sizeof value);
	return value;
}
