-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "hf20-2-28",
	title = "20 Hz, 2 s on, 28 s off",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
justify("dose.train_in_series", "common research protocol; the table is known to exclude it, and on this bench nobody is stimulated")
intensity(percent_of_threshold(100))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 20, on = 2, off = 28, trains = 40 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
