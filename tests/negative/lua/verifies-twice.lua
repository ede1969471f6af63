scenario { id = "x", title = "X", verifies = { "A", "A" } }
