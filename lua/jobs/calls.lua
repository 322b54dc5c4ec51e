-- The last call of each producer, so that a repeated call changes nothing and is answered as before. The hash `calls` has it as
-- `n ms answer`, for at least an hour. The same hash has the last sequence, so that a call reads and writes both at once.
local queue = require('queue')
local digits = require('arguments').digits

local KEEP = 3600000          -- ms
local PAGE = 8                -- records that a new producer looks at

-- Forgets some old records. Each new producer adds one and looks at several, so they do not pile up.
local function forget_old(q)
  local some = redis.call('HRANDFIELD', q.keys.calls, PAGE, 'WITHVALUES')
  for i = 1, #some, 2 do
    local at = tonumber(string.match(some[i + 1], '^%d+ (%d+)'))
    if at and at < q.now - KEEP then redis.call('HDEL', q.keys.calls, some[i]) end
  end
end

-- The answer to a call that was made before; nil for a new one.
function M.answer(q, producer, call)
  local found = redis.call('HMGET', q.keys.calls, queue.LAST, producer)
  q.last, q.has_called = tonumber(found[1]) or 0, found[2] and true
  if not found[2] then return nil end
  local before, answer = string.match(found[2], '^(%d+) %d+ (.*)$')
  return call <= tonumber(before) and cjson.decode(answer) or nil
end

-- Notes a call and its answer, with the last sequence.
function M.note(q, producer, call, answer)
  if not q.has_called then forget_old(q) end
  local text = #answer > 0 and cjson.encode(answer) or '[]'
  redis.call('HSET', q.keys.calls, queue.LAST, digits(q.last), producer, digits(call) .. ' ' .. digits(q.now) .. ' ' .. text)
end
