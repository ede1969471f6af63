scenario { id = "x", title = "X" }
intensity(50)
arm()
await("ready", seconds(2))
pair { isi = ms(2.5), first = 30 }
