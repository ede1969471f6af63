scenario { id = "x", title = "X", verifies = "A-01" }
