-- SPDX-License-Identifier: GPL-3.0-or-later
-- Two strong pulses: the device has to recharge fully within 50 ms.
local protocols = require "protocols"

scenario {
	id = "lici",
	title = "Long-interval intracortical inhibition",
	verifies = protocols.verifies_pairs,
	motor_threshold = 45,
}
local first, second = percent_of_threshold(120), percent_of_threshold(120)
intensity(first, second)
arm()
await("ready", seconds(2))
protocols.paired {
	isi_ms = { 50, 80, 100, 150, 200 },
	first = first, second = second, trials = 10, interval = seconds(5), jitter = 20,
}
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
