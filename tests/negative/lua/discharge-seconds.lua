scenario { id = "x", title = "X" }
expect_discharge { below = seconds(60), within = seconds(5) }
