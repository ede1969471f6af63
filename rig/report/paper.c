/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paper.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { FIXED_ARGUMENTS = 6, MAX_SAID = 8192 };

/* The page as a file without a name, to be read from its start. */
static int page_fd(const struct text *html, struct error *error)
{
	auto_fd int fd = memfd_create("page.html", MFD_CLOEXEC);
	const char *bytes = text_view(html);
	for (size_t done = 0; fd >= 0 && done < html->length;) {
		ssize_t wrote = write(fd, bytes + done, html->length - done);
		if (wrote <= 0) {
			error_errno(error, ERROR_BENCH, "the page cannot be handed to weasyprint");
			return -1;
		}
		done += (size_t)wrote;
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
		error_errno(error, ERROR_BENCH, "the page cannot be handed to weasyprint");
		return -1;
	}
	int kept = fd;
	fd = -1;
	return kept;
}

static bool overridden(const char *variable)
{
	static const char *const OURS[] = {"SOURCE_DATE_EPOCH=", "LC_ALL=", "PYTHONHASHSEED=", "TZ="};
	for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
		if (strncmp(variable, OURS[i], strlen(OURS[i])) == 0)
			return true;
	return false;
}

/* Our environment with what makes the output depend on the page alone. epoch is a caller's buffer. */
static char **make_environment(char *epoch)
{
	static char LOCALE[] = "LC_ALL=C.UTF-8", SEED[] = "PYTHONHASHSEED=0", ZONE[] = "TZ=UTC";
	size_t count = 0, kept = 0;
	while (environ[count])
		count++;
	char **variables = calloc(count + 5, sizeof *variables);
	for (size_t i = 0; variables && i < count; i++)
		if (!overridden(environ[i]))
			variables[kept++] = environ[i];
	if (variables) {
		variables[kept++] = epoch;
		variables[kept++] = LOCALE;
		variables[kept++] = SEED;
		variables[kept] = ZONE;
	}
	return variables;
}

/* weasyprint -e utf-8 -a FILE … - -; NULL when out of memory. The list is the caller's, the strings are not. */
static char **make_arguments(const struct paper *paper)
{
	static char PROGRAM[] = "weasyprint", ENCODING[] = "--encoding=utf-8", ATTACH[] = "-a", STANDARD[] = "-";
	char **arguments = calloc(FIXED_ARGUMENTS + 2 * paper->attachment_count, sizeof *arguments);
	size_t count = 0;
	if (!arguments)
		return NULL;
	arguments[count++] = PROGRAM;
	arguments[count++] = ENCODING;
	for (size_t i = 0; i < paper->attachment_count; i++) {
		arguments[count++] = ATTACH;
		arguments[count++] = (char *)paper->attachments[i];
	}
	arguments[count++] = STANDARD;
	arguments[count] = STANDARD;
	return arguments;
}

/* The last line of what the child said on its standard error. */
static void last_words(int fd, char out[256])
{
	char said[MAX_SAID + 1];
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > MAX_SAID ? size - MAX_SAID : 0;
	ssize_t got = pread(fd, said, MAX_SAID, from);
	said[got > 0 ? got : 0] = '\0';
	char *line = said;
	for (char *save = NULL, *next = strtok_r(said, "\n", &save); next; next = strtok_r(NULL, "\n", &save))
		line = next;
	snprintf(out, 256, "%.255s", line);
}

static bool wait_for(pid_t child, int said_fd, struct error *error)
{
	int status = 0;
	char words[256];
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return error_errno(error, ERROR_BENCH, "weasyprint");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	last_words(said_fd, words);
	if (WIFSIGNALED(status))
		return error_bench(error, "weasyprint was ended by signal %d", WTERMSIG(status));
	return error_bench(error, "weasyprint ended with status %d: %s", WEXITSTATUS(status), words);
}

static bool run_weasyprint(const struct paper *paper, int in_fd, int out_fd, struct error *error)
{
	char epoch[64];
	snprintf(epoch, sizeof epoch, "SOURCE_DATE_EPOCH=%" PRId64, paper->epoch_s > 0 ? paper->epoch_s : 0);
	auto_free char **arguments = make_arguments(paper);
	auto_free char **variables = make_environment(epoch);
	auto_fd int said_fd = memfd_create("said", MFD_CLOEXEC);
	posix_spawn_file_actions_t actions;
	if (!arguments || !variables || said_fd < 0 || posix_spawn_file_actions_init(&actions) != 0)
		return error_bench(error, "no memory to start weasyprint");
	pid_t child = -1;
	int failed = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, said_fd, STDERR_FILENO);
	failed = failed ? failed : posix_spawnp(&child, "weasyprint", &actions, NULL, arguments, variables);
	posix_spawn_file_actions_destroy(&actions);
	if (failed == ENOENT)
		return error_config(error, "a PDF needs the program weasyprint, which is not installed (Debian: apt install weasyprint, "
					   "or ./dev report-tools); HTML needs nothing");
	if (failed)
		return error_bench(error, "weasyprint cannot be started: %s", strerror(failed));
	return wait_for(child, said_fd, error);
}

static bool is_pdf(int fd)
{
	char start[5];
	return pread(fd, start, sizeof start, 0) == (ssize_t)sizeof start && memcmp(start, "%PDF-", sizeof start) == 0;
}

bool paper_write(const struct paper *paper, const char *out, struct error *error)
{
	auto_free char *temporary = NULL;
	auto_fd int in_fd = page_fd(paper->html, error);
	if (in_fd < 0)
		return false;
	if (asprintf(&temporary, "%s.partial", out) < 0)
		return error_bench(error, "no memory");
	auto_fd int out_fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out_fd < 0)
		return error_errno(error, ERROR_CONFIG, "%s", temporary);
	bool made = run_weasyprint(paper, in_fd, out_fd, error);
	if (made && !is_pdf(out_fd))
		made = error_bench(error, "weasyprint wrote no PDF");
	if (made && (fsync(out_fd) != 0 || rename(temporary, out) != 0))
		made = error_errno(error, ERROR_BENCH, "%s", out);
	if (!made)
		unlink(temporary);
	return made;
}
