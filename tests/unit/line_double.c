/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line_double.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { STANDBY = 1, ARMED = 2, READY = 4, COIL = 8, REMOTE = 128 };

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pause_ms(long ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&pause, NULL);
}

static uint8_t sum_check(const uint8_t *bytes, size_t length)
{
	uint8_t check = 0xFF;
	for (size_t i = 0; i < length; i++)
		check = (uint8_t)(check - bytes[i]);
	return check;
}

/* Bit by bit from the polynomial as it is written in textbooks, reflecting the bytes instead of the polynomial. */
static uint8_t mirror(uint8_t byte)
{
	uint8_t out = 0;
	for (int i = 0; i < 8; i++)
		out = (uint8_t)(out | ((byte >> i & 1) << (7 - i)));
	return out;
}

static uint8_t crc(const uint8_t *bytes, size_t length)
{
	unsigned rest = 0;
	for (size_t i = 0; i < length; i++) {
		rest ^= mirror(bytes[i]);
		for (int bit = 0; bit < 8; bit++)
			rest = rest & 0x80 ? (rest << 1 ^ 0x31) & 0xFF : rest << 1 & 0xFF;
	}
	return mirror((uint8_t)rest);
}

static size_t frame(uint8_t *out, const uint8_t *payload, size_t length)
{
	out[0] = 0xFE;
	out[1] = (uint8_t)length;
	memcpy(out + 2, payload, length);
	out[length + 2] = crc(payload, length);
	out[length + 3] = 0xFF;
	return length + 4;
}

static void magstim_act(struct line_double *it, const uint8_t *bytes)
{
	unsigned status = it->status;
	int number = atoi((const char[]){(char)bytes[1], (char)bytes[2], (char)bytes[3], 0});
	switch (bytes[0]) {
	case 'Q': status |= REMOTE; break;
	case 'R': status &= ~(unsigned)REMOTE; break;
	case 'E': status = bytes[1] == 'B' ? (status & ~1u) | ARMED | READY : bytes[1] == 'A' ? (status & ~6u) | STANDBY : status; break;
	case '@': it->power = number; break;
	case 'A': it->power_b = number; break;
	default: break;
	}
	it->status = status;
}

static size_t magstim_answer(struct line_double *it, const uint8_t *bytes, uint8_t *out)
{
	char text[40] = "";
	size_t length = 2;
	if (!(it->fault == FAULT_IGNORE && (it->faulty_command == 0 || it->faulty_command == bytes[0])))
		magstim_act(it, bytes);
	out[0] = bytes[0];
	out[1] = (uint8_t)(it->fault == FAULT_NO_REMOTE ? it->status & 0x7Fu : it->status);
	switch (bytes[0]) {
	case 'N': length = 1 + (size_t)snprintf(text, sizeof text, "%u.0.0", it->software) + 1; break;
	case 'J': snprintf(text, sizeof text, "%03d%03d000", it->power, it->power_b); break;
	case 'F': snprintf(text, sizeof text, "%03d%03d", it->heat, it->heat - 11); break;
	case 'I': snprintf(text, sizeof text, "C07"); break;
	case 'x': snprintf(text, sizeof text, "%c%c%c", 0x38, 'a', 'b'); break;
	case '[': snprintf(text, sizeof text, "%c", 0x38); break;
	case '\\':
		if (it->software >= 9)
			snprintf(text, sizeof text, "%c%03d0100%05d00100000", 0x38, it->power, 10);
		else
			snprintf(text, sizeof text, "%c%03d0100%04d0100000", 0x38, it->power, 10);
		break;
	default: break;
	}
	if (bytes[0] == 'N') {
		memcpy(out + 1, text, length - 1);
	} else {
		memcpy(out + 2, text, strlen(text));
		length = 2 + strlen(text);
	}
	out[length] = sum_check(out, length);
	return length + 1;
}

static size_t magventure_answer(struct line_double *it, const uint8_t *bytes, uint8_t *out)
{
	if (it->fault != FAULT_IGNORE) {
		if (bytes[2] == 1)
			it->power = bytes[3];
		if (bytes[2] == 2)
			it->status = bytes[3];
	}
	if (bytes[2] != 0)
		return 0;
	uint8_t payload[9] = {
		0, (uint8_t)(it->mode_flags | it->status << 4), 0, 0x12, 0x34, (uint8_t)(it->heat / 10), 0x21, (uint8_t)it->power, 0};
	return frame(out, payload, sizeof payload);
}

static size_t line_answer(struct line_double *it, const char *text, uint8_t *out)
{
	const char *reply = "OK";
	char status[64];
	if (strncmp(text, "AMP ", 4) == 0)
		it->power = (int)(10 * atof(text + 4));
	else if (strncmp(text, "ARM ", 4) == 0)
		it->status = text[4] == '1';
	else if (strncmp(text, "DIR ", 4) == 0)
		it->reversed = text[4] == 'R';
	else if (strncmp(text, "PING", 4) == 0)
		reply = "PONG";
	else if (strncmp(text, "STAT?", 5) == 0) {
		snprintf(status, sizeof status, "%s T=%.1f",
			 it->mode_flags ? "ERR coil hot"
			 : it->status   ? "READY"
					: "STANDBY",
			 0.1 * it->heat);
		reply = status;
	}
	return (size_t)sprintf((char *)out, "%s\r\n", reply);
}

static void put(struct line_double *it, const uint8_t *bytes, size_t length)
{
	if (length > 0 && write(it->master, bytes, length) < 0)
		atomic_store(&it->stop, true);
}

static void chatter(struct line_double *it)
{
	static const uint8_t PULSE[6] = {2, 40, 41, 0x10, 0, 0}, HEAT[6] = {3, 31, 2, 0x10, 0, 0};
	uint8_t out[16];
	put(it, out, frame(out, PULSE, sizeof PULSE));
	put(it, out, frame(out, HEAT, sizeof HEAT));
}

static void babble(struct line_double *it)
{
	while (!atomic_load(&it->stop) && it->fault == FAULT_BABBLE) {
		put(it, (const uint8_t *)"UUUUUUUU", 8);
		pause_ms(2);
	}
}

static void answer(struct line_double *it, const uint8_t *bytes, char command)
{
	uint8_t out[128];
	size_t length = it->kind == DOUBLE_MAGSTIM      ? magstim_answer(it, bytes, out)
			: it->kind == DOUBLE_MAGVENTURE ? magventure_answer(it, bytes, out)
							: line_answer(it, (const char *)bytes, out);
	int fault = it->faulty_command == 0 || it->faulty_command == command ? it->fault : FAULT_NONE;
	switch ((enum double_fault)fault) {
	case FAULT_NONE:
	case FAULT_IGNORE:
	case FAULT_NO_REMOTE: put(it, out, length); break;
	case FAULT_WRONG_CHECK:
		if (length > 2)
			out[it->kind == DOUBLE_MAGSTIM ? length - 1 : length - 2] ^= 0x20;
		put(it, out, length);
		break;
	case FAULT_SLOW:
		pause_ms(700);
		put(it, out, length);
		break;
	case FAULT_SILENT: break;
	case FAULT_GONE: atomic_store(&it->stop, true); break;
	case FAULT_QUESTION: put(it, (const uint8_t *)"?", 1); break;
	case FAULT_CONFLICT:
		out[1] = 'S';
		out[2] = sum_check(out, 2);
		put(it, out, 3);
		break;
	case FAULT_SPLIT:
		for (size_t i = 0; i < length; i++, pause_ms(3))
			put(it, out + i, 1);
		break;
	case FAULT_CUT: put(it, out, length / 2); break;
	case FAULT_BABBLE: babble(it); break;
	case FAULT_CHATTER:
		chatter(it);
		put(it, out, length);
		chatter(it);
		break;
	}
}

static void keep(struct line_double *it, double time_s, const uint8_t *bytes, size_t length)
{
	size_t at = it->kind == DOUBLE_MAGVENTURE ? 2 : 0;
	pthread_mutex_lock(&it->lock);
	if (it->count < DOUBLE_LOG) {
		it->log[it->count].time_s = time_s;
		it->log[it->count].first = (char)bytes[at];
		it->log[it->count].second = (char)bytes[at + 1];
		it->log[it->count].length = length;
		memcpy(it->log[it->count].bytes, bytes, length < 32 ? length : 32);
		it->count++;
	}
	pthread_mutex_unlock(&it->lock);
}

static void *run(void *argument)
{
	struct line_double *it = argument;
	while (!atomic_load(&it->stop)) {
		struct pollfd come = {.fd = it->master, .events = POLLIN};
		/* Hung up while the driver has it closed: it may be opened again. */
		if (poll(&come, 1, 20) <= 0 || !(come.revents & POLLIN)) {
			pause_ms(1);
			continue;
		}
		uint8_t bytes[128] = {0};
		double time_s = now_s();
		ssize_t count = read(it->master, bytes, 100);
		/* One command at a time, for the driver waits for its answer; what follows at once belongs to it. */
		while (count > 0 && count < 100 && poll(&come, 1, 2) > 0 && come.revents & POLLIN) {
			ssize_t more = read(it->master, bytes + count, 100 - (size_t)count);
			if (more <= 0)
				break;
			count += more;
		}
		if (count <= 0)
			continue;
		keep(it, time_s, bytes, (size_t)count);
		size_t at = 0, length = (size_t)count;
		/* A MagVenture is told without waiting, so there may be several frames. */
		while (it->kind == DOUBLE_MAGVENTURE && at + 4 < length && bytes[at] == 0xFE && at + 4u + bytes[at + 1] < length) {
			answer(it, bytes + at, (char)bytes[at + 2]);
			at += 4u + bytes[at + 1];
			keep(it, time_s, bytes + at, length - at);
		}
		answer(it, bytes + at, (char)bytes[it->kind == DOUBLE_MAGVENTURE ? at + 2 : at]);
	}
	close(it->master);
	return NULL;
}

void double_start(struct line_double *it, enum double_kind kind)
{
	memset(it, 0, sizeof *it);
	it->kind = kind;
	it->status = kind == DOUBLE_MAGSTIM ? STANDBY | COIL : 0;
	it->heat = 314;
	it->software = 9;
	pthread_mutex_init(&it->lock, NULL);
	it->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert(it->master >= 0 && grantpt(it->master) == 0 && unlockpt(it->master) == 0);
	cr_assert(ptsname_r(it->master, it->path, sizeof it->path) == 0);
	struct termios line;
	cr_assert(tcgetattr(it->master, &line) == 0);
	cfmakeraw(&line);
	cr_assert(tcsetattr(it->master, TCSANOW, &line) == 0);
	cr_assert(pthread_create(&it->thread, NULL, run, it) == 0);
}

void double_stop(struct line_double *it)
{
	atomic_store(&it->stop, true);
	pthread_join(it->thread, NULL);
	pthread_mutex_destroy(&it->lock);
}

size_t double_count(struct line_double *it, char first, char second)
{
	size_t count = 0;
	pthread_mutex_lock(&it->lock);
	for (size_t i = 0; i < it->count; i++)
		count += it->log[i].first == first && (second == 0 || it->log[i].second == second);
	pthread_mutex_unlock(&it->lock);
	return count;
}
