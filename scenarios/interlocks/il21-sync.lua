-- SPDX-License-Identifier: GPL-3.0-or-later
-- IL21: two stimulators that fire one after the other into one coil (BiStim) lose the link between them. One trigger gives a pair; after the loss no test
-- stimulus may come at another interval than the one that is set, or without its conditioning stimulus, and no further pair begins.
local interlocks = require "interlocks"

interlocks.scenario("il21-sync", "IL21: two stimulators lose each other",
	{ "IL21-STOP", "IL21-PAIR", "IL21-READY", "IL21-FAULT", "IL21-REFUSE", "IL21-INTERVAL" }, 1)
-- The interval as it is set at the device, in ms, and pairs a second: a BiStim allows 0.25.
local isi = setting("isi", 10, 1, 100)
local rate = setting("rate", 2, 0.1, 4)
local period, test = 1 / rate, interlocks.percent
local conditioning = math.floor(0.8 * test + 0.5)

local function pairs_of_pulses(trials)
	pair {
		isi = ms(isi), first = conditioning, second = test,
		trials = trials, interval = seconds(period), triggers = 1,
	}
end

local function ready()
	intensity(conditioning, test)
	arm()
	await("ready", seconds(5))
end

-- The negative test: every pair comes, at its interval, and nothing trips.
local function healthy()
	ready()
	if interlocks.minutes > 0 then
		local trials = math.floor(math.min(20, 30 * rate))
		for n = 1, math.ceil(2 * interlocks.minutes) do
			pairs_of_pulses(trials)
			wait(seconds(math.max(1e-6, 30 - trials * period)))
		end
	else
		pairs_of_pulses(20)
	end
	disarm()
	wait(seconds(0.5))
end

-- The link is lost so long after the trigger of a pair; whether that pair is completed, at its interval, is left open.
local function trial(state, phase)
	ready()
	pairs_of_pulses(3)
	provoke { pulses = 1, ipi = phase }
	interlock("link", state)
	wait(seconds(math.max(1e-6, period - phase)))
	provoke { pulses = math.max(4, math.ceil(2 * rate)), rate = rate }
	emulate("link", "normal")
	provoke { pulses = 2, rate = rate }
	interlocks.reset("link")
end

local function refuses_arming(state)
	intensity(conditioning, test)
	interlock("link", state, 0)
	wait(seconds(0.5))
	arm()
	wait(seconds(0.3))
	provoke { pulses = 4, rate = rate }
	interlocks.reset("link")
end

healthy()
local drawn = 0
for n = 1, interlocks.trials do
	for _, state in ipairs(interlocks.wire) do
		drawn = drawn + 1
		-- Between the two stimuli there is something to go wrong at once: that half of the time, the whole period the other half.
		local longest = drawn % 2 == 1 and isi / 1000 or period
		trial(state, math.max(1e-6, interlocks.draw(0, longest)))
	end
end
for _, state in ipairs(interlocks.wire) do
	refuses_arming(state)
end
