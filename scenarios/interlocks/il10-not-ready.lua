-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL10: triggers while disarmed, while charging and in the last milliseconds before "ready" are ignored, and not fired later. The setting
-- `charging` is how long the device needs from arming to "ready" at the intensity of the scenario: triggers come until shortly before.
local interlocks = require "interlocks"

interlocks.scenario("il10-not-ready", "IL10: triggers while not ready", { "IL10-REFUSE" })
local charging = setting("charging", 0.026, 0.005, 60)
interlocks.healthy()
for n = 1, interlocks.trials do
	-- Disarmed: 1 to 100 Hz.
	provoke { pulses = 3, rate = 10 ^ interlocks.draw(0, 2) }
	intensity(interlocks.percent)
	wait(seconds(0.05))
	-- Charging: some triggers anywhere, and one in the last milliseconds.
	local last = charging - interlocks.draw(0, 0.2) * charging
	arm()
	wait(seconds(last / 3))
	provoke { pulses = 2, ipi = seconds(last / 3) }
	await("ready", seconds(5))
	wait(seconds(0.3))
	-- Ready: it still fires, once a trigger.
	train { pulses = 2, rate = interlocks.draw(10, 20) }
	wait(seconds(0.2))
	disarm()
	provoke { pulses = 4, rate = 10 }
	wait(seconds(1))
end
