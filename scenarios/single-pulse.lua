-- SPDX-License-Identifier: GPL-3.0-or-later
-- Single pulses at five levels.
local protocols = require "protocols"

scenario { id = "single-pulse", title = "Single pulses at five intensities", verifies = protocols.verifies_pulses }
intensity(20)
arm()
await("ready", seconds(2))
protocols.ladder { from = 20, to = 100, step = 20, pulses = 10, interval = 2, jitter = 10 }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
