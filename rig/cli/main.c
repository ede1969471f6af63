/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include "command.h"
#include "emergency.h"
#include "verdict.h"

static const struct command *const COMMANDS[] = {&command_run,    &command_check,      &command_analyze, &command_report, &command_export,
						 &command_budget, &command_measurands, &command_sim,     &command_bench,  &command_ledger,
						 &command_trace,  &command_import,     &command_history, &command_trend,  &command_qualify,
						 &command_keygen, &command_sign,       &command_verify,  &command_diff};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static void print_help(FILE *out)
{
	fputs("Usage: tmsrig COMMAND [ARGUMENT...]\n"
	      "Fires pulse trains into a TMS stimulator, measures the coil current, judges it.\n\n",
	      out);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-11s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
	fputs("\n`tmsrig COMMAND --help` tells the arguments of a command.\n\n"
	      "Exit status: 0 conformant, 1 nonconformant, 2 usage or configuration,\n"
	      "3 inconclusive (conditional, not capable, uncalibrated, not tested),\n"
	      "4 bench fault or void, 5 aborted by the operator.\n",
	      out);
}

/* The first time: in good order. The second time: at once. */
static void on_signal(int number)
{
	(void)number;
	int saved = errno;
	bool again = atomic_exchange(&command_abort, true);
	if (again)
		emergency_exit(EXIT_ABORTED);
	static const char TOLD[] = "\ntmsrig: stopping: safe state, then the evidence is written (once more: stop at once)\n";
	if (!again && emergency_watches()) {
		ssize_t ignored = write(STDERR_FILENO, TOLD, sizeof TOLD - 1);
		(void)ignored;
	}
	errno = saved;
}

/* A hang-up that was ignored when the program was started (nohup) stays so. */
static void catch_signals(void)
{
	static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}, before;
	for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
		if (SIGNALS[i] != SIGHUP || (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
			sigaction(SIGNALS[i], &action, NULL);
}

/* What could not be written must not look like success. A reader that has seen enough (`| head`) is no error. */
static int finish_output(int status)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
		return status;
	fprintf(stderr, "tmsrig: standard output cannot be written%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
	return status == EXIT_CONFORMANT ? EXIT_BENCH_FAULT : status;
}

int main(int argc, char **argv)
{
	catch_signals();
	/* A full pipe or a file that may not grow is an error of the write, with a message, and no sudden end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_CONFIGURATION;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return EXIT_CONFORMANT;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("tmsrig %s (%s)\n", COMMAND_VERSION, COMMAND_BUILD);
		return EXIT_CONFORMANT;
	}
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[1], COMMANDS[i]->name) == 0)
			return finish_output(COMMANDS[i]->run(argc - 1, argv + 1));
	fprintf(stderr, "tmsrig: there is no command '%s'; the commands are:", argv[1]);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(stderr, "%s %s", i ? "," : "", COMMANDS[i]->name);
	fputs("\n", stderr);
	return EXIT_CONFIGURATION;
}
