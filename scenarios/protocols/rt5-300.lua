-- SPDX-License-Identifier: GPL-3.0-or-later
-- Chen 1997: at most 50 pulses a train.
local protocols = require "protocols"

scenario {
	id = "rt5-300",
	title = "5 Hz, 10 s trains",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 5, on = 10, off = 50, trains = 6 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
