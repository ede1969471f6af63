-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "dtms20-ocd",
	title = "20 Hz, 2 s on, 20 s off (H7 coil)",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
justify("dose.train_in_series", "cleared deep TMS of obsessive-compulsive disorder (DEN170078); the table is known to exclude it, and on this bench nobody is stimulated")
intensity(percent_of_threshold(100))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 20, on = 2, off = 20, trains = 50 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
