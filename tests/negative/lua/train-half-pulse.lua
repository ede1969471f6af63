scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 2.5, rate = 50 }
