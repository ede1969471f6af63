-- SPDX-License-Identifier: GPL-3.0-or-later
-- Huang 2005: 2 s on, a new train every 10 s.
local protocols = require "protocols"

scenario {
	id = "itbs-600",
	title = "Intermittent theta burst, 600 pulses",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(80)
arm()
await("ready", seconds(2))
protocols.theta_burst { pulses = 600, on = 2, cycle = 10 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
