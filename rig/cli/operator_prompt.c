/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operator_prompt.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

static const char CHOICE[] = "[Enter: done, go on; n or Ctrl-C: stop]";

void operator_prompt_ask(struct operator_prompt *prompt, int input_fd, const char *text)
{
	*prompt = (struct operator_prompt){.input_fd = input_fd};
	if (!isatty(input_fd)) {
		fprintf(stderr, "tmsrig: \"%s\" is asked, but standard input is no terminal: nobody can answer\n", text);
		return;
	}
	/* An Enter too many at the question before must not answer this one. */
	(void)tcflush(input_fd, TCIFLUSH);
	fprintf(stderr, "%s %s ", text, CHOICE);
	fflush(stderr);
}

static enum run_answer judge_line(struct operator_prompt *prompt)
{
	static const char *const NO[] = {"n", "no", "q", "quit", "stop", "abort"};
	bool whole = prompt->length < sizeof prompt->line;
	size_t length = whole ? prompt->length : 0;
	prompt->length = 0;
	while (length > 0 && isspace((unsigned char)prompt->line[length - 1]))
		length--;
	prompt->line[length] = '\0';
	const char *word = prompt->line + strspn(prompt->line, " \t");
	if (whole && !*word)
		return ANSWER_CONFIRMED;
	for (size_t i = 0; whole && i < sizeof NO / sizeof *NO; i++)
		if (strcasecmp(word, NO[i]) == 0)
			return ANSWER_REFUSED;
	fprintf(stderr, "that is no answer; %s ", CHOICE);
	fflush(stderr);
	return ANSWER_NONE;
}

/* The terminal is another's while the program is in the background: to read from it then would stop the program. */
static bool is_ours(int fd)
{
	pid_t owner = tcgetpgrp(fd);
	return owner < 0 || owner == getpgrp();
}

enum run_answer operator_prompt_answer(struct operator_prompt *prompt, double patience_s)
{
	struct pollfd input = {.fd = prompt->input_fd, .events = POLLIN};
	char bytes[64];
	if (!isatty(prompt->input_fd))
		return ANSWER_REFUSED;
	/* Signals end the wait, and are looked at by the caller. */
	if (poll(&input, 1, (int)(1e3 * patience_s)) <= 0 || !is_ours(prompt->input_fd))
		return ANSWER_NONE;
	ssize_t count = read(prompt->input_fd, bytes, sizeof bytes);
	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return ANSWER_NONE;
	if (count <= 0)
		return ANSWER_REFUSED;
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			enum run_answer answer = judge_line(prompt);
			if (answer != ANSWER_NONE)
				return answer;
			continue;
		}
		if (prompt->length < sizeof prompt->line)
			prompt->line[prompt->length] = bytes[i];
		prompt->length++;
	}
	return ANSWER_NONE;
}
