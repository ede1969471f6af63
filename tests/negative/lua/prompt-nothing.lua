scenario { id = "x", title = "X" }
prompt()
