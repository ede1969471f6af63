/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

/* False for a regular file that others than its owner may touch. */
static bool check_mode(int fd, const char *path, struct error *error)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return error_errno(error, ERROR_CONFIG, "%s: cannot be read", path);
	if (S_ISDIR(status.st_mode))
		return error_config(error, "%s: is a folder; a file is needed", path);
	if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
		return error_config(error,
				    "%s: others than its owner may touch it (mode %04o); `chmod 600 %s` helps, if nobody has read it yet",
				    path, (unsigned)(status.st_mode & 07777), path);
	return true;
}

/* Up to size - 1 bytes, without a buffer that would keep a copy, in memory that is not swapped; NULL on failure. */
static char *read_secret(int fd, const char *path, size_t size, size_t *length, struct error *error)
{
	char *bytes = sodium_init() >= 0 ? sodium_malloc(size) : NULL;
	ssize_t got = bytes ? 1 : -1;
	for (*length = 0; got > 0 && *length < size - 1; *length += (size_t)(got > 0 ? got : 0))
		got = read(fd, bytes + *length, size - 1 - *length);
	if (got < 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot be read", path);
		sodium_free(bytes);
		return NULL;
	}
	bytes[*length] = '\0';
	return bytes;
}

static int open_secret(const char *path, struct error *error)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot be opened", path);
		return -1;
	}
	if (!check_mode(fd, path, error))
		return -1;
	int checked = fd;
	fd = -1;
	return checked;
}

struct minisign_secret_key *key_file_read(const char *path, const struct password_source *password, struct error *error)
{
	size_t length = 0;
	bool encrypted = false;
	auto_fd int fd = open_secret(path, error);
	auto_minisign_text char *text = fd >= 0 ? read_secret(fd, path, MINISIGN_MAX_FILE + 2, &length, error) : NULL;
	if (!text)
		return NULL;
	if (!minisign_secret_key_is_encrypted(text, length, &encrypted, error)) {
		error_prefix(error, "%s", path);
		return NULL;
	}
	auto_minisign_text char *word = encrypted ? password->ask(password->self, path, error) : NULL;
	if (encrypted && !word)
		return NULL;
	struct minisign_secret_key *key = minisign_parse_secret_key(text, length, word, error);
	if (!key)
		error_prefix(error, "%s", path);
	return key;
}

/* Creates the file, which must not be there. */
static bool write_new(const char *path, mode_t mode, const char *text, struct error *error)
{
	auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return error_errno(error, ERROR_CONFIG, errno == EEXIST ? "%s: keys are never overwritten" : "%s: cannot be created", path);
	size_t length = strlen(text), written = 0;
	for (ssize_t got; written < length; written += (size_t)got) {
		got = write(fd, text + written, length - written);
		if (got <= 0)
			break;
	}
	if (written == length && fsync(fd) == 0)
		return true;
	error_errno(error, ERROR_BENCH, "%s: cannot be written", path);
	unlink(path);
	return false;
}

bool key_file_write(const char *secret_path, const char *public_path, const struct minisign_secret_key *key, const char *password,
		    struct error *error)
{
	struct minisign_public_key public_key;
	minisign_public_key_of(key, &public_key);
	auto_free char *public_text = minisign_format_public_key(&public_key);
	auto_minisign_text char *secret_text = minisign_format_secret_key(key, password, 0, error);
	if (!secret_text || !public_text)
		return secret_text ? error_bench(error, "%s: out of memory", public_path) : error_prefix(error, "%s", secret_path);
	if (!write_new(secret_path, 0600, secret_text, error))
		return false;
	if (write_new(public_path, 0666, public_text, error))
		return true;
	unlink(secret_path);
	return false;
}

static char *take_line(char *text, const char *path, size_t length, struct error *error)
{
	if (!text)
		return NULL;
	size_t line = strcspn(text, "\r\n");
	if (line == 0 || line == PASSWORD_SIZE - 1 || (line < length && !text[line])) {
		error_config(error, "%s: its first line is no password: 1 to %d bytes are needed", path, PASSWORD_SIZE - 2);
		sodium_free(text);
		return NULL;
	}
	sodium_memzero(text + line, length - line);
	return text;
}

static char *read_password(int fd, const char *path, struct error *error)
{
	size_t length = 0;
	char *text = read_secret(fd, path, PASSWORD_SIZE, &length, error);
	return take_line(text, path, length, error);
}

char *key_file_password(const char *path, struct error *error)
{
	auto_fd int fd = open_secret(path, error);
	return fd >= 0 ? read_password(fd, path, error) : NULL;
}

char *key_file_password_fd(int fd, struct error *error)
{
	char path[32];
	snprintf(path, sizeof path, "file descriptor %d", fd);
	return check_mode(fd, path, error) ? read_password(fd, path, error) : NULL;
}
