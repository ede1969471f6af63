local p = require "protocol"
