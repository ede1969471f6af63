-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "dtms10-smoke",
	title = "10 Hz, 3 s on, 15 s off (H4 coil)",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 10, on = 3, off = 15, trains = 60 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
