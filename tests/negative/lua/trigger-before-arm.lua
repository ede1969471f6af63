scenario { id = "x", title = "X" }
intensity(50)
single { pulses = 1 }
