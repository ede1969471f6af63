intensity(50)
