scenario { id = 'x', title = 'X' }
wait(uniform(-1, 0))
