-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL16: a sensor is out of range when the device starts: it does not become operable, and says so.
local interlocks = require "interlocks"

interlocks.scenario("il16-self-test", "IL16: self-test", { "IL16-REFUSE", "IL16-FAULT" }, 20)
interlocks.healthy()
for n = 1, interlocks.trials do
	emulate("mains", "open")
	wait(seconds(0.5))
	interlock("sensor_board", interlocks.wire[(n - 1) % 3 + 1], 0)
	emulate("mains", "normal")
	wait(seconds(1.5))
	arm()
	wait(seconds(0.3))
	intensity(interlocks.percent)
	provoke { pulses = 10, rate = 20 }
	interlocks.reset("sensor_board")
end
