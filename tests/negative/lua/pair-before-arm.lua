scenario { id = "x", title = "X" }
pair { isi = ms(2), first = 30, second = 50 }
