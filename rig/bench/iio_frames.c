/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iio_frames.h"

#include <math.h>
#include <string.h>

enum { COUNT_BITS = 16 };

static bool host_is_be(void)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

unsigned iio_element_down(const struct iio_element *element)
{
	return element->bits > COUNT_BITS ? element->bits - COUNT_BITS : 0;
}

double iio_element_middle(const struct iio_element *element)
{
	return element->is_signed ? 0 : exp2(element->bits - 1.0);
}

/* The raw value: sign-extended, or not. */
static int64_t iio_element_load(const struct iio_element *element, const unsigned char *frame)
{
	const unsigned char *bytes = frame + element->offset;
	uint64_t value = 0;
	for (unsigned i = 0; i < element->length; i++)
		value = value << 8 | bytes[element->is_be ? i : element->length - 1 - i];
	value >>= element->shift;
	unsigned unused = 64 - element->bits;
	value <<= unused;
	return element->is_signed ? (int64_t)value >> unused : (int64_t)(value >> unused);
}

void iio_stamps_load(const struct iio_element *element, const unsigned char *frame, size_t step, size_t frames, uint64_t *out)
{
	bool plain = element->length == sizeof *out && element->bits == 64 && element->shift == 0 && element->is_be == host_is_be();
	if (plain) {
		for (size_t i = 0; i < frames; i++)
			memcpy(out + i, frame + i * step + element->offset, sizeof *out);
		return;
	}
	for (size_t i = 0; i < frames; i++)
		out[i] = (uint64_t)iio_element_load(element, frame + i * step);
}

/* int16 in the host's order: the samples of most instruments that are fast. */
static bool is_plain(const struct iio_element *element)
{
	return element->length == 2 && element->bits == COUNT_BITS && element->shift == 0 && element->is_signed &&
	       element->is_be == host_is_be();
}

static void convert_one(const struct iio_element *element, const unsigned char *frame, size_t step, size_t frames, int16_t *out,
			unsigned stride)
{
	if (is_plain(element)) {
		for (size_t i = 0; i < frames; i++)
			memcpy(out + i * stride, frame + i * step + element->offset, sizeof *out);
		return;
	}
	unsigned down = iio_element_down(element);
	int64_t middle = (int64_t)iio_element_middle(element);
	for (size_t i = 0; i < frames; i++)
		out[i * stride] = (int16_t)((iio_element_load(element, frame + i * step) - middle) >> down);
}

void iio_frames_convert(const struct iio_element *elements, unsigned count, const unsigned char *frame, size_t step, size_t frames,
			int16_t *out)
{
	bool whole = step == count * sizeof *out;
	for (unsigned c = 0; c < count; c++)
		whole = whole && is_plain(&elements[c]) && elements[c].offset == c * sizeof *out;
	if (whole) {
		memcpy(out, frame, frames * step);
		return;
	}
	for (unsigned c = 0; c < count; c++)
		convert_one(&elements[c], frame, step, frames, out + c, count);
}
