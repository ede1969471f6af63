scenario { title = "X" }
