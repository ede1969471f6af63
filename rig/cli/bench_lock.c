/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_lock.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "hardware_claim.h"
#include "paths.h"

struct bench_lock {
	int fd; /* -1: there is nothing to lock */
	struct hardware_claim *hardware;
	char program[64], since[32];
};

/* Its holder ends or is stopped for so long before "busy" is believed: of a killed process the kernel may still be closing files. */
static const int TRIES = 20;
static const long PAUSE_NS = 10 * 1000 * 1000;

static const char *user_name(void)
{
	const struct passwd *user = getpwuid(getuid());
	return user ? user->pw_name : "?";
}

void bench_lock_tell(struct bench_lock *lock, const char *evidence)
{
	char text[PATH_MAX + 256], whole[PATH_MAX];
	if (!lock || lock->fd < 0)
		return;
	bool relative = evidence && *evidence != '/' && getcwd(whole, sizeof whole);
	int length = snprintf(text, sizeof text, "pid %ld\nprogram %s\nuser %s\nsince %s\nevidence %s%s%s\n", (long)getpid(), lock->program,
			      user_name(), lock->since, relative ? whole : "", relative ? "/" : "", evidence ? evidence : "none");
	/* Who holds the lock is a help for people; the lock itself is the kernel's. */
	if (ftruncate(lock->fd, 0) == 0 && pwrite(lock->fd, text, (size_t)length, 0) != length)
		(void)!ftruncate(lock->fd, 0);
}

/* The value of a line "KEY VALUE" of the file, "?" where there is none. */
static void find(const char *text, const char *key, char *out, size_t size)
{
	const char *line = text;
	size_t length = strlen(key);
	snprintf(out, size, "?");
	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			snprintf(out, size, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
			return;
		}
}

static bool is_held(const struct bench_setup *setup, int fd, const char *path, struct error *error)
{
	char text[PATH_MAX + 256], pid[24], program[64], user[64], since[32], evidence[512];
	ssize_t count = pread(fd, text, sizeof text - 1, 0);
	text[count > 0 ? count : 0] = '\0';
	find(text, "pid", pid, sizeof pid);
	find(text, "program", program, sizeof program);
	find(text, "user", user, sizeof user);
	find(text, "since", since, sizeof since);
	find(text, "evidence", evidence, sizeof evidence);
	return error_bench(error, "the bench '%s' is in use: by '%s' of %s, process %s, since %s, evidence %s (lock %.300s)", setup->id,
			   program, user, pid, since, evidence, path);
}

/* An open-file-description lock: it goes with the last descriptor, so that nothing has to be cleaned up after a crash. */
static bool lock_file(const struct bench_setup *setup, int fd, const char *path, struct error *error)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
			return true;
		if (errno != EAGAIN && errno != EACCES)
			return error_errno(error, ERROR_BENCH, "%s: cannot be locked", path);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	return is_held(setup, fd, path, error);
}

static bool take(struct bench_lock *lock, const struct bench_setup *setup, struct error *error)
{
	char folder[PATH_MAX], path[PATH_MAX];
	time_t now = time(NULL);
	struct tm parts;
	if (!paths_state(setup->id, folder, sizeof folder, error))
		return false;
	if (snprintf(path, sizeof path, "%s/lock", folder) >= (int)sizeof path)
		return error_config(error, "%s: the name of the folder is too long", setup->id);
	lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (lock->fd < 0)
		return error_errno(error, ERROR_BENCH, "%s: the lock of the bench cannot be opened", path);
	if (!lock_file(setup, lock->fd, path, error))
		return false;
	gmtime_r(&now, &parts);
	strftime(lock->since, sizeof lock->since, "%Y-%m-%dT%H:%M:%SZ", &parts);
	bench_lock_tell(lock, NULL);
	return true;
}

struct bench_lock *bench_lock_take(const struct bench_setup *setup, const char *program, struct error *error)
{
	auto_bench_lock struct bench_lock *lock = calloc(1, sizeof *lock);
	if (!lock) {
		error_bench(error, "out of memory");
		return NULL;
	}
	lock->fd = -1;
	snprintf(lock->program, sizeof lock->program, "%s", program);
	if (bench_setup_has_instruments(setup) && !take(lock, setup, error))
		return NULL;
	/* After the bench's own lock, which can tell more of its holder. */
	lock->hardware = hardware_claim_take(setup, error);
	if (!lock->hardware)
		return NULL;
	return steal(&lock);
}

void bench_lock_release(struct bench_lock *lock)
{
	if (!lock)
		return;
	hardware_claim_release(lock->hardware);
	if (lock->fd >= 0)
		close(lock->fd);
	free(lock);
}
