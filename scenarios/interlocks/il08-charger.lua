-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL08: the charger gives only a few percent of its power: pulses get fewer, none is too small.
local interlocks = require "interlocks"

interlocks.scenario("il08-charger", "IL08: charger too slow", { "IL08-AMPLITUDE" })
interlocks.healthy()
for n = 1, interlocks.trials do
	local rate = interlocks.draw(10, 20)
	interlocks.ready(80)
	train { pulses = 2, rate = rate }
	interlock("charger", interlocks.draw(2, 10))
	provoke { pulses = math.ceil(2 * rate), rate = rate }
	interlocks.reset("charger")
end
