-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL13: the remote control falls silent while armed; the device disarms by itself within a time of its own.
local interlocks = require "interlocks"

interlocks.scenario("il13-watchdog", "IL13: remote control silent",
	{ "IL13-STOP", "IL13-READY", "IL13-FAULT", "IL13-CHARGER", "IL13-DUMP", "IL13-DUMP-TIME" })
interlocks.healthy()
interlocks.trials_of("remote", { "silent" }, { dump = 3.5, watch = 3.5 })
