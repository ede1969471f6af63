scenario { id = "x", title = "X" }
drive("trigger", true)
