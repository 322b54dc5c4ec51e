-- resync worker session lease info [id fence]…
--
-- The first call of a worker, and the first after a cycle whose reply was not read or whose account of what the worker
-- holds differs from the worker's own. It opens a session, newer than the last: calls of older ones are refused STALE.
-- Jobs held for the worker that it does not list go back where they were: no attempt, no crash.
--   lease    ms   info   JSON about the process: host, pid, started, concurrency, version; `bytes`, if replies to it shall have
--                        fewer bytes of jobs than is usual
--   listed   every job that runs or whose outcome is not known to be recorded
-- Returns {now, call}, call being the last cycle that was applied, 0 for none; the ids that one refused; the listed ids that are
-- not, or no longer, the worker's own; what was decided of the runs of dead workers, as in `cycle`. Repeated, since its reply may
-- be lost too, it tells the same of that cycle.
-- Errors: STALE, BADARG, BADKEY, FORMAT. Events: executing → available for what is given back.
local M = {}

local function listed(args)
  local fences = {}
  if #args < 4 or #args % 2 == 1 then require('queue').refuse('BADARG', 'what runs is listed as id, fence') end
  for i = 5, #args, 2 do fences[args[i]] = args[i + 1] end
  return fences
end

-- Gives back what is held and not listed, under its present fence. Returns how many ids are the worker's own.
local function reconcile(q, worker, fences)
  local keys, record, running = require('keys'), require('record'), require('running')
  local held = redis.call('SMEMBERS', keys.held(q.keys, worker))
  local own = {}
  for first = 1, #held, 1000 do
    local last = math.min(first + 999, #held)
    local records = redis.call('HMGET', q.keys.executing, unpack(held, first, last))
    for i = first, last do
      local text = records[i - first + 1]
      local job = text and { id = held[i], record = record.read(text) }
      if not job or job.record.worker ~= worker then
        redis.call('SREM', keys.held(q.keys, worker), held[i])
      elseif fences[held[i]] == job.record.fence then
        own[held[i]] = true
      elseif running.is_cancelled(q, worker, held[i]) then
        running.end_badly(q, job, 'cancelled')
      else
        require('stats').count(q, 'released', 1)
        running.give_back(q, job)
      end
    end
  end
  return own
end

function M.run(q, args)
  local queue, keys, workers = require('queue'), require('keys'), require('workers')
  local worker, session = queue.word(args[1], 'worker'), queue.number(args[2], 1, 9e15, 'session')
  local lease = queue.number(args[3], 1000, 86400000, 'lease')
  local fences = listed(args)
  local valid, info = pcall(cjson.decode, args[4])
  if not valid or type(info) ~= 'table' then queue.refuse('BADARG', 'info must be a JSON object') end
  local before = workers.read(q, worker)
  if before and before.session >= session then
    queue.refuse('STALE', 'session ' .. session .. ' of this worker is over')
  end
  queue.create(q)
  local last = redis.call('HMGET', keys.worker(q.keys, worker), 'call', 'refused')
  redis.call('HSET', keys.worker(q.keys, worker), 'session', session, 'call', last[1] or 0, 'refused', last[2] or '',
    'lease', lease, 'info', args[4], 'host', tostring(info.host or ''))
  local bytes = tonumber(info.bytes)
  if bytes and bytes >= 1 then
    redis.call('HSET', keys.worker(q.keys, worker), 'bytes', math.floor(bytes))
  else
    redis.call('HDEL', keys.worker(q.keys, worker), 'bytes')
  end
  local own = reconcile(q, worker, fences)
  local lost = {}
  for id in pairs(own) do fences[id] = nil end
  for id in pairs(fences) do lost[#lost + 1] = id end
  require('suspects').came_back(q, fences)
  if not before then require('aside').again(q) end
  local silence, at = workers.beat(q, worker, { lease = lease, graced = before and before.graced })
  -- From here on it is noted of each long wait when it was set; see ahead.lua.
  redis.call('HSETNX', q.keys.config, 'noted', at and queue.text(q.now) or '0')
  if at then workers.reclaim(q, silence, lease) end
  if q.claimable then require('wake').push(q) end
  local refused = {}
  for id in string.gmatch(last[2] or '', '%S+') do refused[#refused + 1] = id end
  return { { q.now, tonumber(last[1]) or 0 }, refused, lost, q.decided or {} }
end

-- leave worker session        A worker that stops and holds nothing more is forgotten at once.
-- Returns 1, or 0 if it holds something and is left to its lease.
function M.leave(q, args)
  local workers, worker = require('workers'), require('queue').word(args[1], 'worker')
  local before = workers.read(q, worker)
  if before and before.session ~= tonumber(args[2]) then
    require('queue').refuse('STALE', 'that session of the worker is over')
  end
  return workers.leave(q, worker) and 1 or 0
end

return M
