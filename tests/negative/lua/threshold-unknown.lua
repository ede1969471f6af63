scenario { id = "x", title = "X" }
intensity(percent_of_threshold(120))
