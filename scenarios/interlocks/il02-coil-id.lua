-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL02: a coil that the device does not know, or whose identification is open or shorted: it does not arm, the capacitor is not charged.
local interlocks = require "interlocks"

interlocks.scenario("il02-coil-id", "IL02: coil not known", { "IL02-REFUSE", "IL02-READY", "IL02-RISE" })
interlocks.healthy()
local states = { "unknown", table.unpack(interlocks.wire) }
for n = 1, interlocks.trials do
	interlocks.refuses_arming("coil_id", states[(n - 1) % #states + 1])
end
