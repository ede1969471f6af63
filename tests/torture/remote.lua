-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fired by remote command, in both directions of the current.
scenario { id = "torture-remote", title = "Remote control under torture", verifies = { "REC-GAPS", "PULSE-COUNT", "AMP-POLARITY" } }
intensity(40)
arm()
await("ready", seconds(3))
single { pulses = 2, interval = ms(400) }
reversed(true)
single { pulses = 2, interval = ms(400) }
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
