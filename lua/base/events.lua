-- The stream of transitions: one entry for each batch of jobs that moves together, with `from`, `to`, and `ids` joined by blanks.
-- Dashboards and `sluice tail` read it; nothing in the queue depends on it. Every sixteenth write bounds it: if the largest of
-- them had k ids, about 200,000 / (k + 20) entries stay, which is less than 10 MB. Maintenance bounds it by age.
local digits = require('arguments').digits

local MOST = 250              -- ids in one entry
local WRITES = 16             -- between two that bound the stream
local AGE = 3600000

-- Counts the writes in the names of the queue, which are kept between calls.
local function bound(q, n)
  local names = q.keys
  local writes, largest = (rawget(names, 'writes') or 0) + 1, rawget(names, 'largest') or 0
  if n > largest then largest = n end
  if writes == WRITES then
    redis.call('XTRIM', names.events, 'MAXLEN', '~', digits(math.floor(200000 / (largest + 20))))
    writes, largest = 0, 0
  end
  names.writes, names.largest = writes, largest
end

local function write(q, from, to, ids, n, worker)
  -- The ids of a stream only rise, so they do not tell the time after the clock was ahead. The field `at` does.
  if q.config.shifts then
    redis.call('XADD', q.keys.events, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker or '', 'at', digits(q.now))
  elseif worker then
    redis.call('XADD', q.keys.events, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker)
  else
    redis.call('XADD', q.keys.events, '*', 'from', from, 'to', to, 'ids', ids)
  end
  bound(q, n)
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
