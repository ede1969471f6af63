scenario { id = "x", title = "X", verifies = { "A-01", 2 } }
