scenario { id = "x", titel = "X" }
