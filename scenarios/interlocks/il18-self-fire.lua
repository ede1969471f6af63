-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL18: the switch closes by itself while armed (emulated); the device notices, and there is no second discharge.
local interlocks = require "interlocks"

interlocks.scenario("il18-self-fire", "IL18: discharge without a trigger",
	{ "IL18-COUNT", "IL18-FAULT", "IL18-READY", "IL18-DUMP", "IL18-DUMP-TIME" })
interlocks.healthy()
for n = 1, interlocks.trials do
	interlocks.ready()
	train { pulses = 3, rate = interlocks.draw(10, 20) }
	wait(seconds(math.max(1e-6, interlocks.draw(0, 0.1))))
	interlock("switch", "self_fire", 1)
	expect_discharge { below = volts(60), within = seconds(2) }
	wait(seconds(2.2))
	interlocks.reset("switch")
end
