scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
local n = 3
train { pulses = N, rate = 50 }
