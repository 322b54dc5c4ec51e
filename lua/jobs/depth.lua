-- How many jobs may wait in a queue: the limit `depth`. Those wait that are available, scheduled, retryable or suspended. What is
-- enqueued beyond it is refused, `full`, and told when to try again; what was accepted before is not: jobs that follow others,
-- that runs, workflows and batches bring in, that recur, and that come back to wait.
local M = {}

local SOONEST, LATEST = 50, 10000        -- ms after which who was refused may try again
local UNKNOWN = 1000                     -- of a queue that has ended nothing of late

-- How many jobs wait to run.
function M.waiting(q)
  local keys = q.keys
  local ended = redis.call('ZCARD', keys.completed) + redis.call('ZCARD', keys.cancelled) + redis.call('ZCARD', keys.discarded)
  return redis.call('HLEN', keys.spec) - redis.call('HLEN', keys.executing) - ended
end

-- How many more may be enqueued; nil without a limit, which costs nothing.
function M.room(q)
  local own = q.limits and q.limits.dimensions['*']
  if not (own and own.depth) then return nil end
  return math.max(own.depth - M.waiting(q), 0)
end

-- After how many ms places for `n` jobs should be free, by what has ended in this minute and the one before.
function M.retry_after(q, n)
  local minute, ended, keys = math.floor(q.now / 60000), 0, require('keys')
  for i = minute - 1, minute do
    local key = keys.minute(q.keys, string.format('%.0f', i))
    for _, count in ipairs(redis.call('HMGET', key, 'completed', 'cancelled', 'discarded')) do
      ended = ended + (tonumber(count) or 0)
    end
  end
  if ended == 0 then return UNKNOWN end
  local span = q.now - (minute - 1) * 60000
  return math.floor(math.min(math.max(n * span / ended, SOONEST), LATEST))
end

-- Tells the jobs of a call that were refused, in its flat list of what is not new, when to try again.
function M.tell(q, not_new)
  local n = 0
  for i = 2, #not_new, 3 do
    if not_new[i] == 'full' then n = n + 1 end
  end
  if n == 0 then return end
  local wait = tostring(M.retry_after(q, n))
  for i = 2, #not_new, 3 do
    if not_new[i] == 'full' then not_new[i + 1] = wait end
  end
  require('stats').count(q, 'full', n)
end

return M
