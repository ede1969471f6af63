-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL16: a sensor is out of range when the device starts: it does not become operable, and says so.
local interlocks = require "interlocks"

interlocks.scenario("il16-self-test", "IL16: self-test", { "IL16-REFUSE", "IL16-FAULT" })
interlocks.healthy()
for n = 1, interlocks.trials do
	local state = interlocks.wire[(n - 1) % #interlocks.wire + 1]
	interlock("mains", "open", 0)
	wait(seconds(0.5))
	emulate("sensor_board", state)
	emulate("mains", "normal")
	wait(seconds(1.5))
	-- What the mains' failure left is reset; what is left then is the self-test's.
	disarm()
	wait(seconds(0.1))
	interlock("sensor_board", state, 0)
	intensity(interlocks.percent)
	arm()
	wait(seconds(0.3))
	provoke { pulses = 10, rate = 20 }
	interlocks.reset("sensor_board")
end
