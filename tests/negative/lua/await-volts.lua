scenario { id = "x", title = "X" }
await("ready", volts(2))
