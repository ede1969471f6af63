scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 3, rate = 50, ipi = ms(20) }
