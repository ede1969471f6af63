scenario { id = "x", title = "X" }
await("ready", seconds(0))
