scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
while true do train { pulses = 300000, rate = 50 } end
