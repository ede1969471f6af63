/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam of gpio_line.h through libgpiod 2. */
#include <gpiod.h>
#include <stdio.h>

#include "gpio_line.h"

/* The largest queue that Linux gives to one request: 16 for each of at most 64 lines. What is oldest is dropped when it is full. */
enum { QUEUE_LENGTH = 1024, READ_LENGTH = 64 };
const size_t gpio_line_queue_length = QUEUE_LENGTH;

struct gpio_chip {
	struct gpiod_chip *chip;
	struct gpiod_chip_info *info;
};

struct gpio_chip *gpio_chip_open(const char *path)
{
	auto_free struct gpio_chip *chip = calloc(1, sizeof *chip);
	if (!chip || !(chip->chip = gpiod_chip_open(path)))
		return NULL;
	chip->info = gpiod_chip_get_info(chip->chip);
	if (chip->info)
		return steal(&chip);
	int cause = errno;
	gpiod_chip_close(chip->chip);
	errno = cause;
	return NULL;
}

void gpio_chip_close(struct gpio_chip *chip)
{
	if (!chip)
		return;
	gpiod_chip_info_free(chip->info);
	gpiod_chip_close(chip->chip);
	free(chip);
}

const char *gpio_chip_name(struct gpio_chip *chip)
{
	return gpiod_chip_info_get_name(chip->info);
}

const char *gpio_chip_label(struct gpio_chip *chip)
{
	return gpiod_chip_info_get_label(chip->info);
}

unsigned gpio_chip_lines(struct gpio_chip *chip)
{
	return (unsigned)gpiod_chip_info_get_num_lines(chip->info);
}

bool gpio_chip_state(struct gpio_chip *chip, unsigned offset, struct gpio_line_state *state)
{
	struct gpiod_line_info *info = gpiod_chip_get_line_info(chip->chip, offset);
	if (!info)
		return false;
	const char *name = gpiod_line_info_get_name(info), *consumer = gpiod_line_info_get_consumer(info);
	*state = (struct gpio_line_state){.used = gpiod_line_info_is_used(info)};
	snprintf(state->name, sizeof state->name, "%s", name ? name : "");
	snprintf(state->consumer, sizeof state->consumer, "%s", consumer ? consumer : "");
	gpiod_line_info_free(info);
	return true;
}

struct gpio_line_request {
	struct gpiod_line_request *held;
	struct gpiod_edge_event_buffer *buffer; /* NULL: the line queues no changes */
	unsigned offset;
};

static enum gpiod_line_bias bias_of(enum gpio_bias bias)
{
	switch (bias) {
	case GPIO_BIAS_AS_IS: break;
	case GPIO_BIAS_DISABLED: return GPIOD_LINE_BIAS_DISABLED;
	case GPIO_BIAS_PULL_UP: return GPIOD_LINE_BIAS_PULL_UP;
	case GPIO_BIAS_PULL_DOWN: return GPIOD_LINE_BIAS_PULL_DOWN;
	}
	return GPIOD_LINE_BIAS_AS_IS;
}

static enum gpiod_line_drive drive_of(enum gpio_drive drive)
{
	switch (drive) {
	case GPIO_PUSH_PULL: break;
	case GPIO_OPEN_DRAIN: return GPIOD_LINE_DRIVE_OPEN_DRAIN;
	case GPIO_OPEN_SOURCE: return GPIOD_LINE_DRIVE_OPEN_SOURCE;
	}
	return GPIOD_LINE_DRIVE_PUSH_PULL;
}

static bool apply(struct gpiod_line_settings *settings, const struct gpio_line_setup *setup, bool changes)
{
	gpiod_line_settings_set_active_low(settings, setup->active_low);
	if (gpiod_line_settings_set_bias(settings, bias_of(setup->bias)) != 0)
		return false;
	if (setup->output)
		return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) == 0 &&
		       gpiod_line_settings_set_drive(settings, drive_of(setup->drive)) == 0 &&
		       gpiod_line_settings_set_output_value(settings,
							    setup->safe_level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) == 0;
	return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) == 0 &&
	       (!changes || gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) == 0);
}

static struct gpiod_line_request *hold(struct gpiod_chip *chip, unsigned offset, const struct gpio_line_setup *setup, const char *consumer,
				       bool changes)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *config = gpiod_request_config_new();
	struct gpiod_line_request *held = NULL;
	if (settings && lines && config && apply(settings, setup, changes)) {
		gpiod_request_config_set_consumer(config, consumer);
		gpiod_request_config_set_event_buffer_size(config, QUEUE_LENGTH);
		if (gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0)
			held = gpiod_chip_request_lines(chip, config, lines);
	}
	int cause = errno;
	gpiod_request_config_free(config);
	gpiod_line_config_free(lines);
	gpiod_line_settings_free(settings);
	errno = cause;
	return held;
}

struct gpio_line_request *gpio_line_take(const char *path, unsigned offset, const struct gpio_line_setup *setup, const char *consumer,
					 bool changes)
{
	auto_free struct gpio_line_request *request = calloc(1, sizeof *request);
	struct gpiod_chip *chip = request ? gpiod_chip_open(path) : NULL;
	if (!chip)
		return NULL;
	request->offset = offset;
	request->held = hold(chip, offset, setup, consumer, changes);
	int cause = errno;
	gpiod_chip_close(chip);
	errno = cause;
	if (!request->held)
		return NULL;
	if (!changes || (request->buffer = gpiod_edge_event_buffer_new(READ_LENGTH)))
		return steal(&request);
	gpiod_line_request_release(request->held);
	errno = ENOMEM;
	return NULL;
}

void gpio_line_release(struct gpio_line_request *request)
{
	if (!request)
		return;
	gpiod_edge_event_buffer_free(request->buffer);
	gpiod_line_request_release(request->held);
	free(request);
}

bool gpio_line_set(struct gpio_line_request *request, bool active)
{
	return gpiod_line_request_set_value(request->held, request->offset, active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) ==
	       0;
}

bool gpio_line_get(struct gpio_line_request *request, bool *active)
{
	enum gpiod_line_value value = gpiod_line_request_get_value(request->held, request->offset);
	*active = value == GPIOD_LINE_VALUE_ACTIVE;
	return value != GPIOD_LINE_VALUE_ERROR;
}

int gpio_line_fd(struct gpio_line_request *request)
{
	return gpiod_line_request_get_fd(request->held);
}

int gpio_line_read(struct gpio_line_request *request, struct gpio_line_change *changes, size_t max)
{
	int count = gpiod_line_request_read_edge_events(request->held, request->buffer, max < READ_LENGTH ? max : READ_LENGTH);
	for (int i = 0; i < count; i++) {
		struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(request->buffer, (unsigned long)i);
		changes[i] = (struct gpio_line_change){
			.active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
			.time_ns = gpiod_edge_event_get_timestamp_ns(event),
			.sequence = gpiod_edge_event_get_line_seqno(event),
		};
	}
	return count;
}
