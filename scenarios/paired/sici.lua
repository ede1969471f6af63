-- SPDX-License-Identifier: GPL-3.0-or-later
-- Kujirai 1993: a weak conditioning pulse, then the test pulse.
local protocols = require "protocols"

scenario {
	id = "sici",
	title = "Short-interval intracortical inhibition",
	verifies = protocols.verifies_pairs,
	motor_threshold = 45,
}
local first, second = percent_of_threshold(80), percent_of_threshold(120)
intensity(first, second)
arm()
await("ready", seconds(2))
protocols.paired {
	isi_ms = { 1, 1.5, 2, 2.5, 3, 4, 5, 6 },
	first = first, second = second, trials = 10, interval = seconds(5), jitter = 20,
}
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
