-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL19: the switch can no longer be fired: the first trigger without a pulse is told by the fault line, and nothing fires until a reset.
local interlocks = require "interlocks"

interlocks.scenario("il19-missed-fire", "IL19: no pulse on a trigger", { "IL19-FAULT", "IL19-COUNT" })
interlocks.healthy()
for n = 1, interlocks.trials do
	local rate = interlocks.draw(10, 20)
	local period = 1 / rate
	local phase = math.max(1e-6, interlocks.draw(1e-3, period))
	interlocks.ready()
	train { pulses = 3, rate = rate }
	wait(seconds(phase))
	interlock("gate_driver", "open", 0)
	wait(seconds(math.max(1e-6, period - phase)))
	provoke { pulses = math.ceil(rate), rate = rate }
	emulate("gate_driver", "normal")
	provoke { pulses = math.ceil(rate / 2), rate = rate }
	interlocks.reset("gate_driver")
end
