scenario { id = 'x', title = 'X' }
local trials = setting("trials", 0, 1, 99)
