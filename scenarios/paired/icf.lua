-- SPDX-License-Identifier: GPL-3.0-or-later
-- A weak conditioning pulse, then the test pulse; 10 to 15 ms are used most.
local protocols = require "protocols"

scenario {
	id = "icf",
	title = "Intracortical facilitation",
	verifies = protocols.verifies_pairs,
	motor_threshold = 45,
}
local first, second = percent_of_threshold(80), percent_of_threshold(120)
intensity(first, second)
arm()
await("ready", seconds(2))
protocols.paired {
	isi_ms = { 7, 8, 10, 12, 15, 20 },
	first = first, second = second, trials = 10, interval = seconds(5), jitter = 20,
}
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
