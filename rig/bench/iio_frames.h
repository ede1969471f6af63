/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Frames as an IIO buffer holds them, made into int16: any length, bits, shift, sign and byte order (the kernel's ABI, scan_elements/..._type).
 * Of more than 16 bits the upper 16 are kept.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One value of a frame. */
struct iio_element {
	size_t offset;   /* bytes from the begin of the frame */
	unsigned length; /* bytes, 1 to 8 */
	unsigned bits, shift;
	bool is_signed, is_be;
};

/* How a count comes from a raw value: count = (raw - middle) >> down. */
unsigned iio_element_down(const struct iio_element *element);
double iio_element_middle(const struct iio_element *element);
/* The raw values of the element, time stamps or counters, in `frames` frames that are `step` bytes apart. */
void iio_stamps_load(const struct iio_element *element, const unsigned char *frame, size_t step, size_t frames, uint64_t *out);
/* `frames` frames that are `step` bytes apart, into interleaved counts. */
void iio_frames_convert(const struct iio_element *elements, unsigned count, const unsigned char *frame, size_t step, size_t frames,
			int16_t *out);
