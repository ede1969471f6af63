scenario { id = "x", title = "X" }
disarm()
