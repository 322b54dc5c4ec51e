-- Breakers: a dependency that fails is left alone for a while, then tried with one job at a time, over all workers.
-- breaker:<gate> holds `failures` (times of the latest, while closed), `opened` and `until` once it has opened, and
-- `probe`, the job that is trying. Closed: failures are counted. Open until `until`: nothing goes in. After it, half open:
-- one probe. Only the probe's verdict counts then, and a run that started before the last opening never does.
-- After Nygard's circuit breaker, with the probe's place held by a job, so that it is free whenever the job is gone.
local M = {}

local LONGEST = 3600000       -- that a dependency can ask to be left alone, in ms
local FORGET = 3600000        -- after its last change, in ms

local function key_of(q, gate) return require('keys').breaker(q.keys, gate) end

local function remember(q, gate, till)
  require('expiry').set(key_of(q, gate), math.max(till - q.now, 0) + FORGET)
end

-- What was written while the clock was ahead: it is open for as long as it was to be, from now on. Returns until when it is
-- open and when it has opened, both nil if they are not known.
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
    local text = require('queue').text
    redis.call('HSET', key_of(q, gate), 'opened', text(opened or q.now))
    if till then redis.call('HSET', key_of(q, gate), 'until', text(till)) end
    remember(q, gate, till or q.now)
  end
  return till, opened
end

-- Returns `closed`, `open` or `half-open`; until when it is open; the probe's id.
function M.read(q, gate, breaker)
  local found = redis.call('HMGET', key_of(q, gate), 'until', 'probe', 'opened')
  if not found[1] then return 'closed' end
  local till = put_right(q, gate, breaker, found[1], found[3])
  -- One that has a probe was half open already, though the clock may have gone back since.
  if q.now < till and not found[2] then return 'open', till end
  return 'half-open', till, found[2] or nil
end

local function open(q, gate, till)
  local text = require('queue').text
  redis.call('HSET', key_of(q, gate), 'opened', text(q.now), 'until', text(till))
  redis.call('HDEL', key_of(q, gate), 'probe', 'failures')
  remember(q, gate, till)
  require('parking').at(q, gate, till)
  require('stats').count(q, 'opened', 1)
end

-- The last failures within the span, this one included, as text and number.
local function counted(q, breaker, before)
  local times, text = {}, require('queue').text
  for time in string.gmatch(before or '', '%d+') do
    if tonumber(time) > q.now - breaker.within and tonumber(time) <= q.now then times[#times + 1] = time end
  end
  times[#times + 1] = text(q.now)
  return table.concat(times, ' ', math.max(1, #times - breaker.failures + 1)), #times
end

-- Takes in a failure of the dependency in `job`. `wait` is how long it asked to be left alone, in ms, 0 if it did not say.
-- Returns until when the breaker is open, or nil.
function M.failed(q, gate, breaker, job, wait)
  local found = redis.call('HMGET', key_of(q, gate), 'until', 'probe', 'opened', 'failures')
  local till, opened = put_right(q, gate, breaker, found[1], found[3])
  local asked = wait > 0 and q.now + math.min(wait, LONGEST)
  if found[2] == job.id then
    till = asked or q.now + breaker.cools
    open(q, gate, till)
  elseif till then
    -- It is open, or half open with another probe: runs from before tell nothing new, except when to come back.
    if asked and asked > till and not found[2] then
      redis.call('HSET', key_of(q, gate), 'until', require('queue').text(asked))
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

-- The probe is gone: closes the breaker if it completed, lets the next probe in if there was no verdict.
function M.gone(q, gate, id, completed)
  local key = key_of(q, gate)
  if redis.call('HGET', key, 'probe') ~= id then return end
  if completed then
    redis.call('HDEL', key, 'until', 'probe', 'failures')
    require('parking').at(q, gate, q.now)
  else
    redis.call('HDEL', key, 'probe')
  end
end

return M
