scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
train { pulses = 1000, rate = 50, bursts = 1000, burst_period = 30, trains = 1000, train_period = 30000 }
