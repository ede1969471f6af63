-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL17: the mains fail, at any phase of the pulse period, for 20 ms, 0.5 s or longer. A short dip is bridged; after a longer one the device
-- stays disarmed when the mains return, whatever triggers come meanwhile.
local interlocks = require "interlocks"

interlocks.scenario("il17-mains", "IL17: mains failure, dips and return",
	{ "IL17-STOP", "IL17-READY", "IL17-FAULT", "IL17-CHARGER", "IL17-DUMP", "IL17-DUMP-TIME" })
interlocks.healthy()
-- A dip of so many seconds is bridged: the train goes on.
local bridged = setting("bridged", 0.01, 0.001, 1)
interlocks.ready()
train { pulses = 5, rate = 15 }
emulate("mains", "open")
wait(seconds(bridged))
emulate("mains", "normal")
train { pulses = 10, rate = 15 }
disarm()
wait(seconds(0.5))
local dips = { false, 0.02, 0.5, 1.5 }
for n = 1, interlocks.trials do
	interlocks.trial { signal = "mains", state = "open", hold = dips[(n - 1) % #dips + 1], dump = 2, watch = 2.5, after = 1.5 }
end
