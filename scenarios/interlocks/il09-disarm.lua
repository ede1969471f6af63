-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL09: disarming discharges the capacitor, at any phase of the pulse period, and nothing fires on the way down.
local interlocks = require "interlocks"

interlocks.scenario("il09-disarm", "IL09: discharge after disarming", { "IL09-DUMP", "IL09-DUMP-TIME", "IL09-REBOUND", "IL09-REFUSE" })
interlocks.healthy()
for n = 1, interlocks.trials do
	local rate = interlocks.draw(10, 20)
	interlocks.ready(n % 2 == 1 and 100 or interlocks.percent)
	train { pulses = 3, rate = rate }
	wait(seconds(math.max(1e-3, interlocks.draw(0, 1 / rate))))
	disarm()
	expect_discharge { below = volts(60), within = seconds(2) }
	provoke { pulses = 50, rate = 20 }
end
