scenario { id = "x", title = "X" }
arm()
await("ready", seconds(2))
single { pulses = 1 }
