scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
single { pulses = 2, interval = 1, jitter = 80 }
