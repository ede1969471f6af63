-- SPDX-License-Identifier: GPL-3.0-or-later
-- Both interlock lines open in the midst of pulses; triggers after that must not fire; armed again, and ended in good order.
scenario { id = "torture-interlock", title = "Interlocks under torture", verifies = { "REC-GAPS" } }
intensity(40)
for _, line in ipairs { "emergency_stop", "enable" } do
	drive("emergency_stop", false)
	drive("enable", true)
	arm()
	await("ready", seconds(3))
	single { pulses = 2, interval = ms(200) }
	drive(line, line ~= "enable")
	wait(ms(300))
	disarm()
	wait(ms(100))
end
