/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal.h"

#include <string.h>

enum { BAR_COLUMNS = 40 };

struct progress progress_begin(FILE *stream)
{
	return (struct progress){.stream = stream, .width = terminal_width(stream), .redraws = isatty(fileno(stream)), .shown = -1};
}

static void redraw(const struct progress *progress, double fraction, const char *words)
{
	char bar[BAR_COLUMNS + 1];
	unsigned room = progress->width > 20 ? progress->width - 20 : 1;
	unsigned columns = room / 2 < BAR_COLUMNS ? room / 2 : BAR_COLUMNS;
	unsigned done = (unsigned)(fraction * columns);
	memset(bar, '.', columns);
	memset(bar, '#', done);
	bar[columns] = '\0';
	fprintf(progress->stream, "\r\033[K[%s] %3d %%  %.*s", bar, (int)(100 * fraction), (int)(room - columns), words);
	fflush(progress->stream);
}

void progress_update(struct progress *progress, double fraction, const char *words)
{
	fraction = fraction > 1 ? 1 : fraction > 0 ? fraction : 0;
	int now = (int)(fraction * (progress->redraws ? 1000 : 10));
	if (now == progress->shown)
		return;
	progress->shown = now;
	if (progress->redraws)
		redraw(progress, fraction, words);
	else
		fprintf(progress->stream, "%3d %%  %s\n", 10 * now, words);
}

void progress_end(struct progress *progress)
{
	if (progress->redraws && progress->shown >= 0) {
		fputs("\r\033[K", progress->stream);
		fflush(progress->stream);
	}
	progress->shown = -1;
}
