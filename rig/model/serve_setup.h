/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The simulated instruments in front of a virtual bench: the section `serve:` of a bench file, for `tmsrig sim`.
 */
#include <stdbool.h>

enum serve_server {
	SERVE_IIOD,
	SERVE_BEAGLELOGIC,
	SERVE_MAGSTIM,
	SERVE_MAGVENTURE,
	SERVE_GPIO_SIM,
	SERVE_SCOPE,
	SERVE_SERVER_COUNT,
};

enum serve_magstim_model { SERVE_MAGSTIM_RAPID2, SERVE_MAGSTIM_200_2, SERVE_MAGSTIM_BISTIM_2 };

struct serve_setup {
	bool present[SERVE_SERVER_COUNT];
	unsigned iiod_port; /* 0: any free port */
	const char *iiod_device;
	unsigned beaglelogic_port;
	const char *magstim_path, *magventure_path; /* symbolic links to make */
	enum serve_magstim_model magstim_model;
	unsigned magstim_software;                               /* major version; it decides the lengths of some frames */
	double magstim_keep_alive_s, magstim_armed_keep_alive_s; /* NAN: the server's own */
	unsigned scope_port;
	double scope_timebase_s, scope_level_v; /* a division; of the trigger, at the input */
	const char *scope_trigger;              /* a channel of the bench's adc */
	const char *gpio_chip, *gpio_root;      /* label of the chip; NULL: the root of the file system */
	double gpio_poll_s;                     /* NAN: the server's own */
	const char *control;                    /* socket to make; NULL: none */
};

/* "iiod", "beaglelogic", … Static string. */
const char *serve_server_name(enum serve_server server);
