-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "hf10-dash",
	title = "10 Hz, 4 s on, 11 s off (Dash)",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
justify("dose.train_in_series", "cleared 18.75 min protocol; the table is known to exclude it, and on this bench nobody is stimulated")
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 10, on = 4, off = 11, trains = 75 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
