-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL22: at a setting of 0 % a hundred triggers give no pulse.
local interlocks = require "interlocks"

interlocks.scenario("il22-zero", "IL22: setting of 0 %", { "IL22-REFUSE", "IL22-LEAKAGE" }, 100)
interlocks.healthy()
interlocks.ready()
train { pulses = 3, rate = 10 }
disarm()
wait(seconds(2))
intensity(0)
arm()
wait(seconds(0.5))
provoke { pulses = interlocks.trials, rate = interlocks.draw(10, 20) }
disarm()
