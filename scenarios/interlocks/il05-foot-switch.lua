-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL05: a press of the foot switch gives one pulse, however the contact bounces and however long it is held; closed at power-on it gives none.
local interlocks = require "interlocks"

interlocks.scenario("il05-foot-switch", "IL05: foot switch", { "IL05-COUNT", "IL05-DELAY" })

-- Up to four bounces of 0.3 ms to 1.2 ms, at most 8 ms in all: the contact goes the other way and comes back.
local function bounce(away, back)
	for _ = 1, math.floor(interlocks.draw(0, 5)) do
		wait(seconds(interlocks.draw(0.3e-3, 1.2e-3)))
		emulate("foot_switch", away)
		wait(seconds(interlocks.draw(0.3e-3, 0.8e-3)))
		emulate("foot_switch", back)
	end
end

interlocks.healthy()
for n = 1, interlocks.trials do
	if (n - 1) % 10 == 0 then
		interlocks.ready()
		train { pulses = 2, rate = 10 }
	end
	interlock("foot_switch", "pressed", 1)
	bounce("normal", "pressed")
	wait(seconds(interlocks.draw(0.05, 0.4)))
	emulate("foot_switch", "normal")
	bounce("pressed", "normal")
	wait(seconds(0.1))
	if n % 10 == 0 or n == interlocks.trials then
		disarm()
		wait(seconds(0.3))
	end
end
-- Closed while the mains return.
emulate("foot_switch", "pressed")
interlock("mains", "open", 0)
provoke { pulses = 5, rate = 10 }
emulate("mains", "normal")
wait(seconds(1.5))
disarm()
intensity(interlocks.percent)
interlock("foot_switch", "pressed", 0)
arm()
wait(seconds(0.5))
emulate("foot_switch", "normal")
wait(seconds(0.2))
disarm()
