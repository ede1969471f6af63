-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL01: the coil is pulled while armed (its detection wire opens, or is shorted). Relays switch the detection, never the power contacts.
local interlocks = require "interlocks"

interlocks.scenario("il01-coil-present", "IL01: coil not connected",
	{ "IL01-STOP", "IL01-READY", "IL01-FAULT", "IL01-CHARGER", "IL01-DUMP", "IL01-DUMP-TIME", "IL01-REFUSE" })
interlocks.healthy()
interlocks.trials_of("coil_present", interlocks.wire, { dump = 2 })
for _, state in ipairs(interlocks.wire) do
	interlocks.refuses_arming("coil_present", state)
end
