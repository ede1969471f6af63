scenario { id = 'x', title = 'X' }
setting("trials", 59, 1, 99)
setting("trials", 59, 1, 99)
