scenario { id = "x", title = "X" }
oops
