-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL14: a damaged command (for the largest output) while armed changes nothing; the last arming command, repeated after disarming, does not arm. Of a
-- remote control whose protocol has nothing against repetition say replays=0: then it is a damaged command that is sent disarmed.
local interlocks = require "interlocks"

interlocks.scenario("il14-command", "IL14: damaged and repeated commands", { "IL14-REFUSE", "IL14-AMPLITUDE", "IL14-READY" })
local disarmed = setting("replays", 1, 0, 1) == 1 and "replayed" or "corrupted"
interlocks.healthy()
for n = 1, interlocks.trials do
	local rate = interlocks.draw(10, 20)
	interlocks.ready()
	train { pulses = 3, rate = rate }
	wait(seconds(math.max(1e-6, interlocks.draw(0, 1 / rate))))
	emulate("remote", "corrupted")
	wait(seconds(0.2))
	train { pulses = 3, rate = rate }
	emulate("remote", "normal")
	disarm()
	wait(seconds(0.3))
	interlock("remote", disarmed)
	wait(seconds(0.3))
	provoke { pulses = 5, rate = 10 }
	emulate("remote", "normal")
	disarm()
	wait(seconds(0.3))
end
