scenario { id = "x", title = "X" }
intensity(111)
