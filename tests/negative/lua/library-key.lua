scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
local p = require "protocols"
p.conventional { rate = 10, on = 4, of = 26, trains = 3 }
