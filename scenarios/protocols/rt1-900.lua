-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "rt1-900",
	title = "1 Hz, 900 pulses (15 min)",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
intensity(percent_of_threshold(110))
arm()
await("ready", seconds(2))
protocols.low_frequency { rate = 1, pulses = 900 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
