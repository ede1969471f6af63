-- SPDX-License-Identifier: GPL-3.0-or-later
-- Single pulses so far apart that an oscilloscope has delivered the frame of one, and waits again, before the next.
local protocols = require "protocols"

scenario { id = "served-scope", title = "Single pulses, one frame each", verifies = protocols.verifies_pulses }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 3, interval = seconds(3) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
