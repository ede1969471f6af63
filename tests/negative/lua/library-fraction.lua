scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
local p = require "protocols"
p.conventional { rate = 18, on = 1.23 }
