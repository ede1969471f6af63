scenario { id = "x", title = "X" }
justify("dose.single_trian", "because")
