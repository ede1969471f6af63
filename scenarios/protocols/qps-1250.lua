-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "qps-1250",
	title = "Quadripulse stimulation, 1250 ms",
	verifies = protocols.verifies_pulses,
	motor_threshold = 50,
}
intensity(percent_of_threshold(90))
arm()
await("ready", seconds(2))
protocols.quadripulse { isi = ms(1250) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
