scenario { id = "x", title = "a\nb" }
