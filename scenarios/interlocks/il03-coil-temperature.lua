-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL03: the coil's sensor is emulated: a ramp through the limit, open and short. After a trip the coil cools to just below the limit, and
-- nothing starts by itself. The setting `limit` is the device's, in degrees Celsius.
local interlocks = require "interlocks"

interlocks.scenario("il03-coil-temperature", "IL03: coil temperature and its sensor",
	{ "IL03-STOP", "IL03-READY", "IL03-FAULT", "IL03-CHARGER", "IL03-DUMP", "IL03-DUMP-TIME", "IL03-REFUSE" })
local limit = setting("limit", 43, 30, 80)
-- The negative test with a warm coil.
emulate("coil_temperature", limit - 3)
interlocks.healthy()
emulate("coil_temperature", "normal")
local states = { limit + 0.5, table.unpack(interlocks.wire) }
local function ramp()
	for step = 6, 1, -1 do
		emulate("coil_temperature", limit - step / 2)
		wait(seconds(0.02))
	end
end
for n = 1, interlocks.trials do
	local state = states[(n - 1) % #states + 1]
	interlocks.trial {
		signal = "coil_temperature", state = state, dump = 2.5, watch = 2.5,
		before = type(state) == "number" and ramp or nil,
	}
end
for _, state in ipairs(states) do
	interlocks.refuses_arming("coil_temperature", state)
end
