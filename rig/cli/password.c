/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "password.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>

#include "command.h"

bool password_parse_fd(const char *argument, int *fd)
{
	char *end;
	long number = strtol(argument, &end, 10);
	*fd = (int)number;
	return end != argument && !*end && number >= 0 && number <= 1 << 20;
}

static void put(int fd, const char *text)
{
	while (*text) {
		ssize_t got = write(fd, text, strlen(text));
		if (got <= 0)
			return;
		text += got;
	}
}

/* One line, read byte by byte without a buffer that would keep a copy; false on an end or an interruption. */
static bool read_line(int fd, char *line)
{
	for (size_t length = 0; length < PASSWORD_SIZE; length++) {
		ssize_t got = read(fd, line + length, 1);
		if (got != 1 || atomic_load(&command_abort))
			return false;
		if (line[length] == '\n') {
			line[length] = '\0';
			return true;
		}
	}
	return false;
}

/* With the echo off before the question is put; not stopped (Ctrl-Z) meanwhile, which would leave it off. */
static bool ask_hidden(int tty, const char *what, const char *path, char *line)
{
	struct termios before, hidden;
	sigset_t stop, mask;
	bool is_terminal = tcgetattr(tty, &before) == 0;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, &mask);
	if (is_terminal) {
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		is_terminal = tcsetattr(tty, TCSAFLUSH, &hidden) == 0;
	}
	put(tty, what);
	put(tty, path);
	put(tty, ": ");
	bool got = is_terminal && read_line(tty, line);
	if (is_terminal)
		tcsetattr(tty, TCSAFLUSH, &before);
	put(tty, "\n");
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return got;
}

static char *prompt(const char *what, const char *path, struct error *error)
{
	auto_fd int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0) {
		error_config(error, "%s: needs a password and there is no terminal to ask on; --password-file or --password-fd gives one",
			     path);
		return NULL;
	}
	auto_minisign_text char *line = sodium_init() >= 0 ? sodium_malloc(PASSWORD_SIZE) : NULL;
	if (!line) {
		error_bench(error, "no memory for a password");
		return NULL;
	}
	if (!ask_hidden(tty, what, path, line)) {
		error_set(error, atomic_load(&command_abort) ? ERROR_ABORTED : ERROR_CONFIG, "%s: no password was given", path);
		return NULL;
	}
	return steal(&line);
}

char *password_ask(void *self, const char *path, struct error *error)
{
	const struct password_options *options = self;
	if (options->file)
		return key_file_password(options->file, error);
	if (options->fd >= 0)
		return key_file_password_fd(options->fd, error);
	return prompt("Password of ", path, error);
}

char *password_ask_new(const struct password_options *options, const char *path, struct error *error)
{
	if (options->file || options->fd >= 0)
		return password_ask((void *)options, path, error);
	auto_minisign_text char *first = prompt("New password of ", path, error);
	if (!first)
		return NULL;
	if (!*first) {
		error_config(error, "%s: an empty password protects nothing; --no-password says so", path);
		return NULL;
	}
	auto_minisign_text char *second = prompt("Once more, the password of ", path, error);
	if (!second)
		return NULL;
	if (strcmp(first, second) != 0) {
		error_config(error, "%s: the two passwords are not the same", path);
		return NULL;
	}
	return steal(&first);
}
