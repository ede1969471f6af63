scenario { id = "x", title = "X" }
wait(seconds(1) + volts(1))
