scenario { id = "x", title = "X" }
intensity(-1)
