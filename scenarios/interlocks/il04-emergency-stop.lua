-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL04: the emergency stop; both channels, and each alone, which is a discrepancy. Its wires open and shorted.
local interlocks = require "interlocks"

interlocks.scenario("il04-emergency-stop", "IL04: emergency stop",
	{ "IL04-STOP", "IL04-READY", "IL04-FAULT", "IL04-CHARGER", "IL04-DUMP", "IL04-DUMP-TIME", "IL04-REFUSE" })
interlocks.healthy()
local causes = {}
for _, signal in ipairs { "emergency_stop", "emergency_stop_1", "emergency_stop_2" } do
	for _, state in ipairs(interlocks.wire) do
		causes[#causes + 1] = { signal = signal, state = state, dump = 2 }
	end
end
for n = 1, interlocks.trials do
	interlocks.trial(causes[(n * 4 - 4) % #causes + 1])
end
for _, signal in ipairs { "emergency_stop", "emergency_stop_1", "emergency_stop_2" } do
	interlocks.refuses_arming(signal, "open")
end
