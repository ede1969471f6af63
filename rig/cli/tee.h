/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One reduced recording into two sinks, the first before the second.
 */
#include "reduced.h"

struct tee {
	struct reduced_sink first, second;
};

struct tee tee_make(struct reduced_sink first, struct reduced_sink second);
/* The sink of a tee, which must outlive it. */
struct reduced_sink tee_sink(struct tee *tee);
