scenario { id = "My Test", title = "X" }
