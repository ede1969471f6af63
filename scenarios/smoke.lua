-- SPDX-License-Identifier: GPL-3.0-or-later
-- A little of everything in some seconds: single pulses, pairs, trains, discharge.
local protocols = require "protocols"

scenario { id = "smoke", title = "Quick check of everything", verifies = protocols.verifies }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = ms(500) }
pair { isi = ms(2.5), first = 36, second = 54, trials = 2, interval = ms(500) }
intensity(50)
await("ready", seconds(5))
train { pulses = 3, rate = 50, bursts = 3, burst_rate = 5, trains = 2, train_period = 1 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
