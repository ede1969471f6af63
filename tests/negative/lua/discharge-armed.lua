scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
expect_discharge { below = volts(60), within = seconds(5) }
