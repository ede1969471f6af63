-- SPDX-License-Identifier: GPL-3.0-or-later
-- Peaks of the I-waves; needs intervals in steps of 0.1 ms.
local protocols = require "protocols"

scenario {
	id = "sicf",
	title = "Short-interval intracortical facilitation",
	verifies = protocols.verifies_pairs,
	motor_threshold = 45,
}
local first, second = percent_of_threshold(120), percent_of_threshold(100)
intensity(first, second)
arm()
await("ready", seconds(2))
protocols.paired {
	isi_ms = { 1.1, 1.3, 1.5, 2.3, 2.5, 2.7, 2.9, 4.1, 4.4 },
	first = first, second = second, trials = 10, interval = seconds(5), jitter = 20,
}
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
