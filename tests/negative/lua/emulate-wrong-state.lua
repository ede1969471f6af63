scenario { id = 'x', title = 'X' }
emulate("mains", "pressed")
