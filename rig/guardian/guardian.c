/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guardian: a process of its own that makes the bench safe when the harness cannot. It owns the enable and emergency-stop lines; the harness
 * asks it to drive them and sends heartbeats. Silence, end of file, a wrong record, or a signal: safe state, in order, then verified and recorded.
 * It allocates nothing, shares nothing with the harness but the socket and the log, and once safe it never drives a line otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guardian_device.h"
#include "guardian_lines.h"
#include "guardian_log.h"

/* The disarm frame is sent so often, so far apart. */
enum { FRAMES = 3 };
static const double FRAME_S = 0.3;
static const double SETUP_PATIENCE_S = 5, LOOK_S = 0.02, SILENT_LOOK_S = 1;
static const char *const ROLE_NAMES[GUARDIAN_ROLE_COUNT] = {"trigger", "emergency stop", "enable", "ready"};

enum answer { YES, NO, UNKNOWN };

/* What was done and seen in an emergency. */
struct outcome {
	enum answer driven[GUARDIAN_ROLE_COUNT]; /* UNKNOWN: there is no such line, or it is held */
	enum answer not_ready, disarmed, discharged;
	unsigned frames; /* disarm frames sent, or tried */
	double volts;    /* last reading; NAN: none */
	bool charged;    /* a reading was above the limit: only then a lower one shows a discharge, and not a probe that is off */
};

struct guardian {
	struct guardian_setup setup;
	struct held_line lines[GUARDIAN_ROLE_COUNT];
	uint32_t sequence;
	bool asked;      /* by a harness that lives, and waits for the end */
	bool ready_held; /* the harness has the ready line: it must look itself */
	struct outcome outcome;
};

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static void catch_signals(void)
{
	static const int SIGNALS[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_signal};
	for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
		sigaction(SIGNALS[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* The kernel, when it is out of memory, takes any other process first. */
static void be_spared(void)
{
	static const char NEVER[] = "-1000";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, NEVER, sizeof NEVER - 1) < 0)
		guardian_log("not spared when memory runs out: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* First in line for the processor, never paged out, the last to be killed; where that is not allowed, the log says so. */
static void be_urgent(void)
{
	struct sched_param urgent = {.sched_priority = 80};
	if (sched_setscheduler(0, SCHED_FIFO, &urgent) < 0)
		guardian_log("no real-time priority: %s", strerror(errno));
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		guardian_log("memory not locked: %s", strerror(errno));
	be_spared();
}

static bool is_owned(enum guardian_role role)
{
	return role == GUARDIAN_EMERGENCY_STOP || role == GUARDIAN_ENABLE;
}

/* Waits for a record; false when none came until then, or a signal did. */
static bool await_record(double until_s)
{
	while (!caught) {
		double left_s = until_s - guardian_now_s();
		struct pollfd socket = {.fd = GUARDIAN_SOCKET_FD, .events = POLLIN};
		if (left_s <= 0)
			return poll(&socket, 1, 0) > 0;
		struct timespec wait = {.tv_sec = (time_t)left_s, .tv_nsec = (long)(1e9 * (left_s - floor(left_s)))};
		int ready = ppoll(&socket, 1, &wait, NULL);
		if (ready > 0)
			return true;
	}
	return false;
}

static void reply(struct guardian *guardian, bool good, const char *text)
{
	struct guardian_reply answer = {.magic = GUARDIAN_MAGIC, .sequence = guardian->sequence, .good = good};
	snprintf(answer.text, sizeof answer.text, "%.*s", (int)sizeof answer.text - 1, text);
	/* A harness that is gone does not read it. */
	ssize_t ignored = send(GUARDIAN_SOCKET_FD, &answer, sizeof answer, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)ignored;
}

/* Drives one line to its safe level, taking it first where the harness had it. */
static enum answer drive_safe(struct guardian *guardian, enum guardian_role role)
{
	struct held_line *held = &guardian->lines[role];
	const struct guardian_line *line = &guardian->setup.lines[role];
	if (line->kind == GUARDIAN_NO_LINE)
		return UNKNOWN;
	int failed = held->fd < 0 ? held_line_take(held, line, true) : held_line_set(held, line->safe_level);
	if (failed == EBUSY) {
		guardian_log("%s: still held by the harness", ROLE_NAMES[role]);
		return UNKNOWN;
	}
	guardian_log("%s: %s", ROLE_NAMES[role], failed ? strerror(failed) : line->safe_level ? "driven high" : "driven low");
	return failed ? NO : YES;
}

static void send_disarm(struct guardian *guardian, double event_s)
{
	if (!guardian->setup.device.serial[0])
		return;
	int failed = guardian_disarm(&guardian->setup.device);
	if (guardian->outcome.disarmed != YES)
		guardian->outcome.disarmed = failed ? NO : YES;
	guardian->outcome.frames++;
	guardian_log("disarm frame: %s, %.3f ms after the event", failed ? strerror(failed) : "sent", 1e3 * (guardian_now_s() - event_s));
}

static void drive_all(struct guardian *guardian, double event_s)
{
	struct outcome *outcome = &guardian->outcome;
	for (enum guardian_role role = GUARDIAN_TRIGGER; role < GUARDIAN_READY; role++)
		outcome->driven[role] = drive_safe(guardian, role);
	guardian_log("lines driven %.3f ms after the event", 1e3 * (guardian_now_s() - event_s));
	send_disarm(guardian, event_s);
}

/* One look at the ready line; taken, as an input, where the harness had it. */
static void look_at_ready(struct guardian *guardian)
{
	struct held_line *held = &guardian->lines[GUARDIAN_READY];
	const struct guardian_line *line = &guardian->setup.lines[GUARDIAN_READY];
	if (line->kind == GUARDIAN_NO_LINE)
		return;
	int failed = held->fd < 0 ? held_line_take(held, line, false) : 0;
	guardian->ready_held = failed == EBUSY;
	bool level;
	if (failed || held_line_get(held, &level) != 0)
		return;
	if (guardian->outcome.not_ready != (level ? NO : YES))
		guardian_log("ready: %s", level ? "high" : "low");
	guardian->outcome.not_ready = level ? NO : YES;
}

static void look_at_capacitor(struct guardian *guardian, double event_s)
{
	struct outcome *outcome = &guardian->outcome;
	double volts;
	int failed = guardian_volts(&guardian->setup.device.capacitor, &volts);
	if (failed)
		return;
	outcome->volts = volts;
	bool below = fabs(volts) <= guardian->setup.device.capacitor.limit_v;
	outcome->charged = outcome->charged || !below;
	if (below && outcome->discharged != YES)
		guardian_log("capacitor: %.1f V, at or below %.0f V after %.3f s%s", volts, guardian->setup.device.capacitor.limit_v,
			     guardian_now_s() - event_s, outcome->charged ? "" : "; never seen above it, so that no discharge was seen");
	outcome->discharged = below ? YES : NO;
}

static bool settled(const struct guardian *guardian)
{
	const struct outcome *outcome = &guardian->outcome;
	bool ready_known =
		guardian->setup.lines[GUARDIAN_READY].kind == GUARDIAN_NO_LINE || guardian->ready_held || outcome->not_ready == YES;
	for (enum guardian_role role = GUARDIAN_TRIGGER; role < GUARDIAN_READY; role++)
		if (outcome->driven[role] == NO)
			return false;
	/* What could not be sent is made good by a line that stops the device, or by a capacitor that is seen to be empty. */
	bool stopped =
		outcome->driven[GUARDIAN_EMERGENCY_STOP] == YES || outcome->driven[GUARDIAN_ENABLE] == YES || outcome->discharged == YES;
	if (outcome->disarmed == NO && !stopped)
		return false;
	bool discharge_known = guardian->setup.device.capacitor.source == GUARDIAN_NO_SOURCE || outcome->discharged == YES;
	bool told = !guardian->setup.device.serial[0] || outcome->frames == FRAMES;
	return ready_known && discharge_known && told;
}

/* Neither the line nor the capacitor can be reached: no look will show more to a harness that waits. When there is none, they may come back. */
static bool is_hopeless(const struct guardian *guardian)
{
	const struct outcome *outcome = &guardian->outcome;
	return guardian->asked && outcome->frames == FRAMES && outcome->disarmed == NO && outcome->discharged == UNKNOWN;
}

/* Looks until all is as it should be, or the deadline has passed; says once a second what it waits for. */
static void verify(struct guardian *guardian, double event_s)
{
	double deadline_s = event_s + fmax(guardian->setup.device.capacitor.deadline_s, 1), said_s = 0;
	for (;;) {
		look_at_ready(guardian);
		look_at_capacitor(guardian, event_s);
		/* The harness may have died in the midst of a frame: to the device the first one of ours is then the rest of that. */
		if (guardian->outcome.frames < FRAMES && guardian_now_s() > event_s + guardian->outcome.frames * FRAME_S)
			send_disarm(guardian, event_s);
		if (settled(guardian) || is_hopeless(guardian) || guardian_now_s() >= deadline_s)
			break;
		if (guardian_now_s() > said_s + SILENT_LOOK_S) {
			said_s = guardian_now_s();
			guardian_log("waiting: ready %s, capacitor %.1f V", guardian->outcome.not_ready == YES ? "low" : "not seen low",
				     guardian->outcome.volts);
		}
		struct timespec nap = {.tv_nsec = (long)(1e9 * LOOK_S)};
		nanosleep(&nap, NULL);
	}
	if (guardian->setup.device.capacitor.source != GUARDIAN_NO_SOURCE && guardian->outcome.discharged == UNKNOWN)
		guardian_log("capacitor: could not be read");
	guardian_log("%s%s", settled(guardian) ? "safe state verified" : "SAFE STATE NOT VERIFIED",
		     guardian->ready_held ? ", the ready line excepted: the harness holds it" : "");
	guardian_log_sync();
}

static void make_safe(struct guardian *guardian, const char *why, double event_s)
{
	guardian_log("safe state: %s", why);
	guardian->outcome = (struct outcome){.not_ready = UNKNOWN, .disarmed = UNKNOWN, .discharged = UNKNOWN, .volts = NAN};
	drive_all(guardian, event_s);
	verify(guardian, event_s);
}

static bool owned_lines_taken(struct guardian *guardian, char *text, size_t size)
{
	for (enum guardian_role role = 0; role < GUARDIAN_ROLE_COUNT; role++) {
		guardian->lines[role] = (struct held_line){.line = &guardian->setup.lines[role], .fd = -1};
		if (!is_owned(role) || guardian->setup.lines[role].kind == GUARDIAN_NO_LINE)
			continue;
		int failed = held_line_take(&guardian->lines[role], &guardian->setup.lines[role], true);
		if (failed) {
			snprintf(text, size, "%s line %s (%u): %s", ROLE_NAMES[role], guardian->setup.lines[role].path,
				 guardian->setup.lines[role].offset, strerror(failed));
			return false;
		}
		guardian_log("%s: taken, at its safe level", ROLE_NAMES[role]);
	}
	return true;
}

static bool begin(struct guardian *guardian)
{
	char text[GUARDIAN_TEXT] = "";
	if (!await_record(guardian_now_s() + SETUP_PATIENCE_S) ||
	    recv(GUARDIAN_SOCKET_FD, &guardian->setup, sizeof guardian->setup, 0) != sizeof guardian->setup ||
	    guardian->setup.magic != GUARDIAN_MAGIC || guardian->setup.version != GUARDIAN_VERSION || guardian->setup.heartbeat_ms == 0 ||
	    guardian->setup.device.disarm_length > GUARDIAN_FRAME) {
		guardian_log("no setup");
		return false;
	}
	bool good = owned_lines_taken(guardian, text, sizeof text);
	if (!good)
		guardian_log("%s", text);
	reply(guardian, good, text);
	return good;
}

static void set_line(struct guardian *guardian, const struct guardian_message *message)
{
	int failed = held_line_set(&guardian->lines[message->role], message->level != 0);
	guardian_log("%s: %s%s", ROLE_NAMES[message->role], message->level ? "high" : "low", failed ? ", failed" : "");
	reply(guardian, failed == 0, failed ? strerror(failed) : "");
}

/* A record, and the descriptor that came with it (-1: none). The bytes it had, 0 at the end, -1 with errno. */
static ssize_t receive(struct guardian_device_message *message, int *descriptor)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec place = {.iov_base = message, .iov_len = sizeof *message};
	struct msghdr header = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	ssize_t count = recvmsg(GUARDIAN_SOCKET_FD, &header, MSG_TRUNC | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *extra = count > 0 ? CMSG_FIRSTHDR(&header) : NULL;
	*descriptor = -1;
	if (extra && extra->cmsg_type == SCM_RIGHTS)
		memcpy(descriptor, CMSG_DATA(extra), sizeof *descriptor);
	return count;
}

static void take_log(struct guardian *guardian, int descriptor)
{
	bool good = descriptor >= 0 && dup2(descriptor, GUARDIAN_LOG_FD) == GUARDIAN_LOG_FD;
	if (good)
		guardian_log_start();
	reply(guardian, good, good ? "" : "no log came");
}

/* A record that came is looked at; NULL: go on, else why the harness is not to be trusted any more. *bye: it takes its leave. */
static const char *take_record(struct guardian *guardian, bool *bye)
{
	static struct guardian_device_message record;
	int descriptor;
	ssize_t count = receive(&record, &descriptor);
	if (count == 0 || (count < 0 && errno != EINTR))
		return "the harness is gone";
	if (count < 0)
		return NULL;
	const struct guardian_message message = record.head;
	bool whole = count == (message.kind == GUARDIAN_DEVICE ? (ssize_t)sizeof record : (ssize_t)sizeof message);
	if (!whole || message.magic != GUARDIAN_MAGIC || message.sequence != guardian->sequence + 1)
		return "a record of the harness makes no sense";
	guardian->sequence = message.sequence;
	switch ((enum guardian_kind)message.kind) {
	case GUARDIAN_HEARTBEAT: return NULL;
	case GUARDIAN_SET:
		if (message.role >= GUARDIAN_ROLE_COUNT || !is_owned(message.role))
			return "the harness asks for a line that is not the guardian's";
		set_line(guardian, &message);
		return NULL;
	case GUARDIAN_LOG:
		take_log(guardian, descriptor);
		if (descriptor >= 0)
			close(descriptor);
		return NULL;
	case GUARDIAN_DEVICE:
		if (record.device.disarm_length > GUARDIAN_FRAME)
			return "a record of the harness makes no sense";
		guardian->setup.device = record.device;
		guardian_log("device: %s%s%s", record.device.serial[0] ? "disarm frame for " : "no disarm frame", record.device.serial,
			     record.device.capacitor.source == GUARDIAN_NO_SOURCE ? "" : ", capacitor to be read");
		reply(guardian, true, "");
		return NULL;
	case GUARDIAN_EMERGENCY: guardian->asked = true; return "the harness cannot make the device safe";
	case GUARDIAN_BYE: *bye = true; return NULL;
	}
	return "a record of the harness makes no sense";
}

int main(void)
{
	static struct guardian guardian;
	guardian_log_start();
	catch_signals();
	be_urgent();
	if (!begin(&guardian))
		return 1;
	double heard_s = guardian_now_s(), silence_s = 1e-3 * guardian.setup.heartbeat_ms;
	const char *why = NULL;
	bool bye = false;
	while (!why && !bye) {
		if (await_record(heard_s + silence_s)) {
			why = take_record(&guardian, &bye);
			if (!why)
				heard_s = guardian_now_s();
		} else {
			why = caught ? strsignal(caught) : "no heartbeat";
		}
	}
	if (why)
		make_safe(&guardian, why, heard_s);
	else
		guardian_log("the harness took its leave");
	guardian_log_sync();
	return why != NULL;
}
