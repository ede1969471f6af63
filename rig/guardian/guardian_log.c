/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guardian_log.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "guardian_wire.h"

static double start_s;

double guardian_now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void guardian_log_start(void)
{
	start_s = guardian_now_s();
	time_t now = time(NULL);
	struct tm parts;
	char text[32];
	gmtime_r(&now, &parts);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	guardian_log("guardian of process %ld, time 0 is %s", (long)getppid(), text);
}

void guardian_log(const char *format, ...)
{
	char line[512];
	int used = snprintf(line, sizeof line, "%.6f ", guardian_now_s() - start_s);
	va_list arguments;
	va_start(arguments, format);
	int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
	va_end(arguments);
	size_t length = (size_t)used + (size_t)(more < 0 ? 0 : more);
	if (length > sizeof line - 2)
		length = sizeof line - 2;
	line[length++] = '\n';
	/* A full disk must not keep the guardian from its work. */
	ssize_t ignored = write(GUARDIAN_LOG_FD, line, length);
	(void)ignored;
}

void guardian_log_sync(void)
{
	fdatasync(GUARDIAN_LOG_FD);
}
