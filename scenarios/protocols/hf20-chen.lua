-- SPDX-License-Identifier: GPL-3.0-or-later
-- Chen 1997.
local protocols = require "protocols"

scenario {
	id = "hf20-chen",
	title = "20 Hz, 1.6 s, 10 trains, 5 s pause",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
justify("dose.train_in_series", "found safe in the experiment of Chen 1997 itself, whose table is more careful")
intensity(percent_of_threshold(110))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 20, on = 1.6, off = 5, trains = 10 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
