scenario { id = "x", title = "X" }

while true do end
