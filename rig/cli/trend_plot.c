/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trend_plot.h"

#include <math.h>
#include <string.h>

enum { ROWS = 11, COLUMNS_MAX = 100, LABEL_WIDTH = 12 };

struct canvas {
	char cells[ROWS][COLUMNS_MAX];
	unsigned columns;
	double low, high;
};

/* Of what lies within the canvas; halves, for the difference of the largest numbers is none. */
static int row_of(const struct canvas *canvas, double value)
{
	double part = (canvas->high / 2 - value / 2) / (canvas->high / 2 - canvas->low / 2);
	return part > 0 ? (int)lround(fmin(part, 1) * (ROWS - 1)) : 0;
}

static void draw_line(struct canvas *canvas, double value, char mark)
{
	if (value >= canvas->low && value <= canvas->high)
		memset(canvas->cells[row_of(canvas, value)], mark, canvas->columns);
}

static void draw_column(struct canvas *canvas, const struct trend *trend, unsigned column)
{
	size_t from = column * trend->count / canvas->columns, to = (column + 1) * trend->count / canvas->columns;
	double low = INFINITY, high = -INFINITY;
	if (to == from)
		to = from + 1;
	for (size_t i = from; i < to && i < trend->count; i++) {
		low = fmin(low, trend->values[i]);
		high = fmax(high, trend->values[i]);
	}
	int top = row_of(canvas, high), bottom = row_of(canvas, low);
	for (int row = top; row <= bottom; row++)
		canvas->cells[row][column] = top == bottom ? '*' : '|';
}

/* A limit that is far away would leave nothing to be seen of the values. */
static void widen(struct canvas *canvas, double value, double span)
{
	if (isfinite(value) && value > canvas->low - span && value < canvas->high + span) {
		canvas->low = fmin(canvas->low, value);
		canvas->high = fmax(canvas->high, value);
	}
}

void trend_plot(FILE *out, unsigned width, const struct trend *trend, const struct number_scale *scale)
{
	struct canvas canvas = {.low = trend->minimum, .high = trend->maximum};
	if (trend->count < 2 || width < 2 * LABEL_WIDTH)
		return;
	widen(&canvas, trend->chart.lower, INFINITY);
	widen(&canvas, trend->chart.upper, INFINITY);
	double span = canvas.high - canvas.low;
	widen(&canvas, trend->lower, span);
	widen(&canvas, trend->upper, span);
	if (!(canvas.high > canvas.low)) {
		fprintf(out, "  all values are equal\n");
		return;
	}
	canvas.columns = width - LABEL_WIDTH - 2 < COLUMNS_MAX ? width - LABEL_WIDTH - 2 : COLUMNS_MAX;
	if (trend->count < canvas.columns)
		canvas.columns = (unsigned)trend->count;
	memset(canvas.cells, ' ', sizeof canvas.cells);
	draw_line(&canvas, trend->chart.mean, '-');
	draw_line(&canvas, trend->chart.lower, '.');
	draw_line(&canvas, trend->chart.upper, '.');
	draw_line(&canvas, trend->lower, '=');
	draw_line(&canvas, trend->upper, '=');
	for (unsigned column = 0; column < canvas.columns; column++)
		draw_column(&canvas, trend, column);
	for (int row = 0; row < ROWS; row++) {
		char label[64] = "";
		double value = canvas.high - row * (canvas.high / (ROWS - 1) - canvas.low / (ROWS - 1));
		if (row % (ROWS / 2) == 0)
			number_text(label, sizeof label, scale, value);
		if (strlen(label) > LABEL_WIDTH)
			snprintf(label, sizeof label, "%.4g", value * scale->factor);
		unsigned used = canvas.columns;
		while (used > 0 && canvas.cells[row][used - 1] == ' ')
			used--;
		fprintf(out, "%*s |%.*s\n", LABEL_WIDTH, label, (int)used, canvas.cells[row]);
	}
}
