scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
trian { pulses = 3 }
