-- SPDX-License-Identifier: GPL-3.0-or-later
-- Cole 2020.
local protocols = require "protocols"

scenario {
	id = "itbs-1800",
	title = "Intermittent theta burst, 1800 pulses (one SAINT session)",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
intensity(percent_of_threshold(90))
arm()
await("ready", seconds(2))
protocols.theta_burst { pulses = 1800, on = 2, cycle = 10 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
