scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
pair { isi = seconds(5), first = 30, second = 50, trials = 2, interval = seconds(4) }
