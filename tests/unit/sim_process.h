/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* `tmsrig sim` as a process of its own, on free ports in a folder of its own: instruments that speak their own protocols. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct sim_process {
	pid_t pid;
	char folder[64];
	unsigned port; /* of the server it was started for */
};

static void sim_process_shell(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

/* A bench of fixtures/benches, and the server whose port is wanted. */
static struct sim_process sim_process_start(const char *bench, const char *server)
{
	struct sim_process sim = {.folder = "/tmp/tmsrig-sim-XXXXXX"};
	char command[1024], line[256] = "";
	int out[2];
	cr_assert_not_null(mkdtemp(sim.folder));
	snprintf(command, sizeof command,
		 "sed -e 's/port: [0-9]*/port: 0/' -e 's/path: tmsrig-/path: /' -e 's/tmsrig-control/control/' "
		 "'%s/fixtures/benches/%s.yaml' >%s/served.yaml",
		 SOURCE_ROOT, bench, sim.folder);
	sim_process_shell(command);
	cr_assert_eq(pipe(out), 0);
	sim.pid = fork();
	if (sim.pid == 0) {
		/* A test that fails leaves nothing behind. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		setenv("TMSRIG_DATA", SOURCE_ROOT, 1);
		if (chdir(sim.folder) == 0)
			execl(getenv("TMSRIG"), "tmsrig", "sim", "./served.yaml", NULL);
		_exit(127);
	}
	close(out[1]);
	FILE *ready = fdopen(out[0], "r");
	cr_assert(fgets(line, sizeof line, ready), "the simulator ended");
	const char *port = strstr(line, server);
	cr_assert(strncmp(line, "ready: ", 7) == 0 && port, "%s", line);
	sim.port = (unsigned)strtoul(port + strlen(server), NULL, 10);
	fclose(ready);
	return sim;
}

static void sim_process_stop(struct sim_process *sim)
{
	char command[128];
	kill(sim->pid, SIGTERM);
	waitpid(sim->pid, NULL, 0);
	snprintf(command, sizeof command, "rm -rf %s", sim->folder);
	sim_process_shell(command);
}

/* A fault on command. */
static void sim_process_command(const struct sim_process *sim, const char *words)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char line[256], reply[256] = "";
	snprintf(address.sun_path, sizeof address.sun_path, "%s/control", sim->folder);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	int length = snprintf(line, sizeof line, "%s\n", words);
	cr_assert_eq(write(fd, line, (size_t)length), length);
	cr_assert(read(fd, reply, sizeof reply - 1) > 0 && strncmp(reply, "ok", 2) == 0, "%s: %s", words, reply);
	close(fd);
}

/* A session by the Magstim's protocol, which fires once. */
static inline void sim_process_fire(const struct sim_process *sim)
{
	char command[512];
	snprintf(command, sizeof command, "/usr/bin/python3 '%s/tests/instruments/check.py' magstim %s/magstim >/dev/null", SOURCE_ROOT,
		 sim->folder);
	sim_process_shell(command);
}
