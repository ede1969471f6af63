scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
pair { first = 30, second = 50 }
