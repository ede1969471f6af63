/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stimulator with a line protocol that a file describes.
 */
#include <fnmatch.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "keep_alive.h"
#include "serial.h"

/* So much later than its period a keep-alive may come around a shot. */
static const double LATEST_PART = 1.8;

struct generic {
	const struct line_protocol *protocol;
	struct serial serial;
	struct stimulator_ops ops; /* what the protocol has */
	struct keep_alive *alive;  /* NULL: the protocol has none */
	pthread_mutex_t line;
	double sent_s;    /* of the last command */
	bool silent;      /* on purpose: nothing is said. Under the line */
	unsigned damaged; /* commands sent damaged until now */
};

static const char *line_end(const struct generic *generic)
{
	switch (generic->protocol->end) {
	case LINE_END_LF: return "\n";
	case LINE_END_CR: return "\r";
	case LINE_END_CRLF: return "\r\n";
	}
	return "\n";
}

static bool is_text(const char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || (unsigned char)*line > '~')
			return false;
	return true;
}

/* A line without its end, within the time. */
static bool read_line(struct generic *generic, const char *sent, char line[LINE_TEXT_MAX], struct error *error)
{
	const char *end = line_end(generic);
	size_t length = 0, end_length = strlen(end), got;
	double until_s = serial_now_s() + generic->protocol->timeout_s;
	while (length + 1 < LINE_TEXT_MAX) {
		if (!serial_read_some(&generic->serial, line + length, 1, until_s, &got, error))
			return false;
		if (got == 0 && length == 0)
			return error_bench(error, "%s: no answer to '%s' within %.0f ms", generic->serial.path, sent,
					   1e3 * generic->protocol->timeout_s);
		if (got == 0)
			return error_bench(error, "%s: the answer to '%s' has no end of line within %.0f ms", generic->serial.path, sent,
					   1e3 * generic->protocol->timeout_s);
		length++;
		if (length < end_length || memcmp(line + length - end_length, end, end_length) != 0)
			continue;
		line[length - end_length] = '\0';
		return (strlen(line) == length - end_length && is_text(line)) ||
		       error_bench(error, "%s: the answer to '%s' is no text", generic->serial.path, sent);
	}
	return error_bench(error, "%s: the answer to '%s' is longer than %d bytes", generic->serial.path, sent, LINE_TEXT_MAX);
}

/* A command; reply NULL: checked against the pattern of the protocol, if it has one. Under the line. */
static bool exchange(struct generic *generic, enum line_command command, double value, char *reply, struct error *error)
{
	const struct line_exchange *wanted = &generic->protocol->commands[command];
	char text[LINE_TEXT_MAX], line[LINE_TEXT_MAX];
	if (!line_template_write(wanted->send, value, text, sizeof text - 2, error))
		return false;
	size_t length = strlen(text);
	snprintf(text + length, sizeof text - length, "%s", line_end(generic));
	serial_flush(&generic->serial);
	if (!serial_write(&generic->serial, text, strlen(text), error))
		return false;
	generic->sent_s = serial_now_s();
	text[length] = '\0';
	if (reply)
		return read_line(generic, text, reply, error);
	if (!wanted->reply)
		return true;
	if (!read_line(generic, text, line, error))
		return false;
	return fnmatch(wanted->reply, line, 0) == 0 ||
	       error_bench(error, "%s: '%s' was answered with '%s'; '%s' was expected (%s of %s)", generic->serial.path, text, line,
			   wanted->reply, line_command_name(command), generic->protocol->file);
}

static bool take_line(struct generic *generic, struct error *error)
{
	if (generic->alive && !keep_alive_good(generic->alive, error))
		return false;
	pthread_mutex_lock(&generic->line);
	if (!generic->silent)
		return true;
	pthread_mutex_unlock(&generic->line);
	return error_config(error, "the link is kept silent; it has to be made normal first");
}

static bool give_line(struct generic *generic, bool result)
{
	pthread_mutex_unlock(&generic->line);
	if (result)
		keep_alive_told(generic->alive);
	return result;
}

static bool command(struct generic *generic, enum line_command which, double value, struct error *error)
{
	return take_line(generic, error) && give_line(generic, exchange(generic, which, value, NULL, error));
}

static bool generic_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct generic *generic = self;
	if (isfinite(second_pct) && !generic->protocol->commands[LINE_SET_INTENSITY_SECOND].send)
		return error_config(error, "%s: a second intensity needs a command 'set_intensity_second'", generic->protocol->file);
	return command(generic, LINE_SET_INTENSITY, intensity_pct, error) &&
	       (!isfinite(second_pct) || command(generic, LINE_SET_INTENSITY_SECOND, second_pct, error));
}

static bool generic_set_direction(void *self, bool reversed, struct error *error)
{
	return command(self, reversed ? LINE_DIRECTION_REVERSED : LINE_DIRECTION_NORMAL, NAN, error);
}

static bool generic_arm(void *self, struct error *error)
{
	return command(self, LINE_ARM, NAN, error);
}

/* Also when the keep-alive had given up, and twice: it may be only an answer that was lost. */
static bool generic_disarm(void *self, struct error *error)
{
	struct generic *generic = self;
	struct error first = {0};
	pthread_mutex_lock(&generic->line);
	generic->silent = false;
	bool done = exchange(generic, LINE_DISARM, NAN, NULL, &first) || exchange(generic, LINE_DISARM, NAN, NULL, error);
	give_line(generic, done);
	if (done)
		return true;
	*error = first;
	return error_prefix(error, "disarming");
}

static bool generic_fire(void *self, double *time_s, struct error *error)
{
	struct generic *generic = self;
	bool fired = command(generic, LINE_FIRE, NAN, error);
	*time_s = generic->sent_s;
	return fired;
}

static bool generic_expect_shot(void *self, double host_s, struct error *error)
{
	struct generic *generic = self;
	if (!keep_alive_good(generic->alive, error))
		return false;
	keep_alive_expect_shot(generic->alive, host_s);
	return true;
}

static double number_after(const char *reply, const char *before)
{
	const char *at = before ? strstr(reply, before) : NULL;
	char *end;
	if (!at)
		return NAN;
	at += strlen(before);
	double value = strtod(at, &end);
	return end > at && isfinite(value) ? value : NAN;
}

static enum stimulator_state state_of(enum line_state state)
{
	switch (state) {
	case LINE_FAULT: return STIMULATOR_FAULT;
	case LINE_FIRING: return STIMULATOR_FIRING;
	case LINE_READY: return STIMULATOR_READY;
	case LINE_CHARGING: return STIMULATOR_CHARGING;
	case LINE_STANDBY:
	case LINE_STATE_COUNT: break;
	}
	return STIMULATOR_STANDBY;
}

static bool generic_status(void *self, struct stimulator_status *status, struct error *error)
{
	struct generic *generic = self;
	const struct line_protocol *protocol = generic->protocol;
	char reply[LINE_TEXT_MAX];
	if (generic->silent) {
		*status = stimulator_unheard();
		return true;
	}
	if (!take_line(generic, error) || !give_line(generic, exchange(generic, LINE_STATUS, NAN, reply, error)))
		return false;
	for (unsigned s = 0; s < LINE_STATE_COUNT; s++) {
		if (!protocol->states[s] || fnmatch(protocol->states[s], reply, 0) != 0)
			continue;
		*status = (struct stimulator_status){
			.state = state_of((enum line_state)s),
			.intensity_pct = NAN,
			.coil_temperature_degc = number_after(reply, protocol->temperature_after),
		};
		if (s == LINE_FAULT)
			snprintf(status->fault, sizeof status->fault, "%.63s", reply);
		return true;
	}
	return error_bench(error, "%s: the status '%s' is none of the states in %s", generic->serial.path, reply, protocol->file);
}

static enum keep_alive_result talk(void *self, struct error *error)
{
	struct generic *generic = self;
	if (pthread_mutex_trylock(&generic->line) != 0)
		return KEEP_ALIVE_BUSY;
	bool silent = generic->silent, good = !silent && exchange(generic, LINE_KEEP_ALIVE, NAN, NULL, error);
	pthread_mutex_unlock(&generic->line);
	return silent ? KEEP_ALIVE_BUSY : good ? KEEP_ALIVE_DONE : KEEP_ALIVE_FAILED;
}

/* A word that changes nothing, of those that the protocol has; none, when it has none. Under the line. */
static bool say_something(struct generic *generic, struct error *error)
{
	char reply[LINE_TEXT_MAX];
	if (generic->protocol->commands[LINE_KEEP_ALIVE].send)
		return exchange(generic, LINE_KEEP_ALIVE, NAN, NULL, error);
	return !generic->protocol->commands[LINE_STATUS].send || exchange(generic, LINE_STATUS, NAN, reply, error);
}

/*
 * The command for the largest output, a character of which has its highest bit flipped, at each call another one: no protocol of plain text has such
 * a character. Whatever is answered is taken. Under the line.
 */
static bool say_damaged(struct generic *generic, struct error *error)
{
	char text[LINE_TEXT_MAX], ignored[LINE_TEXT_MAX];
	struct error none;
	if (!line_template_write(generic->protocol->commands[LINE_SET_INTENSITY].send, 100, text, sizeof text - 2, error))
		return false;
	size_t length = strlen(text), end = strlen(line_end(generic));
	memcpy(text + length, line_end(generic), end);
	text[generic->damaged++ % length] ^= (char)0x80;
	serial_flush(&generic->serial);
	if (!serial_write(&generic->serial, text, length + end, error))
		return false;
	generic->sent_s = serial_now_s();
	if (generic->protocol->commands[LINE_SET_INTENSITY].reply && !read_line(generic, "(damaged)", ignored, &none))
		serial_flush(&generic->serial);
	return true;
}

/* The bytes of the arming command; whatever is answered is taken. Under the line. */
static bool say_again(struct generic *generic, struct error *error)
{
	char text[LINE_TEXT_MAX + 4], ignored[LINE_TEXT_MAX];
	struct error none;
	const struct line_exchange *arm = &generic->protocol->commands[LINE_ARM];
	int length = snprintf(text, sizeof text, "%s%s", arm->send, line_end(generic));
	serial_flush(&generic->serial);
	if (!serial_write(&generic->serial, text, (size_t)length, error))
		return false;
	generic->sent_s = serial_now_s();
	if (arm->reply && !read_line(generic, arm->send, ignored, &none))
		serial_flush(&generic->serial);
	return true;
}

/* Under the line. when NULL: only whether the protocol has what it takes. */
static bool disturb(struct generic *generic, enum signal_state state, const struct host_time *when, struct error *error)
{
	const struct line_protocol *protocol = generic->protocol;
	const char *lacks = NULL;
	switch (state) {
	case STATE_NORMAL:
	case STATE_SILENT:
		if (!when)
			return true;
		generic->silent = state == STATE_SILENT;
		return say_something(generic, error);
	case STATE_CORRUPTED:
		lacks = protocol->commands[LINE_SET_INTENSITY].send ? NULL : "set_intensity";
		if (!lacks)
			return !when || say_damaged(generic, error);
		break;
	case STATE_REPLAYED:
		lacks = protocol->commands[LINE_ARM].send ? NULL : "arm";
		if (!lacks)
			return !when || say_again(generic, error);
		break;
	case STATE_OPEN:
	case STATE_SHORT_LOW:
	case STATE_SHORT_HIGH:
	case STATE_VALUE:
	case STATE_PRESSED:
	case STATE_UNKNOWN:
	case STATE_SELF_FIRE:
	case STATE_COUNT: break;
	}
	if (lacks)
		return error_config(error, "%s: a link that is '%s' needs the command '%s'", protocol->file, signal_state_name(state),
				    lacks);
	return error_config(error, "a link has no state '%s'", signal_state_name(state));
}

static bool generic_disturb(void *self, enum signal_state state, struct host_time *when, struct error *error)
{
	struct generic *generic = self;
	if (!when)
		return disturb(generic, state, NULL, error);
	if (generic->alive && !keep_alive_good(generic->alive, error))
		return false;
	pthread_mutex_lock(&generic->line);
	generic->sent_s = serial_now_s();
	bool done = disturb(generic, state, when, error);
	double after_s = serial_now_s();
	*when = (struct host_time){0.5 * (generic->sent_s + after_s), 0.5 * (after_s - generic->sent_s) / sqrt(3)};
	return give_line(generic, done);
}

static void fill_ops(struct generic *generic)
{
	const struct line_exchange *commands = generic->protocol->commands;
	generic->ops.disarm = generic_disarm;
	generic->ops.disturb = generic_disturb;
	if (commands[LINE_SET_INTENSITY].send)
		generic->ops.set_intensity = generic_set_intensity;
	if (commands[LINE_DIRECTION_NORMAL].send)
		generic->ops.set_direction = generic_set_direction;
	if (commands[LINE_ARM].send)
		generic->ops.arm = generic_arm;
	if (commands[LINE_FIRE].send)
		generic->ops.fire = generic_fire;
	if (commands[LINE_STATUS].send)
		generic->ops.status = generic_status;
	if (generic->alive)
		generic->ops.expect_shot = generic_expect_shot;
}

static bool start(struct generic *generic, const char *port, struct error *error)
{
	const struct line_protocol *protocol = generic->protocol;
	if (!serial_open(&generic->serial, port, protocol->baud, protocol->stop_bits, error))
		return false;
	/* The one command that every protocol has, and that is safe: it shows that the device is there. */
	if (!generic_disarm(generic, error))
		return false;
	if (protocol->commands[LINE_KEEP_ALIVE].send) {
		generic->alive = keep_alive_start(&(struct keep_alive_setup){.armed_s = protocol->keep_alive_period_s,
									     .idle_s = protocol->keep_alive_period_s,
									     .latest_armed_s = LATEST_PART * protocol->keep_alive_period_s,
									     .latest_idle_s = LATEST_PART * protocol->keep_alive_period_s,
									     .talk = talk,
									     .self = generic},
						  error);
		if (!generic->alive)
			return false;
	}
	fill_ops(generic);
	return true;
}

static void generic_close(void *state)
{
	struct generic *generic = state;
	struct error error = {0};
	if (!generic)
		return;
	keep_alive_stop(generic->alive);
	/* The run has disarmed it already, or told why not. */
	if (generic->ops.disarm && !exchange(generic, LINE_DISARM, NAN, NULL, &error))
		fprintf(stderr, "tmsrig: generic: disarming: %s\n", error.text);
	serial_close(&generic->serial);
	pthread_mutex_destroy(&generic->line);
	free(generic);
}

static bool generic_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct generic *generic = calloc(1, sizeof *generic);
	if (!generic)
		return error_bench(error, "out of memory");
	generic->protocol = setup->stimulator.protocol;
	generic->serial.fd = -1;
	pthread_mutex_init(&generic->line, NULL);
	if (!start(generic, setup->stimulator.port, error)) {
		generic_close(generic);
		return false;
	}
	char line[LINE_TEXT_MAX + 4];
	int length = snprintf(line, sizeof line, "%s%s", generic->protocol->commands[LINE_DISARM].send, line_end(generic));
	(void)serial_describe(&generic->serial, line, (size_t)length, &ports->device);
	ports->stimulator = (struct stimulator_port){&generic->ops, generic};
	*state = generic;
	return true;
}

const struct driver driver_generic = {"generic", generic_open, generic_close};
