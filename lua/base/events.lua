-- The stream of transitions: one entry for each batch that moves together, `from`, `to`, `ids` joined by blanks.
-- For dashboards and for watching; nothing in the queue depends on it. Bounded by bytes at each write and by age when the
-- queue is tidied: an entry of k ids may be one of about 200,000 / (k + 20), which keeps the stream below 10 MB.
local M = {}

local MOST = 250              -- ids in one entry
local AGE = 3600000

local function write(q, from, to, ids, n, worker)
  local most = math.floor(200000 / (n + 20))
  -- The ids of the stream only rise, so after the clock was ahead they do not tell the time any more.
  if q.config[13] then
    redis.call('XADD', q.keys.events, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker or '',
      'at', require('queue').text(q.now))
  elseif worker then
    redis.call('XADD', q.keys.events, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids, 'worker', worker)
  else
    redis.call('XADD', q.keys.events, 'MAXLEN', '~', most, '*', 'from', from, 'to', to, 'ids', ids)
  end
end

-- Records that ids went from one state to another; `from` is the empty text for new jobs, `to` for removed ones.
function M.moved(q, from, to, ids, worker)
  local n = #ids
  for first = 1, n, MOST do
    local last = math.min(first + MOST - 1, n)
    write(q, from, to, table.concat(ids, ' ', first, last), last - first + 1, worker)
  end
end

function M.tidy(q)
  redis.call('XTRIM', q.keys.events, 'MINID', '~', require('queue').text(q.now - AGE))
end

return M
