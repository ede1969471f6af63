/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "say.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void say(struct sigrok_record record)
{
	record.magic = SIGROK_MAGIC;
	bool at_once = record.kind != SIGROK_EDGE && record.kind != SIGROK_SAMPLES;
	if (fwrite(&record, sizeof record, 1, stdout) != 1 || (at_once && fflush(stdout) != 0))
		_exit(1);
}

int fail(const char *words)
{
	struct sigrok_record record = {.kind = SIGROK_ERROR};
	snprintf(record.text, sizeof record.text, "%s", words);
	say(record);
	return 1;
}

void say_samples(unsigned channel, const float *samples, size_t count)
{
	say((struct sigrok_record){.kind = SIGROK_SAMPLES, .channel = channel, .sample = count});
	if (fwrite(samples, sizeof *samples, count, stdout) != count)
		_exit(1);
}
