-- Wakes idle workers. One token on `wake` asks an idle worker to come. A worker that was woken and leaves claimable jobs behind
-- pushes the next token, so one token wakes one worker. Tokens are hints: a lost one costs at most a worker's idle beat. One idle
-- worker holds `watch`, `until worker`, and comes by itself at the next due time.
local expiry = require('expiry')
local keys = require('keys')
local digits = require('arguments').digits

-- Leaves a token unless one is there. A paused queue wakes workers only for work that is done there as well.
function M.push(q, is_done_paused)
  if q.paused and not is_done_paused or q.pushed then return end
  q.pushed = true
  if redis.call('LLEN', q.keys.wake) == 0 then redis.call('RPUSH', q.keys.wake, '1') end
end

-- Something became due at `due`: wakes a worker unless the watcher comes by then.
function M.due(q, due, is_done_paused)
  local watch = redis.call('GET', q.keys.watch)
  local till = watch and tonumber(string.match(watch, '^%d+'))
  if not till or due < till then M.push(q, is_done_paused) end
end

-- Rings for a worker, idle or busy, so that it calls.
function M.ring(q, worker)
  local bell = keys.bell(q.keys, worker)
  if redis.call('LLEN', bell) == 0 then
    redis.call('RPUSH', bell, '1')
    expiry.set(bell, 60000)
  end
end

-- Makes `worker`, which is idle until `till`, the watcher, unless another watcher comes earlier. Returns whether it is.
function M.watch(q, worker, till)
  local watch = redis.call('GET', q.keys.watch)
  if watch then
    local other_till, other = string.match(watch, '^(%d+) (.+)$')
    if other ~= worker and tonumber(other_till) <= till and tonumber(other_till) >= q.now then return false end
  end
  expiry.put(q.keys.watch, digits(till) .. ' ' .. worker, math.max(till - q.now, 0) + 2000)
  return true
end

-- Gives the watch up, so that another idle worker takes it.
function M.unwatch(q, worker)
  local watch = redis.call('GET', q.keys.watch)
  if watch and string.match(watch, ' (.+)$') == worker then
    redis.call('DEL', q.keys.watch)
    return true
  end
  return not watch
end
