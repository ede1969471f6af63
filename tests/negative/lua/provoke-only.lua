scenario { id = 'x', title = 'X' }
provoke { pulses = 3, rate = 1 }
