scenario { id = "x", title = "X" }
intensity(50)
arm()
single { pulses = 1 }
