/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_device.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* Status register of the ADI ADC cores (wiki.analog.com, AXI ADC, ADC_STATUS); bit 2: overflow since it was last cleared by writing 1. */
enum { STATUS_REGISTER = 0x88, STATUS_OVERFLOW = 1u << 2 };
static const uint32_t CORE_ADDRESS = 0x80000000u;

static const char DEVICE_ID[] = "iio:device0", TRIGGER_ID[] = "trigger0", TRIGGER_NAME[] = "sim-trigger";

struct iiod_state {
	pthread_mutex_t lock;
	unsigned step; /* in use */
	bool buffer_taken, triggered;
	uint32_t status, address;
	unsigned long watermark;
};

enum { DEVICE_ATTRIBUTES = 2, CHANNEL_ATTRIBUTES = 3, BUFFER_ATTRIBUTES = 1 };
static const char *const DEVICE_NAMES[DEVICE_ATTRIBUTES] = {"sampling_frequency", "sampling_frequency_available"};
static const char *const CHANNEL_NAMES[CHANNEL_ATTRIBUTES] = {"offset", "raw", "scale"};
static const char *const BUFFER_NAMES[BUFFER_ATTRIBUTES] = {"watermark"};

static const struct adc_channel_setup *channel_setup(const struct iiod_device *device, unsigned c)
{
	return &device->plant->setup->adc.channels[c];
}

static double rate_hz(const struct iiod_device *device, unsigned step)
{
	return device->plant->setup->adc.sample_rate_hz / step;
}

bool iiod_device_make(struct iiod_device *device, const char *name, struct plant *plant, struct adc_pump *pump, struct error *error)
{
	static const unsigned STEPS[] = {1, 2, 4, 5, 10, 20, 50, 100, 200, 500, 1000};
	*device = (struct iiod_device){.plant = plant, .pump = pump, .name = name, .channel_count = plant->setup->adc.channel_count};
	/* A rate must be a whole number of hertz, or a client that reads it as an integer would be wrong about it. */
	for (unsigned s = 0; s < sizeof STEPS / sizeof *STEPS; s++) {
		double rate = rate_hz(device, STEPS[s]);
		if (s == 0 || (rate >= 1000 && !(fmod(rate, 1) > 0)))
			device->steps[device->step_count++] = STEPS[s];
	}
	device->state = calloc(1, sizeof *device->state);
	if (!device->state)
		return error_bench(error, "out of memory");
	pthread_mutex_init(&device->state->lock, NULL);
	iiod_account_make(&device->account);
	device->state->step = 1;
	device->state->watermark = 1;
	return true;
}

void iiod_device_finish(struct iiod_device *device)
{
	if (!device->state)
		return;
	iiod_account_finish(&device->account);
	pthread_mutex_destroy(&device->state->lock);
	free(device->state);
	device->state = NULL;
}

static void escaped(struct text *xml, const char *string)
{
	for (; *string; string++)
		switch (*string) {
		case '&': text_puts(xml, "&amp;"); break;
		case '<': text_puts(xml, "&lt;"); break;
		case '>': text_puts(xml, "&gt;"); break;
		case '"': text_puts(xml, "&quot;"); break;
		default: text_append(xml, string, 1);
		}
}

/* IIO gives voltages in mV and currents in mA (Documentation/ABI/testing/sysfs-bus-iio); the bench's channels are in V and A at the sensor. */
static double scale_of(const struct iiod_device *device, unsigned c)
{
	const struct adc_channel_setup *channel = channel_setup(device, c);
	return 1e3 * channel->adc_range / (double)(1u << (channel->bits - 1));
}

/* libiio's clients validate what they read. */
static const char DOCUMENT_TYPE[] =
	"<!DOCTYPE context [<!ELEMENT context (device | context-attribute)*><!ELEMENT context-attribute EMPTY>"
	"<!ELEMENT device (channel | attribute | debug-attribute | buffer-attribute)*><!ELEMENT channel (scan-element?, attribute*)>"
	"<!ELEMENT attribute EMPTY><!ELEMENT scan-element EMPTY><!ELEMENT debug-attribute EMPTY><!ELEMENT buffer-attribute EMPTY>"
	"<!ATTLIST context name CDATA #REQUIRED version-major CDATA #REQUIRED version-minor CDATA #REQUIRED "
	"version-git CDATA #REQUIRED description CDATA #IMPLIED>"
	"<!ATTLIST context-attribute name CDATA #REQUIRED value CDATA #REQUIRED>"
	"<!ATTLIST device id CDATA #REQUIRED name CDATA #IMPLIED>"
	"<!ATTLIST channel id CDATA #REQUIRED type (input|output) #REQUIRED name CDATA #IMPLIED>"
	"<!ATTLIST scan-element index CDATA #REQUIRED format CDATA #REQUIRED scale CDATA #IMPLIED>"
	"<!ATTLIST attribute name CDATA #REQUIRED filename CDATA #IMPLIED>"
	"<!ATTLIST debug-attribute name CDATA #REQUIRED><!ATTLIST buffer-attribute name CDATA #REQUIRED>]>";

static void channel_xml(const struct iiod_device *device, unsigned c, struct text *xml)
{
	const char *id = channel_setup(device, c)->source;
	text_printf(xml, "<channel id=\"%s\" type=\"input\"><scan-element index=\"%u\" format=\"le:s%u/16&gt;&gt;0\" scale=\"%.9g\" />", id,
		    c, channel_setup(device, c)->bits, scale_of(device, c));
	for (unsigned a = 0; a < CHANNEL_ATTRIBUTES; a++)
		text_printf(xml, "<attribute name=\"%s\" filename=\"in_%s_%s\" />", CHANNEL_NAMES[a], id, CHANNEL_NAMES[a]);
	text_puts(xml, "</channel>");
}

void iiod_device_xml(const struct iiod_device *device, struct text *xml)
{
	const struct bench_setup *setup = device->plant->setup;
	text_printf(xml, "<?xml version=\"1.0\" encoding=\"utf-8\"?>%s", DOCUMENT_TYPE);
	text_puts(xml, "<context name=\"network\" version-major=\"0\" version-minor=\"24\" "
		       "version-git=\"tmsrig0\" description=\"simulated: ");
	escaped(xml, setup->title);
	text_puts(xml, "\"><context-attribute name=\"hw_model\" value=\"tmsrig simulated ADC (");
	escaped(xml, setup->device->id);
	text_printf(xml, ")\" /><context-attribute name=\"hw_serial\" value=\"SIM-%016llx\" />", (unsigned long long)setup->sim.seed);
	text_printf(xml, "<device id=\"%s\" name=\"%s\">", DEVICE_ID, device->name);
	for (unsigned c = 0; c < device->channel_count; c++)
		channel_xml(device, c, xml);
	text_printf(xml, "<channel id=\"timestamp\" type=\"input\"><scan-element index=\"%u\" format=\"le:s64/64&gt;&gt;0\" /></channel>",
		    device->channel_count);
	for (unsigned a = 0; a < DEVICE_ATTRIBUTES; a++)
		text_printf(xml, "<attribute name=\"%s\" />", DEVICE_NAMES[a]);
	text_puts(xml, "<debug-attribute name=\"direct_reg_access\" />");
	for (unsigned a = 0; a < BUFFER_ATTRIBUTES; a++)
		text_printf(xml, "<buffer-attribute name=\"%s\" />", BUFFER_NAMES[a]);
	text_printf(xml, "</device><device id=\"%s\" name=\"%s\"></device>", TRIGGER_ID, TRIGGER_NAME);
}

bool iiod_device_is_trigger(const char *name)
{
	return strcmp(name, TRIGGER_ID) == 0 || strcmp(name, TRIGGER_NAME) == 0;
}

bool iiod_device_is(const struct iiod_device *device, const char *name)
{
	return strcmp(name, DEVICE_ID) == 0 || strcmp(name, device->name) == 0;
}

static int find_channel(const struct iiod_device *device, const char *id)
{
	for (unsigned c = 0; c < device->channel_count; c++)
		if (strcmp(id, channel_setup(device, c)->source) == 0)
			return (int)c;
	return -1;
}

static int read_channel(struct iiod_device *device, unsigned c, const char *name, struct text *text)
{
	int16_t count;
	if (strcmp(name, "scale") == 0) {
		text_printf(text, "%.9g", scale_of(device, c));
	} else if (strcmp(name, "offset") == 0) {
		text_puts(text, "0");
	} else if (strcmp(name, "raw") == 0) {
		if (!adc_pump_last(device->pump, c, &count))
			return -EAGAIN;
		text_printf(text, "%d", count);
	} else {
		return -ENOENT;
	}
	return 0;
}

static int read_device(struct iiod_device *device, const char *name, struct text *text)
{
	if (strcmp(name, "sampling_frequency") == 0) {
		pthread_mutex_lock(&device->state->lock);
		unsigned step = device->state->step;
		pthread_mutex_unlock(&device->state->lock);
		text_printf(text, "%.15g", rate_hz(device, step));
	} else if (strcmp(name, "sampling_frequency_available") == 0) {
		for (unsigned s = 0; s < device->step_count; s++)
			text_printf(text, "%s%.15g", s ? " " : "", rate_hz(device, device->steps[s]));
	} else {
		return -ENOENT;
	}
	return 0;
}

static int read_register(struct iiod_device *device, const char *name, struct text *text)
{
	if (strcmp(name, "direct_reg_access") != 0)
		return -ENOENT;
	pthread_mutex_lock(&device->state->lock);
	uint32_t value = device->state->address == CORE_ADDRESS + STATUS_REGISTER ? device->state->status : 0;
	pthread_mutex_unlock(&device->state->lock);
	text_printf(text, "0x%x", value);
	return 0;
}

static int read_buffer(struct iiod_device *device, const char *name, struct text *text)
{
	pthread_mutex_lock(&device->state->lock);
	unsigned long watermark = device->state->watermark;
	pthread_mutex_unlock(&device->state->lock);
	if (strcmp(name, "watermark") != 0)
		return -ENOENT;
	text_printf(text, "%lu", watermark);
	return 0;
}

static int read_one(struct iiod_device *device, const struct iiod_command *command, int channel, const char *name, struct text *text)
{
	switch (command->place) {
	case IIOD_DEVICE: return read_device(device, name, text);
	case IIOD_DEBUG: return read_register(device, name, text);
	case IIOD_BUFFER: return read_buffer(device, name, text);
	case IIOD_INPUT: return read_channel(device, (unsigned)channel, name, text);
	case IIOD_OUTPUT: break;
	}
	return -ENOENT;
}

/* All attributes of a place, each as its length (32 bits, big-endian; negative errno) and its text, NUL included, padded to four bytes. */
static void read_all(struct iiod_device *device, const struct iiod_command *command, int channel, struct text *text)
{
	static const char *const DEBUG_NAMES[] = {"direct_reg_access"};
	const char *const *names = command->place == IIOD_INPUT ? CHANNEL_NAMES : DEVICE_NAMES;
	unsigned count = command->place == IIOD_INPUT ? CHANNEL_ATTRIBUTES : DEVICE_ATTRIBUTES;
	if (command->place == IIOD_DEBUG)
		names = DEBUG_NAMES, count = 1;
	if (command->place == IIOD_BUFFER)
		names = BUFFER_NAMES, count = BUFFER_ATTRIBUTES;
	for (unsigned a = 0; a < count; a++) {
		auto_text struct text value = text_make(IIOD_VALUE_BYTES);
		int status = read_one(device, command, channel, names[a], &value);
		uint32_t length = (uint32_t)(status < 0 ? status : (int)value.length + 1);
		const char header[] = {(char)(length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length};
		text_append(text, header, sizeof header);
		if (status < 0)
			continue;
		text_append(text, text_view(&value), value.length + 1);
		text_append(text, "\0\0\0", (4 - length % 4) % 4);
	}
}

/* The timestamp is a channel without attributes: there is nothing to read of it. */
int iiod_device_read(struct iiod_device *device, const struct iiod_command *command, struct text *text)
{
	int channel = command->place == IIOD_INPUT ? find_channel(device, command->channel) : 0;
	if (!iiod_device_is(device, command->device))
		return -ENODEV;
	if (channel < 0 || command->place == IIOD_OUTPUT)
		return -ENXIO;
	if (*command->attribute)
		return read_one(device, command, channel, command->attribute, text);
	read_all(device, command, channel, text);
	return 0;
}

static int write_rate(struct iiod_device *device, const char *value)
{
	char *end;
	double wanted = strtod(value, &end);
	if (end == value || end[strspn(end, " \n")] != '\0')
		return -EINVAL;
	int status = -EINVAL;
	pthread_mutex_lock(&device->state->lock);
	for (unsigned s = 0; s < device->step_count; s++)
		if (fabs(rate_hz(device, device->steps[s]) - wanted) < 0.5) {
			status = device->state->buffer_taken ? -EBUSY : 0;
			if (status == 0)
				device->state->step = device->steps[s];
		}
	pthread_mutex_unlock(&device->state->lock);
	return status;
}

/* "ADDRESS" chooses a register, "ADDRESS VALUE" writes it. */
static int write_register(struct iiod_device *device, const char *text)
{
	char *end, *value_end;
	unsigned long address = strtoul(text, &end, 0);
	if (end == text || address > UINT32_MAX)
		return -EINVAL;
	unsigned long value = strtoul(end, &value_end, 0);
	bool writes = value_end != end;
	if (value_end[strspn(value_end, " \n")] != '\0')
		return -EINVAL;
	pthread_mutex_lock(&device->state->lock);
	device->state->address = (uint32_t)address;
	if (writes && address == CORE_ADDRESS + STATUS_REGISTER)
		device->state->status &= ~(uint32_t)value;
	pthread_mutex_unlock(&device->state->lock);
	return 0;
}

static int write_buffer(struct iiod_device *device, const char *name, const char *value)
{
	if (strcmp(name, "watermark") != 0)
		return -EACCES;
	char *end;
	unsigned long watermark = strtoul(value, &end, 10);
	if (end == value || watermark == 0 || watermark > IIOD_BUFFER_BYTES)
		return -EINVAL;
	pthread_mutex_lock(&device->state->lock);
	device->state->watermark = watermark;
	pthread_mutex_unlock(&device->state->lock);
	return 0;
}

int iiod_device_write(struct iiod_device *device, const struct iiod_command *command, const char *value)
{
	auto_text struct text ignored = text_make(IIOD_VALUE_BYTES);
	int there = iiod_device_read(device, command, &ignored);
	if (there < 0 && there != -EAGAIN)
		return there;
	if (!*command->attribute)
		return -ENOSYS;
	switch (command->place) {
	case IIOD_DEVICE: return strcmp(command->attribute, "sampling_frequency") == 0 ? write_rate(device, value) : -EACCES;
	case IIOD_DEBUG: return write_register(device, value);
	case IIOD_BUFFER: return write_buffer(device, command->attribute, value);
	case IIOD_INPUT:
	case IIOD_OUTPUT: break;
	}
	return -EACCES;
}

const char *iiod_device_trigger(struct iiod_device *device)
{
	pthread_mutex_lock(&device->state->lock);
	bool triggered = device->state->triggered;
	pthread_mutex_unlock(&device->state->lock);
	return triggered ? TRIGGER_NAME : "";
}

int iiod_device_set_trigger(struct iiod_device *device, const char *trigger)
{
	if (trigger && !iiod_device_is_trigger(trigger))
		return -ENODEV;
	pthread_mutex_lock(&device->state->lock);
	device->state->triggered = trigger;
	pthread_mutex_unlock(&device->state->lock);
	return 0;
}

bool iiod_device_take_buffer(struct iiod_device *device, unsigned *step)
{
	pthread_mutex_lock(&device->state->lock);
	bool taken = !device->state->buffer_taken;
	device->state->buffer_taken = true;
	*step = device->state->step;
	pthread_mutex_unlock(&device->state->lock);
	return taken;
}

void iiod_device_give_buffer(struct iiod_device *device)
{
	pthread_mutex_lock(&device->state->lock);
	device->state->buffer_taken = false;
	pthread_mutex_unlock(&device->state->lock);
}

void iiod_device_overflow(struct iiod_device *device)
{
	pthread_mutex_lock(&device->state->lock);
	device->state->status |= STATUS_OVERFLOW;
	pthread_mutex_unlock(&device->state->lock);
}
