scenario { id = 'x', title = 'X' }
interlock("foot_switch", "pressed", 1.5)
