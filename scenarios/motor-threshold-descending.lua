-- SPDX-License-Identifier: GPL-3.0-or-later
-- The second half of a search for the motor threshold: weak first and up in large steps, then down in steps of 1 % (Rossini 1994). Down is the
-- slow direction: the device has to give charge away, and must not fire at the old level.
local protocols = require "protocols"

scenario { id = "motor-threshold-descending", title = "Motor threshold ladder, descending", verifies = protocols.verifies_pulses }
intensity(35)
arm()
await("ready", seconds(2))
protocols.ladder { from = 35, to = 55, step = 10, pulses = 1, interval = 4 }
protocols.ladder { from = 54, to = 40, step = 1, pulses = 5, interval = 4, jitter = 20 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
