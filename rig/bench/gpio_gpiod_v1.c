/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam of gpio_line.h through libgpiod 1.6. Times of events are CLOCK_MONOTONIC since Linux 5.7; they carry no numbers. */
#include <gpiod.h>
#include <stdio.h>

#include "gpio_line.h"

/* Linux, lineevent_state of the first GPIO interface: a queue of 16, and what comes when it is full is dropped. */
enum { QUEUE_LENGTH = 16 };
const size_t gpio_line_queue_length = QUEUE_LENGTH;

/* libgpiod's own type stands behind the name of the seam: struct gpio_chip is never defined. */
static struct gpiod_chip *chip_of(struct gpio_chip *chip)
{
	return (struct gpiod_chip *)chip;
}

struct gpio_chip *gpio_chip_open(const char *path)
{
	return (struct gpio_chip *)gpiod_chip_open(path);
}

void gpio_chip_close(struct gpio_chip *chip)
{
	if (chip)
		gpiod_chip_close(chip_of(chip));
}

const char *gpio_chip_name(struct gpio_chip *chip)
{
	return gpiod_chip_name(chip_of(chip));
}

const char *gpio_chip_label(struct gpio_chip *chip)
{
	return gpiod_chip_label(chip_of(chip));
}

unsigned gpio_chip_lines(struct gpio_chip *chip)
{
	return gpiod_chip_num_lines(chip_of(chip));
}

bool gpio_chip_state(struct gpio_chip *chip, unsigned offset, struct gpio_line_state *state)
{
	struct gpiod_line *line = gpiod_chip_get_line(chip_of(chip), offset);
	if (!line)
		return false;
	const char *name = gpiod_line_name(line), *consumer = gpiod_line_consumer(line);
	*state = (struct gpio_line_state){.used = gpiod_line_is_used(line)};
	snprintf(state->name, sizeof state->name, "%s", name ? name : "");
	snprintf(state->consumer, sizeof state->consumer, "%s", consumer ? consumer : "");
	return true;
}

struct gpio_line_request {
	struct gpiod_chip *chip;
	struct gpiod_line *line;
};

static int flags_of(const struct gpio_line_setup *setup)
{
	int flags = setup->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
	switch (setup->bias) {
	case GPIO_BIAS_AS_IS: break;
	case GPIO_BIAS_DISABLED: flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE; break;
	case GPIO_BIAS_PULL_UP: flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP; break;
	case GPIO_BIAS_PULL_DOWN: flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN; break;
	}
	switch (setup->drive) {
	case GPIO_PUSH_PULL: break;
	case GPIO_OPEN_DRAIN: flags |= GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN; break;
	case GPIO_OPEN_SOURCE: flags |= GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE; break;
	}
	return flags;
}

struct gpio_line_request *gpio_line_take(const char *path, unsigned offset, const struct gpio_line_setup *setup, const char *consumer,
					 bool changes)
{
	const struct gpiod_line_request_config config = {
		.consumer = consumer,
		.request_type = setup->output ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT
				: changes     ? GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES
					      : GPIOD_LINE_REQUEST_DIRECTION_INPUT,
		.flags = flags_of(setup),
	};
	auto_free struct gpio_line_request *request = calloc(1, sizeof *request);
	if (!request || !(request->chip = gpiod_chip_open(path)))
		return NULL;
	request->line = gpiod_chip_get_line(request->chip, offset);
	if (request->line && gpiod_line_request(request->line, &config, setup->safe_level) == 0)
		return steal(&request);
	int cause = errno;
	gpiod_chip_close(request->chip);
	errno = cause;
	return NULL;
}

void gpio_line_release(struct gpio_line_request *request)
{
	if (!request)
		return;
	gpiod_chip_close(request->chip);
	free(request);
}

bool gpio_line_set(struct gpio_line_request *request, bool active)
{
	return gpiod_line_set_value(request->line, active) == 0;
}

bool gpio_line_get(struct gpio_line_request *request, bool *active)
{
	int value = gpiod_line_get_value(request->line);
	*active = value > 0;
	return value >= 0;
}

int gpio_line_fd(struct gpio_line_request *request)
{
	return gpiod_line_event_get_fd(request->line);
}

int gpio_line_read(struct gpio_line_request *request, struct gpio_line_change *changes, size_t max)
{
	struct gpiod_line_event events[QUEUE_LENGTH];
	int count = gpiod_line_event_read_multiple(request->line, events, max < QUEUE_LENGTH ? (unsigned)max : QUEUE_LENGTH);
	for (int i = 0; i < count; i++)
		changes[i] = (struct gpio_line_change){
			.active = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE,
			.time_ns = (uint64_t)events[i].ts.tv_sec * 1000000000u + (uint64_t)events[i].ts.tv_nsec,
		};
	return count;
}
