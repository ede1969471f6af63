scenario { id = "x", title = "X" }
expect_discharge { below = volts(60) }
