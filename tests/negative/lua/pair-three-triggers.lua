scenario { id = "x", title = "X" }
intensity(40, 50)
arm()
await("ready", seconds(2))
pair { isi = ms(10), triggers = 3 }
