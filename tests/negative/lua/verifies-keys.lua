scenario { id = "x", title = "X", verifies = { a = "A-01" } }
