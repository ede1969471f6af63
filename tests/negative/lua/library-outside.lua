local p = require "../smoke"
