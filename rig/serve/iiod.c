/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod.h"

#include <string.h>

#include "iiod_buffer.h"
#include "iiod_dac.h"

enum { XML_BYTES = 1 << 20 };

struct iiod {
	struct plant *plant;
	struct adc_pump *pump;
	struct iiod_device device;
	struct iiod_dac dac;
	struct text xml;
	struct listener *listener;
};

/* The answer to a command, as it goes out: so that a fault can hold it back. */
/* Slow, as the faults have it; false when the connection is over meanwhile. */
static bool dawdle(struct iiod *iiod, struct connection *connection)
{
	double delay_s;
	return !serve_faults_active(iiod->plant->faults, SERVE_IIOD, SERVE_FAULT_SLOW, plant_monotonic_s(), &delay_s) ||
	       connection_pause(connection, delay_s);
}

static bool answer(struct iiod *iiod, struct connection *connection, const void *bytes, size_t size)
{
	return dawdle(iiod, connection) && connection_send(connection, bytes, size);
}

static bool answer_number(struct iiod *iiod, struct connection *connection, long long number)
{
	char line[32];
	int length = snprintf(line, sizeof line, "%lld\n", number);
	return answer(iiod, connection, line, (size_t)length);
}

/* "<length>\n<bytes>\n" */
static bool answer_text(struct iiod *iiod, struct connection *connection, const char *bytes, size_t size)
{
	auto_text struct text reply = text_make(size + 64);
	text_printf(&reply, "%zu\n", size);
	text_append(&reply, bytes, size);
	text_append(&reply, "\n", 1);
	return !reply.overflown && answer(iiod, connection, text_view(&reply), reply.length);
}

static bool do_read(struct iiod *iiod, struct connection *connection, const struct iiod_command *command)
{
	auto_text struct text value = text_make(IIOD_VALUE_BYTES);
	int status = iiod_dac_is(&iiod->dac, command->device) ? iiod_dac_read(&iiod->dac, command, &value)
							      : iiod_device_read(&iiod->device, command, &value);
	return status < 0 ? answer_number(iiod, connection, status) : answer_text(iiod, connection, text_view(&value), value.length);
}

static bool do_write(struct iiod *iiod, struct connection *connection, const struct iiod_command *command)
{
	char value[IIOD_VALUE_BYTES + 1];
	if (!connection_bytes(connection, value, command->bytes))
		return false;
	value[command->bytes] = '\0';
	int status = iiod_dac_is(&iiod->dac, command->device) ? iiod_dac_write(&iiod->dac, command, value)
							      : iiod_device_write(&iiod->device, command, value);
	return answer_number(iiod, connection, status < 0 ? status : (long long)command->bytes);
}

static bool do_trigger(struct iiod *iiod, struct connection *connection)
{
	const char *trigger = iiod_device_trigger(&iiod->device);
	return *trigger ? answer_text(iiod, connection, trigger, strlen(trigger)) : answer_number(iiod, connection, 0);
}

static bool do_close(struct iiod *iiod, struct connection *connection, struct iiod_buffer *buffer)
{
	bool was_open = buffer->open;
	iiod_buffer_close(buffer);
	return answer_number(iiod, connection, was_open ? 0 : -EBADF);
}

/* False when the connection is over. */
static bool obey(struct iiod *iiod, struct connection *connection, const struct iiod_command *command, struct iiod_buffer *buffer)
{
	bool here = !command->device || iiod_device_is(&iiod->device, command->device);
	switch (command->verb) {
	case IIOD_NOTHING: return true;
	case IIOD_PRINT: return answer_text(iiod, connection, text_view(&iiod->xml), iiod->xml.length);
	case IIOD_VERSION: return answer(iiod, connection, "0.24.tmsrig0\n", 13);
	case IIOD_TIMEOUT: return answer_number(iiod, connection, 0);
	case IIOD_READ: return do_read(iiod, connection, command);
	case IIOD_WRITE: return do_write(iiod, connection, command);
	case IIOD_EXIT: return false;
	case IIOD_SET:
	case IIOD_GETTRIG:
	case IIOD_SETTRIG:
	case IIOD_OPEN:
	case IIOD_READBUF:
	case IIOD_CLOSE: break;
	}
	if (command->verb == IIOD_GETTRIG && (iiod_device_is_trigger(command->device) || iiod_dac_is(&iiod->dac, command->device)))
		return answer_number(iiod, connection, 0);
	if (!here)
		return answer_number(iiod, connection, -ENODEV);
	switch (command->verb) {
	case IIOD_SET: return answer_number(iiod, connection, 0);
	case IIOD_GETTRIG: return do_trigger(iiod, connection);
	case IIOD_SETTRIG: return answer_number(iiod, connection, iiod_device_set_trigger(&iiod->device, command->trigger));
	case IIOD_OPEN:
		return answer_number(iiod, connection, command->cyclic ? -EINVAL : iiod_buffer_open(buffer, &iiod->device, command->mask));
	case IIOD_READBUF: return dawdle(iiod, connection) && iiod_buffer_read(buffer, connection, command->bytes);
	case IIOD_CLOSE: return do_close(iiod, connection, buffer);
	case IIOD_NOTHING:
	case IIOD_PRINT:
	case IIOD_VERSION:
	case IIOD_TIMEOUT:
	case IIOD_READ:
	case IIOD_WRITE:
	case IIOD_EXIT: break;
	}
	return false;
}

static void serve_connection(void *self, struct connection *connection)
{
	struct iiod *iiod = self;
	struct iiod_buffer buffer = {0};
	char line[IIOD_LINE_BYTES];
	for (bool going = true; going && connection_line(connection, line, sizeof line);) {
		struct iiod_command command;
		int status = iiod_command_parse(line, &command);
		if (serve_faults_active(iiod->plant->faults, SERVE_IIOD, SERVE_FAULT_MUTE, plant_monotonic_s(), NULL))
			continue;
		going = status < 0 ? answer_number(iiod, connection, status) : obey(iiod, connection, &command, &buffer);
	}
	iiod_buffer_close(&buffer);
}

struct iiod *iiod_start(struct plant *plant, struct wires *wires, struct error *error)
{
	struct iiod *iiod = calloc(1, sizeof *iiod);
	if (!iiod) {
		error_bench(error, "iiod: out of memory");
		return NULL;
	}
	const struct serve_setup *setup = plant->setup->serve;
	iiod->plant = plant;
	iiod->xml = text_make(XML_BYTES);
	iiod->pump = adc_pump_start(plant, error);
	if (iiod->pump && iiod_device_make(&iiod->device, setup->iiod_device, plant, iiod->pump, error)) {
		iiod_dac_make(&iiod->dac, plant, wires);
		iiod_device_xml(&iiod->device, &iiod->xml);
		iiod_dac_xml(&iiod->dac, &iiod->xml);
		text_puts(&iiod->xml, "</context>");
		iiod->listener = listener_start(setup->iiod_port, serve_connection, iiod, error);
	}
	if (iiod->listener)
		return iiod;
	error_prefix(error, "iiod");
	iiod_stop(iiod);
	return NULL;
}

void iiod_stop(struct iiod *iiod)
{
	if (!iiod)
		return;
	listener_stop(iiod->listener);
	adc_pump_stop(iiod->pump);
	iiod_device_finish(&iiod->device);
	text_finish(&iiod->xml);
	free(iiod);
}

struct listener *iiod_listener(struct iiod *iiod)
{
	return iiod->listener;
}

void iiod_print_account(struct iiod *iiod, char *out, size_t size)
{
	iiod_account_print(&iiod->device.account, out, size);
}
