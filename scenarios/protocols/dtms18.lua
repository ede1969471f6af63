-- SPDX-License-Identifier: GPL-3.0-or-later
local protocols = require "protocols"

scenario {
	id = "dtms18",
	title = "18 Hz, 2 s on, 20 s off (H1 coil)",
	verifies = protocols.verifies,
	motor_threshold = 45,
}
justify("dose.single_train", "cleared deep TMS of depression; the table is known to exclude it, and on this bench nobody is stimulated")
justify("dose.train_in_series", "cleared deep TMS of depression; the table is known to exclude it, and on this bench nobody is stimulated")
intensity(percent_of_threshold(120))
arm()
await("ready", seconds(2))
protocols.conventional { rate = 18, on = 2, off = 20, trains = 55 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
