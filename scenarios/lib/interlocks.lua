-- SPDX-License-Identifier: GPL-3.0-or-later
-- Trials of interlocks: a train at 10 to 20 Hz, the event at a random phase of the pulse period, triggers that are to be refused for as long as is
-- watched, the cause taken away (nothing may start by itself), and a reset. Rate and phase are drawn from the setting `seed`.

local interlocks = {}

-- What every scenario of interlocks shows besides its own requirements.
local common = { "IL-MISSING", "IL-EXTRA", "IL-UNTRIGGERED", "IL-TRIPS", "IL-GAPS" }

local drawn, seed = 0, 1

-- A number evenly spread from low to high, another one at each call.
function interlocks.draw(low, high)
	drawn = drawn + 1
	return low + (high - low) * uniform(seed, drawn)
end

-- Declares the scenario `ilNN-name`: its title, its own requirements and how many trials there are unless the operator says otherwise.
function interlocks.scenario(id, title, requirements, trials)
	local verifies = { table.unpack(common) }
	for _, name in ipairs(requirements) do
		verifies[#verifies + 1] = name
	end
	scenario { id = id, title = title, verifies = verifies }
	seed = setting("seed", 1, 0, 4294967295)
	interlocks.trials = setting("trials", trials or 59, 1, 999)
	interlocks.percent = setting("intensity", 50, 20, 100)
	interlocks.minutes = setting("healthy_minutes", 0, 0, 600)
	-- An open wire, and the two shorts: what fail-safe wiring has to survive. A bench whose relays can only open says shorts=0.
	interlocks.wire = setting("shorts", 1, 0, 1) == 1 and { "open", "short_low", "short_high" } or { "open" }
end

-- Arms at the intensity of the scenario, or another, and waits until the device is ready.
function interlocks.ready(percent)
	intensity(percent or interlocks.percent)
	arm()
	await("ready", seconds(5))
end

-- The negative test: with all inputs as they should be every pulse comes and nothing trips. 20 pulses; or, for so many minutes as the setting
-- `healthy_minutes` says, as many every half minute, armed throughout.
function interlocks.healthy()
	interlocks.ready()
	if interlocks.minutes > 0 then
		train { pulses = 20, rate = 15, trains = math.ceil(2 * interlocks.minutes), train_period = seconds(30) }
	else
		train { pulses = 20, rate = 15 }
	end
	disarm()
	wait(seconds(0.5))
end

-- Resets the device after its cause has gone.
function interlocks.reset(signal)
	emulate(signal, "normal")
	disarm()
	wait(seconds(0.3))
end

--[[
One trial. signal, state: what happens. dump: the capacitor has to be below 60 V within so many seconds, or false. watch: seconds of
triggers after the event (2). hold: the cause goes after so many seconds, within the watch; else when it is over. before: a function called before
the train. after: seconds of triggers after the cause has gone (0.5). pulses: how many pulses follow the event, where the scenario knows.
]]
function interlocks.trial(t)
	local rate = interlocks.draw(10, 20)
	local period, watch = 1 / rate, t.watch or 2
	local phase = math.max(1e-6, interlocks.draw(0, period))
	interlocks.ready(t.percent)
	if t.before then
		t.before()
	end
	train { pulses = 3, rate = rate }
	provoke { pulses = 1, ipi = phase }
	interlock(t.signal, t.state, t.pulses)
	if t.dump then
		expect_discharge { below = volts(60), within = seconds(t.dump) }
	end
	if t.hold then
		wait(seconds(t.hold))
		emulate(t.signal, "normal")
	end
	wait(seconds(period - phase > 1e-6 and period - phase or period))
	provoke { pulses = math.ceil(watch * rate), rate = rate }
	if not t.hold then
		emulate(t.signal, "normal")
	end
	provoke { pulses = math.ceil((t.after or 0.5) * rate), rate = rate }
	interlocks.reset(t.signal)
end

-- The device does not arm while a signal is bad; disarmed before and after.
function interlocks.refuses_arming(signal, state)
	intensity(interlocks.percent)
	interlock(signal, state, 0)
	wait(seconds(0.5))
	arm()
	wait(seconds(0.3))
	provoke { pulses = 10, rate = 20 }
	interlocks.reset(signal)
end

-- The trials of an interlock with a wire: the states of the list in turn.
function interlocks.trials_of(signal, states, t)
	for n = 1, interlocks.trials do
		local one = { signal = signal, state = states[(n - 1) % #states + 1] }
		for key, value in pairs(t or {}) do
			one[key] = value
		end
		interlocks.trial(one)
	end
end

return interlocks
