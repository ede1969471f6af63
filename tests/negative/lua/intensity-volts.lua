scenario { id = "x", title = "X" }
intensity(volts(80))
