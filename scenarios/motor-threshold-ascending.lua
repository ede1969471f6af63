-- SPDX-License-Identifier: GPL-3.0-or-later
-- The intensities of a search for the motor threshold (Rossini 1994): weak first, up in steps of 5 %, until the response is there.
local protocols = require "protocols"

scenario { id = "motor-threshold-ascending", title = "Motor threshold ladder, ascending", verifies = protocols.verifies_pulses }
intensity(25)
arm()
await("ready", seconds(2))
protocols.ladder { from = 25, to = 65, step = 5, pulses = 5, interval = 4, jitter = 20 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
