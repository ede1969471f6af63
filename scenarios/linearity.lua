-- SPDX-License-Identifier: GPL-3.0-or-later
-- Output against setting, up and down: eleven levels, ten pulses each.
local protocols = require "protocols"

scenario { id = "linearity", title = "Linearity of the output, up and down", verifies = protocols.verifies_linearity }
intensity(10)
arm()
await("ready", seconds(2))
protocols.ladder { from = 10, to = 100, step = 9, pulses = 10, interval = 1 }
protocols.ladder { from = 91, to = 10, step = 9, pulses = 10, interval = 1 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
