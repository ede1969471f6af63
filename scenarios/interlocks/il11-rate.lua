-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL11: external triggers faster than the rate table allows at 100 % (20 Hz on the virtual device): some are refused, none is fired late, and no
-- pulse is too small.
local interlocks = require "interlocks"

interlocks.scenario("il11-rate", "IL11: rate limiter", { "IL11-INTERVAL", "IL11-AMPLITUDE" })
local fastest = setting("rate", 20, 0.1, 100)
interlocks.healthy()
for n = 1, interlocks.trials do
	interlocks.ready(100)
	train { pulses = 3, rate = fastest }
	watch()
	provoke { pulses = 20, rate = fastest * interlocks.draw(1.15, 1.9) }
	wait(seconds(0.3))
	disarm()
	wait(seconds(2))
end
