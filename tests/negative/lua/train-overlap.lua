scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 20, rate = 10, trains = 2, train_period = 1 }
