scenario { id = "x", title = "X" }
reversed()
