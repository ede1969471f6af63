scenario { id = "x", title = "X" }
wait("1 s")
