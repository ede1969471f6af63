scenario { id = "x", title = "X" }
await("trigger", seconds(2))
