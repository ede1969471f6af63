scenario { id = "x", title = "X" }
arm(true)
