-- Changes of limits by operators: overrides, and dependencies switched off and on. A queue that nothing has used is refused
-- with NOQUEUE, unless the word `new` follows.
local arguments = require('arguments')
local limits = require('limits')
local migration = require('migration')
local parking = require('parking')
local queue = require('queue')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

-- The effective limits of a name have changed.
local function touched(q, name)
  local _, _, gate = limits.parts(name)
  q.lane_gates, q.gates = nil, nil
  migration.apply(q)
  if gate then parking.at(q, gate, q.now) end
  wake.push(q)
end

-- An override has ended.
function M.ended(q, name)
  local text = redis.call('HGET', q.keys.overrides, name)
  if not text then return end
  local _, till = limits.read_override(text)
  if till == 0 then return end
  if till > q.now then return parking.at(q, '!' .. name, till) end
  redis.call('HDEL', q.keys.overrides, name)
  touched(q, name)
end

-- override name value [for_ms] [new]     For a while, or until restore. Errors: BADARG.
function M.override(q, args)
  local name, value = tostring(args[1]), tostring(args[2])
  limits.check(name, value, true)
  local lasts = arguments.number(args[3] or 0, 0, 31536000000, 'the time it lasts')
  queue.known(q, args[4])
  local till = lasts > 0 and q.now + lasts or 0
  local made = till > 0 and ' ' .. digits(q.now) or ''
  redis.call('HSET', q.keys.overrides, name, value .. ' ' .. digits(till) .. made)
  redis.call('ZREM', q.keys.timed, '!' .. name)
  if till > 0 then parking.at(q, '!' .. name, till) end
  touched(q, name)
  return 'OK'
end

-- restore name     Ends an override. Returns 1, or 0 if there was none. Errors: BADARG.
function M.restore(q, args)
  local name = tostring(args[1])
  limits.check(name, 'none', true)
  queue.known(q)
  redis.call('ZREM', q.keys.timed, '!' .. name)
  if redis.call('HDEL', q.keys.overrides, name) == 0 then return 0 end
  touched(q, name)
  return 1
end

-- switch name on|off [new]     While a dependency is off, jobs that need it wait, or run without it if they said so.
-- Returns 1, or 0 if it was so already. Errors: BADARG.
function M.switch(q, args)
  local name, to = tostring(args[1]), args[2]
  if not string.find(name, '^[%w_.-]+$') or #name > 32 or to ~= 'on' and to ~= 'off' then
    refuse('BADARG', 'the call needs the name of a dependency, and on or off')
  end
  queue.known(q, args[3])
  local changed
  if to == 'off' then
    changed = redis.call('HSETNX', q.keys.off, name, digits(q.now))
  else
    changed = redis.call('HDEL', q.keys.off, name)
  end
  if changed == 1 then migration.apply(q) end
  return changed
end
