-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL04: the emergency stop; both channels, and each alone, which is a discrepancy. Its wires open and shorted.
local interlocks = require "interlocks"

interlocks.scenario("il04-emergency-stop", "IL04: emergency stop",
	{ "IL04-STOP", "IL04-READY", "IL04-FAULT", "IL04-CHARGER", "IL04-DUMP", "IL04-DUMP-TIME", "IL04-REFUSE" })
interlocks.healthy()
-- A bench with one relay for both channels says channels=1.
local signals = { "emergency_stop", "emergency_stop_1", "emergency_stop_2" }
if setting("channels", 2, 1, 2) == 1 then
	signals = { "emergency_stop" }
end
local causes = {}
for _, signal in ipairs(signals) do
	for _, state in ipairs(interlocks.wire) do
		causes[#causes + 1] = { signal = signal, state = state, dump = 2 }
	end
end
for n = 1, interlocks.trials do
	-- Every signal early on, every state of it over all trials.
	interlocks.trial(causes[((n - 1) * (#interlocks.wire + 1)) % #causes + 1])
end
for _, signal in ipairs(signals) do
	interlocks.refuses_arming(signal, "open")
end
