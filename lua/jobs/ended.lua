-- Ended jobs that are kept for a while: completed, cancelled, discarded, each by the time of its end, bounded by count and by
-- age. Without declared bounds: completed 1,000 and an hour, a window on the recent past; cancelled 10,000 and a day; discarded
-- 10,000 and a week, since an operator has to decide about them. `0 0` keeps none.
local chains = require('chains')
local columns = require('columns')
local deadlines = require('deadlines')
local links = require('links')
local polling = require('polling')
local queue = require('queue')
local stats = require('stats')
local unique = require('unique')
local digits = require('arguments').digits

-- A job with a result or with links is kept an hour longer, whatever the count: its score is that much later. Half a millisecond
-- tells it from the others.
local LONGER = 3600000.5

local defaults = { completed = '1000 3600000', cancelled = '10000 86400000', discarded = '10000 604800000' }

-- Count and age (ms) that apply to a state.
function M.bounds(q, state)
  local text = q.config[state] or defaults[state]
  local count, age = string.match(text, '^(%d+) (%d+)$')
  return tonumber(count), tonumber(age)
end

local function drop(q, state, ids)
  if #ids == 0 then return end
  links.dropped(q, ids)
  if state == 'discarded' then chains.dropped(q, ids) end
  columns.drop(q, ids)
  redis.call('ZREM', q.keys[state], unpack(ids))
  stats.count(q, 'removed', #ids)
end

-- The results and links of jobs, in their order; nil if the queue has none.
local function keep_longer(q, state, ids)
  if redis.call('EXISTS', q.keys.result, q.keys.links, q.keys.watched, q.keys.deadline) == 0 then
    q.has_links = false
    return nil
  end
  deadlines.ended(q, ids)
  polling.ended(q, state, ids)
  return columns.read(q, 'result', ids), columns.read(q, 'links', ids)
end

-- Puts jobs that left every other index among the ended ones, and tells the parties that wait for it. Writes no event.
function M.add(q, state, ids)
  local n = #ids
  if n == 0 then return end
  local scored, now = {}, digits(q.now)
  local results, lines = keep_longer(q, state, ids)
  local later = results and string.format('%.1f', q.now + LONGER)
  -- A client may ask for a job because of its links. For members of a batch none does.
  local is_batch = results and links.common_batch(q, lines, n)
  for i = 1, n do
    local line = not is_batch and results and lines[i]
    local is_wanted = line and not links.lone_batch(q, line) or results and results[i]
    scored[2 * i - 1], scored[2 * i] = is_wanted and later or now, ids[i]
  end
  redis.call('ZADD', q.keys[state], unpack(scored))
  stats.count(q, state, n)
  links.ended(q, state, ids, lines)
  unique.ended(q, ids)
end

-- The time of a job's end, in ms, by its score.
function M.time(score)
  score = tonumber(score)
  return score % 1 == 0 and score or score - LONGER
end

-- Removes jobs above the count, at most 1,000.
function M.trim(q, state)
  local count = M.bounds(q, state)
  if redis.call('ZCARD', q.keys[state]) <= count then return end
  local now = digits(q.now)
  local excess = math.min(redis.call('ZCOUNT', q.keys[state], '-inf', now) - count, queue.MOST)
  if excess > 0 then
    drop(q, state, redis.call('ZRANGE', q.keys[state], '-inf', now, 'BYSCORE', 'LIMIT', 0, excess))
  end
end

-- Removes jobs that are too old, and those above a lowered count.
function M.tidy(q)
  for state in pairs(defaults) do
    local _, age = M.bounds(q, state)
    drop(q, state, redis.call('ZRANGE', q.keys[state], '-inf', '(' .. digits(q.now - age),
      'BYSCORE', 'LIMIT', 0, queue.MOST))
    M.trim(q, state)
  end
end
