scenario { id = "x", title = "X" }
for i = 1, 20000 do await("ready", 1) end
