scenario { id = "x", title = "X" }
await("redy", seconds(2))
