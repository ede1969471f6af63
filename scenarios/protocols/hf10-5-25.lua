-- SPDX-License-Identifier: GPL-3.0-or-later
-- Modirrousta 2018, NDT 14:309.
local protocols = require "protocols"

scenario {
	id = "hf10-5-25",
	title = "10 Hz, 5 s on, 25 s off",
	verifies = protocols.verifies,
	motor_threshold = 50,
}
intensity(percent_of_threshold(110))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 10, on = 5, off = 25, trains = 60 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
