/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve_setup.h"

const char *serve_server_name(enum serve_server server)
{
	switch (server) {
	case SERVE_IIOD: return "iiod";
	case SERVE_BEAGLELOGIC: return "beaglelogic";
	case SERVE_MAGSTIM: return "magstim";
	case SERVE_MAGVENTURE: return "magventure";
	case SERVE_SCOPE: return "scope";
	case SERVE_GPIO_SIM: return "gpio_sim";
	case SERVE_SERVER_COUNT: break;
	}
	return "?";
}
