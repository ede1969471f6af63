-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "itbs-1200",
	title = "Intermittent theta burst, 1200 pulses",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.theta_burst { pulses = 1200, on = 2, cycle = 10 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
