/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double ANSWER_S = 1, LEAVE_S = 2;
/* Beats in the time after which silence is death. */
static const double BEATS = 4;
/* A machine that is busy elsewhere is no sign of death: the heart comes before all that is not real-time, where that is allowed. */
enum { HEART_PRIORITY = 60 };

struct guard {
	struct guard_options options;
	struct guardian_setup setup;
	pid_t pid;
	int socket;
	pthread_t heart;
	bool heart_started;
	pthread_mutex_t asking; /* held from a question to its reply: a reply that another thread took would be lost */
	pthread_mutex_t lock;   /* of the socket's sending side and the sequence; taken inside of asking, alone for the heartbeat */
	uint32_t sequence;
	_Atomic double progress_s;
	atomic_bool stop, lost, attending, given_over;
	double verify_s; /* how long it may look whether the device is safe */
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void set_lost(struct guard *guard)
{
	if (!atomic_exchange(&guard->lost, true) && guard->options.lost)
		guard->options.lost(guard->options.self);
}

/* Sends a message; its number in *sequence. Under the lock, so that numbers go out in order. */
static bool send_message(struct guard *guard, struct guardian_message message, uint32_t *sequence)
{
	pthread_mutex_lock(&guard->lock);
	message.magic = GUARDIAN_MAGIC;
	message.sequence = ++guard->sequence;
	bool sent = send(guard->socket, &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
	pthread_mutex_unlock(&guard->lock);
	if (sequence)
		*sequence = message.sequence;
	if (!sent)
		set_lost(guard);
	return sent;
}

static bool await_reply(struct guard *guard, uint32_t sequence, double patience_s, struct guardian_reply *reply, struct error *error)
{
	double until_s = now_s() + patience_s;
	for (;;) {
		struct pollfd socket = {.fd = guard->socket, .events = POLLIN};
		double left_s = until_s - now_s();
		int ready = left_s > 0 ? poll(&socket, 1, (int)ceil(1e3 * left_s)) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return error_bench(error, "the guardian does not answer");
		ssize_t count = recv(guard->socket, reply, sizeof *reply, 0);
		if (count != sizeof *reply || reply->magic != GUARDIAN_MAGIC) {
			set_lost(guard);
			return error_bench(error, "the guardian is gone");
		}
		if (reply->sequence == sequence)
			return true;
	}
}

/* Another thread's question takes no longer than a guardian may take to answer; false: the guardian does not answer at all. */
static bool begin_asking(struct guard *guard, struct error *error)
{
	double until_s = now_s() + ANSWER_S;
	while (pthread_mutex_trylock(&guard->asking) != 0) {
		if (now_s() >= until_s)
			return error_bench(error, "the guardian does not answer");
		usleep(200);
	}
	return true;
}

/* The reply to a question that went out, and the end of asking. */
static bool end_asking(struct guard *guard, bool sent, uint32_t sequence, struct error *error)
{
	struct guardian_reply reply = {0};
	bool answered = sent ? await_reply(guard, sequence, ANSWER_S, &reply, error) : error_bench(error, "the guardian is gone");
	pthread_mutex_unlock(&guard->asking);
	return answered && (reply.good || error_bench(error, "guardian: %s", reply.text));
}

static void *beat(void *argument)
{
	struct guard *guard = argument;
	int beat_ms = (int)fmax(1, guard->setup.heartbeat_ms / BEATS);
	while (!atomic_load(&guard->stop)) {
		struct pollfd socket = {.fd = guard->socket, .events = 0};
		if (poll(&socket, 1, beat_ms) > 0) {
			set_lost(guard);
			return NULL;
		}
		/* A harness whose run has stuck is dead as well. */
		if (atomic_load(&guard->given_over))
			continue;
		if (atomic_load(&guard->attending) || now_s() - atomic_load(&guard->progress_s) < guard->options.progress_s)
			send_message(guard, (struct guardian_message){.kind = GUARDIAN_HEARTBEAT}, NULL);
	}
	return NULL;
}

/* In the child: the two descriptors in their places, nothing else open, signals as a new program expects them. */
static void become_guardian(const struct guard_options *options, int socket)
{
	/* Out of the way of the places that come next. */
	int own = fcntl(socket, F_DUPFD, 10), log = fcntl(options->log_fd, F_DUPFD, 10);
	if (own < 0 || log < 0 || dup2(own, GUARDIAN_SOCKET_FD) < 0 || dup2(log, GUARDIAN_LOG_FD) < 0)
		_exit(127);
	close_range(GUARDIAN_LOG_FD + 1, ~0U, 0);
	/* A session of its own: what the terminal sends to the harness does not reach it. */
	setsid();
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(options->program, "tmsrig-guardian", (char *)NULL);
	_exit(127);
}

static bool start(struct guard *guard, struct error *error)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(error, ERROR_BENCH, "guardian");
	guard->socket = pair[0];
	guard->pid = fork();
	if (guard->pid == 0)
		become_guardian(&guard->options, pair[1]);
	close(pair[1]);
	if (guard->pid < 0)
		return error_errno(error, ERROR_BENCH, "guardian");
	struct guardian_reply reply = {0};
	if (send(guard->socket, &guard->setup, sizeof guard->setup, MSG_NOSIGNAL) != sizeof guard->setup)
		return error_bench(error, "the guardian %s could not be started", guard->options.program);
	if (!await_reply(guard, 0, ANSWER_S, &reply, error))
		return error_prefix(error, "%s", guard->options.program);
	if (!reply.good)
		return error_bench(error, "guardian: %s", reply.text);
	guard_progress(guard);
	guard->heart_started = pthread_create(&guard->heart, NULL, beat, guard) == 0;
	if (!guard->heart_started)
		return error_bench(error, "guardian: cannot start a thread");
	(void)pthread_setschedparam(guard->heart, SCHED_FIFO, &(struct sched_param){.sched_priority = HEART_PRIORITY});
	return true;
}

struct guard *guard_start(const struct guardian_setup *setup, const struct guard_options *options, struct error *error)
{
	auto_guard struct guard *guard = calloc(1, sizeof *guard);
	if (!guard) {
		error_bench(error, "out of memory");
		return NULL;
	}
	guard->setup = *setup;
	guard->setup.magic = GUARDIAN_MAGIC;
	guard->setup.version = GUARDIAN_VERSION;
	guard->options = *options;
	guard->socket = -1;
	atomic_store(&guard->attending, true);
	guard->pid = -1;
	pthread_mutex_init(&guard->asking, NULL);
	pthread_mutex_init(&guard->lock, NULL);
	return start(guard, error) ? steal(&guard) : NULL;
}

void guard_progress(struct guard *guard)
{
	atomic_store(&guard->progress_s, now_s());
}

bool guard_set(struct guard *guard, enum guardian_role role, bool level, struct error *error)
{
	uint32_t sequence;
	if (!begin_asking(guard, error))
		return false;
	bool sent = send_message(guard, (struct guardian_message){.kind = GUARDIAN_SET, .role = role, .level = level}, &sequence);
	return end_asking(guard, sent, sequence, error);
}

void guard_attend(struct guard *guard, bool waiting)
{
	guard_progress(guard);
	atomic_store(&guard->attending, waiting);
}

/* The record and the descriptor go as one message. */
static bool send_log(struct guard *guard, int log_fd, uint32_t *sequence)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	pthread_mutex_lock(&guard->lock);
	struct guardian_message message = {.magic = GUARDIAN_MAGIC, .kind = GUARDIAN_LOG, .sequence = ++guard->sequence};
	struct iovec place = {.iov_base = &message, .iov_len = sizeof message};
	struct msghdr header = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	struct cmsghdr *extra = CMSG_FIRSTHDR(&header);
	*extra = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof log_fd)};
	memcpy(CMSG_DATA(extra), &log_fd, sizeof log_fd);
	bool sent = sendmsg(guard->socket, &header, MSG_NOSIGNAL) == sizeof message;
	pthread_mutex_unlock(&guard->lock);
	*sequence = message.sequence;
	return sent;
}

bool guard_log_to(struct guard *guard, int log_fd, struct error *error)
{
	uint32_t sequence;
	if (!begin_asking(guard, error))
		return false;
	bool sent = send_log(guard, log_fd, &sequence);
	return end_asking(guard, sent, sequence, error);
}

bool guard_device(struct guard *guard, const struct guardian_device *device, struct error *error)
{
	if (!begin_asking(guard, error))
		return false;
	guard->verify_s = fmax(device->capacitor.deadline_s, 1);
	struct guardian_device_message message = {.head = {.magic = GUARDIAN_MAGIC, .kind = GUARDIAN_DEVICE}, .device = *device};
	pthread_mutex_lock(&guard->lock);
	uint32_t sequence = message.head.sequence = ++guard->sequence;
	bool sent = send(guard->socket, &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
	pthread_mutex_unlock(&guard->lock);
	return end_asking(guard, sent, sequence, error);
}

void guard_take_over(struct guard *guard)
{
	if (!atomic_exchange(&guard->given_over, true))
		send_message(guard, (struct guardian_message){.kind = GUARDIAN_EMERGENCY}, NULL);
}

bool guard_is_lost(struct guard *guard)
{
	return atomic_load(&guard->lost);
}

/* Waits for the guardian's end, not for ever. */
static void reap(pid_t pid, double patience_s)
{
	double until_s = now_s() + patience_s;
	while (waitpid(pid, NULL, WNOHANG) == 0 && now_s() < until_s)
		usleep(1000);
}

void guard_stop(struct guard *guard)
{
	if (!guard)
		return;
	atomic_store(&guard->stop, true);
	if (guard->heart_started)
		pthread_join(guard->heart, NULL);
	if (guard->heart_started && !atomic_load(&guard->lost) && !atomic_load(&guard->given_over))
		send_message(guard, (struct guardian_message){.kind = GUARDIAN_BYE}, NULL);
	if (guard->socket >= 0)
		close(guard->socket);
	/* One that has taken over writes in its log what it sees until then, and the log belongs to what is sealed next. */
	bool busy = atomic_load(&guard->lost) || atomic_load(&guard->given_over);
	if (guard->pid > 0)
		reap(guard->pid, busy ? guard->verify_s + LEAVE_S : LEAVE_S);
	pthread_mutex_destroy(&guard->lock);
	pthread_mutex_destroy(&guard->asking);
	free(guard);
}
