scenario { id = "x", title = "X" }
drive("estop", true)
