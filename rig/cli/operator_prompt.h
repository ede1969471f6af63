/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A question to the operator at the terminal, and the answer to it, without ever waiting for longer than it is told to: a bench goes on being watched
 * while somebody is asked. An empty line confirms; "n", "no", "q", "stop" and the end of the input refuse; after anything else it asks again. What was
 * typed before the question stood there is no answer to it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "run.h"

struct operator_prompt {
	int input_fd; /* a terminal: anything else refuses */
	char line[64];
	size_t length; /* of the line typed so far; what does not fit is counted all the same */
};

/* Puts the question on stderr. input_fd stays the caller's. */
void operator_prompt_ask(struct operator_prompt *prompt, int input_fd, const char *text);
/* What has been typed since, waiting for at most patience_s. */
enum run_answer operator_prompt_answer(struct operator_prompt *prompt, double patience_s);
