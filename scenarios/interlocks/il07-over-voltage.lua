-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL07: the device reads its capacitor at 108 % of the largest voltage, or its sense is open or shorted.
local interlocks = require "interlocks"

interlocks.scenario("il07-over-voltage", "IL07: capacitor over-voltage",
	{ "IL07-STOP", "IL07-READY", "IL07-FAULT", "IL07-CHARGER", "IL07-DUMP", "IL07-DUMP-TIME", "IL07-REFUSE" })
-- The negative test just below the limit.
emulate("capacitor_voltage", 102)
interlocks.healthy()
emulate("capacitor_voltage", "normal")
local states = { 108, table.unpack(interlocks.wire) }
interlocks.trials_of("capacitor_voltage", states, { dump = 2 })
for _, state in ipairs(states) do
	interlocks.refuses_arming("capacitor_voltage", state)
end
