-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "hf10-std",
	title = "10 Hz, 4 s on, 26 s off",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
justify("dose.train_in_series", "FDA-cleared treatment of depression; the table is known to exclude it, and on this bench nobody is stimulated")
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 10, on = 4, off = 26, trains = 75 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
