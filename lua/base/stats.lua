-- Totals since ever, and the same by minute for charts, kept two days.
-- What is waiting, running or kept is not counted here: it is the size of its set. Jobs of other queues that wait here for the
-- job before them are counted apart: `visiting` when they come, `passed` when they have gone on to their own queue.
local M = {}

local KEEP = 172800000        -- ms

-- Adds n to the counter of that name.
function M.count(q, name, n)
  if n == 0 then return end
  redis.call('HINCRBY', q.keys.stats, name, n)
  local minute = require('keys').minute(q.keys, string.format('%.0f', math.floor(q.now / 60000)))
  if redis.call('HINCRBY', minute, name, n) == n then
    require('expiry').set(minute, KEEP)
  end
end

-- How many jobs have come and how many have gone, by the totals: what is there is the difference.
function M.balance(q)
  local found = redis.call('HMGET', q.keys.stats, 'enqueued', 'visiting', 'removed', 'passed')
  for i = 1, 4 do found[i] = tonumber(found[i]) or 0 end
  return found[1] + found[2], found[3] + found[4]
end

return M
