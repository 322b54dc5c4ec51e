-- Ended jobs, kept for a while to be looked at: completed, cancelled, discarded, each by the time of its end, bounded by
-- count and by age. Without bounds declared by code: completed 1,000 and an hour, a window on what just happened; cancelled
-- 10,000 and a day; discarded 10,000 and a week, since somebody has to decide about them. `0 0` keeps none.
local M = {}

local defaults = { completed = '1000 3600000', cancelled = '10000 86400000', discarded = '10000 604800000' }
local position = { completed = 3, cancelled = 4, discarded = 5 }     -- in queue.open's configuration

-- Count and age in milliseconds that apply to a state.
function M.bounds(q, state)
  local text = q.config[position[state]] or defaults[state]
  local count, age = string.match(text, '^(%d+) (%d+)$')
  return tonumber(count), tonumber(age)
end

local function drop(q, state, ids)
  if #ids == 0 then return end
  require('columns').drop(q, ids)
  redis.call('ZREM', q.keys[state], unpack(ids))
  require('stats').count(q, 'removed', #ids)
end

-- Puts jobs that have left every other index among the ended ones. Does not record the event.
function M.add(q, state, ids)
  local n = #ids
  if n == 0 then return end
  local scored, now = {}, require('queue').text(q.now)
  for i = 1, n do scored[2 * i - 1], scored[2 * i] = now, ids[i] end
  redis.call('ZADD', q.keys[state], unpack(scored))
  require('stats').count(q, state, n)
end

-- Removes what is above the count, at most a call's worth.
function M.trim(q, state)
  local count = M.bounds(q, state)
  local excess = math.min(redis.call('ZCARD', q.keys[state]) - count, require('queue').MOST)
  if excess > 0 then drop(q, state, redis.call('ZRANGE', q.keys[state], 0, excess - 1)) end
end

-- Removes what is too old, and what a lowered count left over.
function M.tidy(q)
  local queue = require('queue')
  for state in pairs(defaults) do
    local _, age = M.bounds(q, state)
    drop(q, state, redis.call('ZRANGE', q.keys[state], '-inf', '(' .. queue.text(q.now - age),
      'BYSCORE', 'LIMIT', 0, queue.MOST))
    M.trim(q, state)
  end
end

return M
