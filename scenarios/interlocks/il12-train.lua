-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL12: a train that is longer than the device allows stops there, at the exact pulse; a train after the minimum wait goes on. The setting
-- `longest` is the device's longest train (40 pulses on the bench virtual-interlocks).
local interlocks = require "interlocks"

interlocks.scenario("il12-train", "IL12: longest train, minimum wait", { "IL12-COUNT" })
local longest, least = setting("longest", 40, 2, 100000), setting("wait", 0.5, 0.01, 60)
interlocks.healthy()
for n = 1, interlocks.trials do
	local rate = interlocks.draw(10, 20)
	interlocks.ready()
	train { pulses = 2, rate = rate }
	watch(longest - 2)
	provoke { pulses = longest + 2, rate = rate }
	wait(seconds(least + 0.2))
	-- After the wait it fires again.
	watch(3)
	provoke { pulses = 3, rate = rate }
	disarm()
	wait(seconds(0.5))
end
