-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL06: the door or cover is opened while armed: no pulse, and the capacitor is discharged before anybody can reach it.
local interlocks = require "interlocks"

interlocks.scenario("il06-door", "IL06: door open",
	{ "IL06-STOP", "IL06-READY", "IL06-FAULT", "IL06-CHARGER", "IL06-DUMP", "IL06-DUMP-TIME", "IL06-REFUSE" })
interlocks.healthy()
interlocks.trials_of("door", interlocks.wire, { dump = 2 })
for _, state in ipairs(interlocks.wire) do
	interlocks.refuses_arming("door", state)
end
