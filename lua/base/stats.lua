-- Totals since ever, and counters by minute for charts, kept two days. Jobs that wait, run or are kept are not counted: they are
-- the sizes of their sets. Jobs of other queues that wait here for a parent count as `visiting` when they come and as `passed`
-- when they have gone on to their own queue.
local expiry = require('expiry')
local keys = require('keys')
local digits = require('arguments').digits

local KEEP = 172800000        -- ms

-- Adds n to a counter.
function M.count(q, name, n)
  if n == 0 then return end
  local text = n == 1 and '1' or digits(n)
  redis.call('HINCRBY', q.keys.stats, name, text)
  local minute = keys.minute(q.keys, math.floor(q.now / 60000))
  if redis.call('HINCRBY', minute, name, text) == n then expiry.set(minute, KEEP) end
end

-- The number of jobs that came and of those that went, by the totals. The difference is the number of jobs that are there.
function M.balance(q)
  local found = redis.call('HMGET', q.keys.stats, 'enqueued', 'visiting', 'removed', 'passed')
  for i = 1, 4 do found[i] = tonumber(found[i]) or 0 end
  return found[1] + found[2], found[3] + found[4]
end
