scenario { id = "x", title = "X" }
intensity(0)
arm()
await("ready", 2)
single { pulses = 1 }
