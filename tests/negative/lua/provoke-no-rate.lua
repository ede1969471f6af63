scenario { id = 'x', title = 'X' }
provoke { pulses = 3 }
