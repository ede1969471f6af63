scenario { id = "x", title = "X" }
drive("enable")
