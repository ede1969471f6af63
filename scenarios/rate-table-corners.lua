-- SPDX-License-Identifier: GPL-3.0-or-later
-- The corners of a rate table of the MagPro X100 class: the highest rate at an intensity and the highest intensity at a rate, as short
-- trains. The table is that of fixtures/devices/magpro-x100-cool-b65.yaml.
local protocols = require "protocols"

scenario { id = "rate-table-corners", title = "Corners of the rate table", verifies = protocols.verifies }
intensity(45)
arm()
await("ready", seconds(2))
for _, corner in ipairs { { 45, 100 }, { 65, 50 }, { 85, 30 }, { 100, 20 }, { 100, 1 } } do
	local level, rate = table.unpack(corner)
	intensity(level)
	await("ready", seconds(10))
	train { pulses = 10, rate = rate }
	wait(seconds(5))
end
disarm()
expect_discharge { below = volts(60), within = seconds(5) }
