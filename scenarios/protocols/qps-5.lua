-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "qps-5",
	title = "Quadripulse stimulation, 5 ms",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
justify("dose.no_limit", "quadripulse bursts are four pulses only (Hamada 2008); the tables were made for longer trains")
justify("dose.iti", "quadripulse bursts are four pulses only (Hamada 2008); the tables were made for longer trains")
intensity(percent_of_threshold(90))
arm()
await("ready", seconds(2))
protocols.quadripulse { isi = ms(5) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
