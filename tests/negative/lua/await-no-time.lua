scenario { id = "x", title = "X" }
await("ready")
