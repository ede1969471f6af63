scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
local p = require "protocols"

p.quadripulse { isi = volts(5) }
