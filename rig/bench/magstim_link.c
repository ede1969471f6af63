/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "magstim_link.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double REPLY_S = 0.3;

static bool wrong(const struct magstim_link *link, const char *command, const struct magstim_reply *reply, const char *what,
		  struct error *error)
{
	char hex[3 * MAGSTIM_FRAME_MAX + 1] = "";
	for (size_t i = 0; i < reply->length; i++)
		snprintf(hex + 3 * i, 4, " %02x", reply->bytes[i]);
	return error_bench(error, "%s: command '%c': %s (answer:%s)", link->serial.path, command[0], what, reply->length ? hex : " none");
}

static bool send_frame(struct magstim_link *link, const uint8_t *frame, size_t length, struct error *error)
{
	serial_flush(&link->serial);
	bool sent = serial_write(&link->serial, frame, length, error);
	link->sent_s = serial_now_s();
	return sent;
}

bool magstim_damaged(struct magstim_link *link, const char *command, unsigned bit, struct error *error)
{
	uint8_t frame[MAGSTIM_FRAME_MAX], reply[MAGSTIM_FRAME_MAX];
	size_t length = magstim_frame(frame, command, strlen(command)), had = 0, missing, got = 1;
	size_t due = magstim_reply_length(command[0], link->model, link->software);
	frame[length - 1] ^= (uint8_t)(1u << bit % 8);
	if (!send_frame(link, frame, length, error))
		return false;
	while (got > 0 && (missing = magstim_reply_missing(reply, had, due, command[0])) > 0) {
		if (!serial_read_some(&link->serial, reply + had, missing, link->sent_s + REPLY_S, &got, error))
			return false;
		had += got;
	}
	return true;
}

bool magstim_exchange(struct magstim_link *link, const char *command, size_t length, struct magstim_reply *reply, struct error *error)
{
	uint8_t frame[MAGSTIM_FRAME_MAX];
	size_t sent = magstim_frame(frame, command, length), missing;
	size_t due = magstim_reply_length(command[0], link->model, link->software);
	*reply = (struct magstim_reply){0};
	if (!send_frame(link, frame, sent, error))
		return false;
	double until_s = link->sent_s + REPLY_S;
	while ((missing = magstim_reply_missing(reply->bytes, reply->length, due, command[0])) > 0) {
		size_t got;
		if (!serial_read_some(&link->serial, reply->bytes + reply->length, missing, until_s, &got, error))
			return false;
		if (got == 0)
			return wrong(link, command, reply, reply->length ? "the answer is too short" : "no answer within 300 ms", error);
		reply->length += got;
	}
	enum magstim_answer answer = magstim_reply_judge(reply->bytes, reply->length, command[0]);
	reply->conflict = answer == MAGSTIM_CONFLICT;
	return answer == MAGSTIM_GOOD || reply->conflict || wrong(link, command, reply, magstim_answer_text(answer), error);
}

bool magstim_command(struct magstim_link *link, const char *command, struct magstim_reply *reply, struct error *error)
{
	if (!magstim_exchange(link, command, strlen(command), reply, error))
		return false;
	return !reply->conflict || wrong(link, command, reply, magstim_answer_text(MAGSTIM_CONFLICT), error);
}

double magstim_number(const uint8_t *digits, size_t count)
{
	double value = 0;
	for (size_t i = 0; i < count; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return NAN;
		value = 10 * value + (digits[i] - '0');
	}
	return value;
}
