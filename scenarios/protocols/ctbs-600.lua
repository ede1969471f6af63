-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "ctbs-600",
	title = "Continuous theta burst, 600 pulses",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(percent_of_threshold(80))
arm()
await("ready", seconds(2))
protocols.theta_burst { pulses = 600 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
