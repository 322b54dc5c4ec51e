-- The limit `depth`: how many jobs may wait. Available, scheduled, retryable and suspended jobs count. A job beyond it is
-- refused, `full`, with the ms after which to try again. Jobs that were accepted before are never refused: followers, jobs of
-- runs, workflows, batches and cron, and jobs that come back to wait.
local stats = require('stats')

local SOONEST, LATEST = 50, 10000        -- ms after which a refused job may be tried again
local UNKNOWN = 1000                     -- of a queue in which no job ended of late

-- The number of waiting jobs.
function M.waiting(q)
  local ended = 0
  for _, state in ipairs({ 'completed', 'cancelled', 'discarded' }) do ended = ended + redis.call('ZCARD', q.keys[state]) end
  return redis.call('HLEN', q.keys.spec) - redis.call('HLEN', q.keys.executing) - ended
end

function M.is_limited(q)
  local own = q.limits and q.limits.dimensions['*']
  return own and own.depth ~= nil
end

-- The number of jobs that may still be enqueued; nil without a limit, which costs nothing.
function M.room(q)
  if not M.is_limited(q) then return nil end
  return math.max(q.limits.dimensions['*'].depth - M.waiting(q), 0)
end

-- The ms after which there should be room for n jobs, by the jobs that ended in this minute and the one before.
function M.retry_after(q, n)
  local minute = math.floor(q.now / 60000)
  local ended = stats.since(q, minute - 1, { 'completed', 'cancelled', 'discarded' })
  if ended == 0 then return UNKNOWN end
  local span = q.now - (minute - 1) * 60000
  return math.floor(math.min(math.max(n * span / ended, SOONEST), LATEST))
end

-- Tells refused jobs when to try again, in the flat list of jobs that are not new.
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
  stats.count(q, 'full', n)
end
