-- The stream of transitions: one entry for each batch of jobs that moves together, with `from`, `to`, and `ids` joined by blanks.
-- Dashboards and `sluice tail` read it; nothing in the queue depends on it. Each write bounds it by bytes: an entry of k ids
-- counts as one of about 200,000 / (k + 20), which keeps the stream below 10 MB. Maintenance bounds it by age.
local digits = require('arguments').digits

local MOST = 250              -- ids in one entry
local AGE = 3600000

-- The bound for entries of n ids, as text, made once for each n.
local bounds = {}
local function bound(n)
  if not bounds[n] then bounds[n] = digits(math.floor(200000 / (n + 20))) end
  return bounds[n]
end

local function write(q, from, to, ids, n, worker)
  local key, most = q.keys.events, bound(n)
  -- The ids of a stream only rise, so they do not tell the time after the clock was ahead. The field `at` does.
  if q.config.shifts then
    redis.call('XADD', key, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker or '',
      'at', digits(q.now))
  elseif worker then
    redis.call('XADD', key, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker)
  else
    redis.call('XADD', key, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids)
  end
end

-- Records a move of jobs. `from` is empty for new jobs, `to` is empty for removed ones.
function M.moved(q, from, to, ids, worker)
  local n = #ids
  if n == 1 then return write(q, from, to, ids[1], 1, worker) end
  for first = 1, n, MOST do
    local last = math.min(first + MOST - 1, n)
    write(q, from, to, table.concat(ids, ' ', first, last), last - first + 1, worker)
  end
end

function M.tidy(q)
  redis.call('XTRIM', q.keys.events, 'MINID', '~', digits(q.now - AGE))
end
