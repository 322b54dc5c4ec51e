-- The kinds of times that belong to a queue, not to one of its jobs; see ahead.lua. Breakers and rates are corrected when they
-- are read (breaker.lua, rate.lua); `timed` has their gates looked at. A `harmless` kind is done after each return of the clock,
-- needed or not, and is not counted.
local ahead = require('ahead')
local cron = require('cron')
local deadlines = require('deadlines')
local expiry = require('expiry')
local gates = require('gates')
local keys = require('keys')
local limits = require('limits')
local outbox = require('outbox')
local parking = require('parking')
local stats = require('stats')
local wake = require('wake')
local workers = require('workers')
local digits = require('arguments').digits

local GRACE = 5000            -- ms that a lease lasts beyond its own length, after a silence
local RESERVED = 60000        -- ms, of a reservation
local REMEMBERED = 604800000  -- ms, of what came from another queue
local WATCHED = 86400000      -- ms for which a worker may be idle
local SHUT = 5356800000       -- ms for which a gate whose limits are not known may be shut
local SPANS = 120             -- of history that are looked through: minutes, and hours

local function override(q, name, found)
  local value, till, at = limits.read_override(found)
  if not at or at <= ahead.past(q) then return nil end
  return function()
    local right = q.now + math.max(till - at, 0)
    redis.call('HSET', q.keys.overrides, name, value .. ' ' .. digits(right) .. ' ' .. digits(q.now))
    redis.call('ZADD', q.keys.timed, digits(right), '!' .. name)
  end
end

local function off(q, name, since)
  if (tonumber(since) or 0) <= ahead.past(q) then return nil end
  return function() redis.call('HSET', q.keys.off, name, digits(q.now)) end
end

-- Clients compute ticks: they get the entry at once, and set its next tick anew. That is harmless for an entry whose next
-- tick is right, so it is done with all.
local function entry(q, name)
  local key = keys.cron_state(q.keys, name)
  local state, next = cron.state(q, name), tonumber(redis.call('ZSCORE', q.keys.cron_next, name))
  local is_over = (tonumber(state.finished) or 0) > q.now
  if not is_over and not (q.ahead_by and next and next > q.now) then return nil end
  return function()
    redis.call('HDEL', key, 'finished')
    if not state.paused then redis.call('ZADD', q.keys.cron_next, digits(math.floor(q.now / 1000) * 1000), name) end
    cron.rearm(q)
  end
end

-- The ms for which a gate may be shut from now on, by its limits.
local function longest(q, name)
  local own = gates.named(q, name).limits
  local rate, breaker = own.rate, own.breaker
  if not rate and not breaker then return SHUT end
  local most = RESERVED
  if rate then most = math.max(most, (rate.period + rate.guard) * 1.01 + 1) end
  return breaker and math.max(most, breaker.cools, 3600000) or most
end

-- Whether a gate may be looked at later than its limits allow: no lane waits there, or all gates are about to be looked at
-- because limits changed.
local function may_wait(q, name)
  return q.migration or redis.call('EXISTS', keys.parked(q.keys, name)) == 0
end

-- After the clock went back all gates are looked at, which is harmless.
local function gate(q, name, time)
  local sign = string.byte(name)
  if time <= q.now or sign == 33 then return nil end
  if sign == 64 then
    if not q.ahead_by then return nil end
    return function() (name == '@cron' and cron or deadlines).rearm(q) end
  end
  if not q.ahead_by and (time <= q.now + longest(q, name) or may_wait(q, name)) then return nil end
  return function() redis.call('ZADD', q.keys.timed, digits(q.now), name) end
end

-- A lease lasts no longer than if it had been renewed now.
local function lease(q, worker, ends)
  local own = workers.read(q, worker)
  local latest = q.now + math.max(own and own.lease or 30000, GRACE)
  if ends <= latest then return nil end
  return function() redis.call('ZADD', q.keys.workers, 'XX', digits(latest), worker) end
end

function M.shorten(q, worker, ends)
  local fix = lease(q, worker, ends)
  if fix then fix() end
end

-- Times of a sorted set that lie at most `most` ms ahead; later ones are set `right` ms ahead.
local function within(key, most, right)
  return function(q, member, time)
    if time <= q.now + most then return nil end
    return function() redis.call('ZADD', q.keys[key], 'XX', digits(q.now + right), member) end
  end
end

local function reservation(q)
  local till, lane = string.match(redis.call('GET', q.keys.reserve) or '', '^(%d+) (.*)$')
  if not till or tonumber(till) <= q.now + RESERVED then return nil end
  return function()
    expiry.put(q.keys.reserve, digits(q.now + RESERVED) .. ' ' .. lane, RESERVED + 1000)
    q.reserved = nil
    for _, own in ipairs(gates.of(q, lane)) do parking.at(q, own.gate, q.now + RESERVED) end
  end
end

local function watch(q)
  local till = string.match(redis.call('GET', q.keys.watch) or '', '^(%d+)')
  if not till or tonumber(till) <= q.now + WATCHED then return nil end
  return function()
    redis.call('DEL', q.keys.watch)
    wake.push(q)
  end
end

local function pause(q)
  local since, reason = string.match(q.paused or '', '^(%d+)(.*)$')
  if not since or tonumber(since) <= ahead.past(q) then return nil end
  return function()
    q.paused = digits(q.now) .. reason
    redis.call('HSET', q.keys.config, 'paused', q.paused)
  end
end

-- What was counted in times to come is added to the present minute and hour.
local function minutes(q)
  if not q.ahead_by then return nil end
  return function()
    local last = math.floor((q.now + q.ahead_by) / 60000) + 1
    stats.bring_back(q, 'minute', last, SPANS)
    stats.bring_back(q, 'hour', last, SPANS)
  end
end

M.kinds = {
  { name = 'overrides', key = 'overrides', type = 'hash', what = 'the end of the override', look = override },
  { name = 'off', key = 'off', type = 'hash', what = 'the switching off of', look = off },
  {
    name = 'cron', key = 'cron', type = 'hash', what = 'the last tick of entry', look = entry, harmless = true,
  },
  {
    name = 'timed', key = 'timed', type = 'zset', what = 'the look at gate', look = gate, harmless = true,
  },
  { name = 'workers', key = 'workers', type = 'zset', what = 'the lease of', look = lease },
  { name = 'outbox', key = 'outbox', type = 'zset', what = 'the next try of message',
    look = function(q, number, due) return within('outbox', outbox.SLOWEST, 0)(q, number, due) end },
  { name = 'seen', key = 'seen', type = 'zset', what = 'the arrival of', look = within('seen', REMEMBERED, REMEMBERED) },
  { name = 'reserve', type = 'single', what = 'the end of the reservation', look = reservation },
  { name = 'watch', type = 'single', what = 'the watch of an idle worker', look = watch },
  { name = 'paused', type = 'single', what = 'the start of the pause', look = pause },
  { name = 'minutes', type = 'single', what = 'the history', look = minutes, harmless = true },
}
