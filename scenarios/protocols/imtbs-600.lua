-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "imtbs-600",
	title = "Intermediate theta burst, 600 pulses",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(percent_of_threshold(80))
arm()
await("ready", seconds(2))
protocols.theta_burst { pulses = 600, on = 5, cycle = 15 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
