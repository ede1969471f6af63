scenario { id = "x", title = "X" }
intensity(0/0)
