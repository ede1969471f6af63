scenario { id = "x", title = "X" }
scenario { id = "x", title = "X" }
