/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What differs between what is stored and what was made again: the first difference in full, the number of them, and how large any of them is.
 */
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum { PLACE_SIZE = 400, VALUE_SIZE = 200 };

struct difference {
	char place[PLACE_SIZE]; /* "pulses.csv:19: pulse 17, column peak1_a" */
	char stored[VALUE_SIZE], remade[VALUE_SIZE];
};

struct differences {
	double tolerance;        /* relative, of numbers; 0: bit for bit */
	size_t values;           /* looked at */
	size_t count;            /* that differ by more */
	struct difference first; /* of these */
	double largest;          /* relative difference of any two numbers, also of those within the tolerance; 0: none */
	char largest_place[PLACE_SIZE];
};

/* Where something is and what it was; place, stored and remade are cut where they are too long. */
void differences_add(struct differences *differences, const char *place, const char *stored, const char *remade);
/* True when the two numbers agree within the tolerance: |a - b| <= tolerance max(|a|, |b|). Notes the largest difference. Infinities agree with themselves. */
bool differences_agree(struct differences *differences, const char *place, double stored, double remade);
/* As differences_agree, of two texts, which agree when they are equal, or are both numbers that do. */
bool differences_agree_text(struct differences *differences, const char *place, const char *stored, const char *remade);
