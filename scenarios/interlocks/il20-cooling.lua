-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL20: the cooling fails (flow switch, fan) while armed.
local interlocks = require "interlocks"

interlocks.scenario("il20-cooling", "IL20: cooling failed",
	{ "IL20-STOP", "IL20-READY", "IL20-FAULT", "IL20-CHARGER", "IL20-DUMP", "IL20-DUMP-TIME", "IL20-REFUSE" })
interlocks.healthy()
interlocks.trials_of("cooling", interlocks.wire, { dump = 2.5, watch = 2.5 })
for _, state in ipairs(interlocks.wire) do
	interlocks.refuses_arming("cooling", state)
end
