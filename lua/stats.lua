-- Totals since ever, and the same by minute for charts, kept two days.
-- What is waiting, running or kept is not counted here: it is the size of its set.
local M = {}

local KEEP = 172800           -- seconds

-- Adds n to the counter of that name.
function M.count(q, name, n)
  if n == 0 then return end
  redis.call('HINCRBY', q.keys.stats, name, n)
  local minute = require('keys').minute(q.keys, string.format('%.0f', math.floor(q.now / 60000)))
  if redis.call('HINCRBY', minute, name, n) == n then
    redis.call('EXPIRE', minute, KEEP)
  end
end

return M
