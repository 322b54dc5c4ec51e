-- Breakers: a dependency that fails is left alone for a while, then tried by one job at a time, over all workers. breaker:<gate>
-- holds `failures` (times of the latest, while closed), `opened` and `until` once it has opened, and `probe`, the job that tries.
-- Closed: failures are counted. Open until `until`: no job starts. Then half open: one probe runs, and only its verdict counts. A
-- run that started before the last opening never counts.
-- After Nygard's circuit breaker. A job holds the probe's place, so the place is free whenever the job is gone.
local expiry = require('expiry')
local keys = require('keys')
local parking = require('parking')
local stats = require('stats')
local digits = require('arguments').digits

local LONGEST = 3600000       -- ms for which a dependency can ask to be left alone
local FORGET = 3600000        -- ms after its last change

local function key_of(q, gate) return keys.breaker(q.keys, gate) end

local function remember(q, gate, till)
  expiry.set(key_of(q, gate), math.max(till - q.now, 0) + FORGET)
end

-- Corrects times that were written while the clock was ahead: the breaker stays open as long as it was to, from now. Returns the
-- times until which it is open and since which it has been, nil if unknown.
local function put_right(q, gate, breaker, till, opened)
  till, opened = tonumber(till), tonumber(opened)
  local longest = math.max(breaker.cools, LONGEST)
  if opened and opened > q.now then
    till, opened = till and q.now + math.min(till - opened, longest), q.now
  elseif till and till > q.now + longest then
    till = q.now + breaker.cools
  else
    return till, opened
  end
  if not q.is_looking then
    redis.call('HSET', key_of(q, gate), 'opened', digits(opened or q.now))
    if till then redis.call('HSET', key_of(q, gate), 'until', digits(till)) end
    remember(q, gate, till or q.now)
  end
  return till, opened
end

-- Returns `closed`, `open` or `half-open`, the time until which it is open, and the probe's id.
function M.read(q, gate, breaker)
  local found = redis.call('HMGET', key_of(q, gate), 'until', 'probe', 'opened')
  if not found[1] then return 'closed' end
  local till = put_right(q, gate, breaker, found[1], found[3])
  -- A breaker with a probe was half open already, though the clock may have gone back since.
  if q.now < till and not found[2] then return 'open', till end
  return 'half-open', till, found[2] or nil
end

local function open(q, gate, till)
  redis.call('HSET', key_of(q, gate), 'opened', digits(q.now), 'until', digits(till))
  redis.call('HDEL', key_of(q, gate), 'probe', 'failures')
  remember(q, gate, till)
  parking.at(q, gate, till)
  stats.count(q, 'opened', 1)
end

-- The latest failures within the span and this one, as text and number.
local function counted(q, breaker, before)
  local times = {}
  for time in string.gmatch(before or '', '%d+') do
    if tonumber(time) > q.now - breaker.within and tonumber(time) <= q.now then times[#times + 1] = time end
  end
  times[#times + 1] = digits(q.now)
  return table.concat(times, ' ', math.max(1, #times - breaker.failures + 1)), #times
end

-- Counts a failure of the dependency in `job`. `wait` is the time it asked to be left alone, in ms, 0 for none. Returns the time
-- until which the breaker is open, or nil.
function M.failed(q, gate, breaker, job, wait)
  local found = redis.call('HMGET', key_of(q, gate), 'until', 'probe', 'opened', 'failures')
  local till, opened = put_right(q, gate, breaker, found[1], found[3])
  local asked = wait > 0 and q.now + math.min(wait, LONGEST)
  if found[2] == job.id then
    till = asked or q.now + breaker.cools
    open(q, gate, till)
  elseif till then
    -- It is open, or half open with another probe: older runs tell nothing new but when to come back.
    if asked and asked > till and not found[2] then
      redis.call('HSET', key_of(q, gate), 'until', digits(asked))
      remember(q, gate, asked)
      till = asked
    end
  elseif job.record.started > (opened or 0) then
    local failures, n = counted(q, breaker, found[4])
    if asked or n >= breaker.failures then
      till = asked or q.now + breaker.cools
      open(q, gate, till)
    else
      redis.call('HSET', key_of(q, gate), 'failures', failures)
      remember(q, gate, q.now)
    end
  end
  return till and till > q.now and till or nil
end

-- Makes a job the probe of a half open breaker.
function M.try(q, gate, id) redis.call('HSET', key_of(q, gate), 'probe', id) end

-- The probe is gone: closes the breaker if it completed. Without a verdict the next probe may start.
function M.gone(q, gate, id, completed)
  local key = key_of(q, gate)
  if redis.call('HGET', key, 'probe') ~= id then return end
  if completed then
    redis.call('HDEL', key, 'until', 'probe', 'failures')
    parking.at(q, gate, q.now)
  else
    redis.call('HDEL', key, 'probe')
  end
end
