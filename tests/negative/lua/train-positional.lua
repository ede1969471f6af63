scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
train { 3, rate = 50 }
