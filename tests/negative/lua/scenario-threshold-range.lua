scenario { id = "x", title = "X", motor_threshold = 120 }
