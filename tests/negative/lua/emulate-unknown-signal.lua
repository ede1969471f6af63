scenario { id = 'x', title = 'X' }
emulate("dor", "open")
