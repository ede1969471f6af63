-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL15: after power-up the device stands disarmed at its least setting: no trigger gives a pulse, and armed without being set it charges nothing.
local interlocks = require "interlocks"

interlocks.scenario("il15-power-up", "IL15: power-up", { "IL15-REFUSE", "IL15-RISE" })
interlocks.healthy()
for n = 1, interlocks.trials do
	interlocks.ready()
	train { pulses = 2, rate = interlocks.draw(10, 20) }
	disarm()
	wait(seconds(1.5))
	interlock("mains", "open", 0)
	wait(seconds(interlocks.draw(0.3, 1)))
	emulate("mains", "normal")
	watch(0)
	provoke { pulses = 20, rate = 10 }
	disarm()
	arm()
	watch(0)
	wait(seconds(0.5))
	provoke { pulses = 5, rate = 10 }
	disarm()
	wait(seconds(0.2))
end
