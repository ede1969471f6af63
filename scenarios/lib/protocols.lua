-- SPDX-License-Identifier: GPL-3.0-or-later
-- The protocols of the field, so that a scenario reads like the paper it follows. Times are in seconds, rates in hertz, unless a value carries
-- its unit (ms(1.5)). Cycles are counted from train onset to train onset.

local protocols = {}

-- What every scenario shows, and what those with trains show besides. A requirement that a scenario verifies and that could not be tested makes the
-- whole run inconclusive.
protocols.verifies_pulses = { "PULSE-COUNT", "PULSE-MISSING", "PULSE-EXTRA", "PULSE-UNTRIGGERED", "REC-GAPS", "AMP-ACC", "AMP-POLARITY" }

local function also(list, ...)
	local all = { table.unpack(list) }
	for _, id in ipairs { ... } do
		all[#all + 1] = id
	end
	return all
end

protocols.verifies = also(protocols.verifies_pulses, "TIM-IPI", "TIM-IPI-ERROR", "DIS-REACHED")
protocols.verifies_pairs = also(protocols.verifies_pulses, "TIM-PAIR")
protocols.verifies_linearity = also(protocols.verifies_pulses, "AMP-LINEARITY")

local function check(name, given, known)
	if type(given) ~= "table" then
		fail(name .. " takes one table, for example protocols." .. name .. " { " .. known[1] .. " = … }")
	end
	for key in pairs(given) do
		local found = false
		for _, allowed in ipairs(known) do
			found = found or key == allowed
		end
		if not found then
			fail(name .. ": unknown key '" .. tostring(key) .. "'; known are " .. table.concat(known, ", "))
		end
	end
end

local function number(name, given, key, fallback)
	local value = given[key]
	if value == nil then
		value = fallback
	end
	if type(value) ~= "number" or not (value > 0 and value < math.huge) then
		fail(name .. ": " .. key .. " must be a number above 0")
	end
	return value
end

local function whole(name, what, value)
	local nearest = math.floor(value + 0.5)
	if math.abs(value - nearest) > 1e-6 then
		fail(name .. ": " .. what .. " make " .. value .. " pulses, which is no whole number")
	end
	return nearest
end

-- Trains of a constant rate: on seconds of pulses, off seconds of pause. "10 Hz for 4 s" are 40 pulses.
function protocols.conventional(p)
	check("conventional", p, { "rate", "on", "off", "trains" })
	local rate, on = number("conventional", p, "rate"), number("conventional", p, "on")
	local pulses = whole("conventional", "rate times on", rate * on)
	if p.trains == nil or p.trains == 1 then
		train { pulses = pulses, rate = rate }
	else
		train { pulses = pulses, rate = rate, trains = p.trains, train_period = on + number("conventional", p, "off") }
	end
end

-- One long train at a low rate.
function protocols.low_frequency(p)
	check("low_frequency", p, { "rate", "pulses" })
	train { pulses = p.pulses, rate = number("low_frequency", p, "rate", 1) }
end

-- Theta burst: triplets at 50 Hz, five times a second (Huang 2005). on and cycle in seconds; without a cycle it is continuous.
function protocols.theta_burst(p)
	check("theta_burst", p, { "pulses", "on", "cycle" })
	local total = number("theta_burst", p, "pulses")
	if p.cycle == nil then
		train { pulses = 3, rate = 50, bursts = whole("theta_burst", "pulses by triplets", total / 3), burst_rate = 5 }
		return
	end
	local bursts = whole("theta_burst", "bursts while on", number("theta_burst", p, "on") * 5)
	train {
		pulses = 3, rate = 50,
		bursts = bursts, burst_rate = 5,
		trains = whole("theta_burst", "pulses by trains", total / (3 * bursts)), train_period = number("theta_burst", p, "cycle"),
	}
end

-- Quadripulse stimulation: four pulses, every five seconds, for half an hour (Hamada 2008).
function protocols.quadripulse(p)
	check("quadripulse", p, { "isi", "bursts", "every" })
	train { pulses = 4, ipi = p.isi, bursts = p.bursts or 360, burst_period = p.every or 5 }
end

-- Pulses at one intensity after another, in % of maximum stimulator output; down as well as up. The device has to be ready at every level
-- before it fires.
function protocols.ladder(p)
	check("ladder", p, { "from", "to", "step", "pulses", "interval", "jitter", "ready_within" })
	local from, to, step = number("ladder", p, "from"), number("ladder", p, "to"), number("ladder", p, "step")
	local levels = whole("ladder", "from, to and step", math.abs(to - from) / step)
	if to < from then
		step = -step
	end
	for level = 0, levels do
		intensity(from + level * step)
		await("ready", p.ready_within or seconds(10))
		single { pulses = p.pulses, interval = p.interval, jitter = p.jitter }
	end
end

-- Paired pulses at a list of interstimulus intervals in ms.
function protocols.paired(p)
	check("paired", p, { "isi_ms", "first", "second", "trials", "interval", "jitter" })
	if type(p.isi_ms) ~= "table" then
		fail("paired: isi_ms is a list of intervals in ms, for example { 1, 2.5 }")
	end
	for _, isi in ipairs(p.isi_ms) do
		pair {
			isi = ms(isi), first = p.first, second = p.second,
			trials = p.trials, interval = p.interval or seconds(5), jitter = p.jitter,
		}
	end
end

return protocols
