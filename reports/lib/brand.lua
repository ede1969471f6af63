-- What a laboratory changes to make the reports its own: colours, fonts, the line at the top.
local brand = {}

brand.mark = "tmsrig verification report"
brand.font = '"Helvetica Neue", "Liberation Sans", Arial, sans-serif'
brand.mono = '"DejaVu Sans Mono", Menlo, Consolas, monospace'

brand.colour = {
	ink = "#17202a", soft = "#56616d", rule = "#d5dbe1", paper = "#fff", tint = "#f4f6f8", blue = "#0072b2", navy = "#0b3552",
	pass = "#00694c", fail = "#b3261e", void = "#6a3d8f", warn = "#8a5a00", grey = "#5b6570",
}

return brand
