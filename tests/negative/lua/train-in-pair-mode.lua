scenario { id = "x", title = "X" }
intensity(30, 50)
arm()
await("ready", 2)
train { pulses = 3, rate = 10 }
