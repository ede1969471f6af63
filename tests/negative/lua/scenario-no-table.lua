scenario "x"
