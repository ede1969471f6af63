-- SPDX-License-Identifier: GPL-3.0-or-later
-- Single pulses so slow that any remote control can fire them: for a bench without a trigger line.
local protocols = require "protocols"

scenario { id = "served-smoke", title = "Slow single pulses, discharge", verifies = protocols.verifies_pulses }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 4, interval = seconds(1.2) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
