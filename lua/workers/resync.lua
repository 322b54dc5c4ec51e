-- resync worker session lease info [id fence]…
--
-- The first call of a worker, and the first after a cycle whose reply was lost or whose `held` differs from the worker's own
-- count. It opens a session that is newer than the last: calls of older ones are refused STALE.
-- Jobs that are held for the worker and that it does not list go back to their place: no attempt, no crash. A job that
-- came alone and is larger than the replies that arrive is put aside, see oversize.lua.
--   lease    ms   info   JSON about the process: host, pid, started, concurrency, version; `bytes` if its replies should bring
--                        fewer bytes of jobs than usual
--   listed   every job that runs, or whose outcome may not be recorded
-- Returns {now, call}, call being the last cycle that was applied, 0 for none; the ids that it refused; the listed ids that are
-- not, or no longer, the worker's own; the runs of dead workers whose outcome this call decided, as in `cycle`. A repeated resync
-- tells the same of that cycle, since its own reply may be lost too.
-- Errors: STALE, BADARG, BADKEY, FORMAT. Events: executing → available for jobs that are given back,
-- scheduled for a job that is put aside.
local arguments = require('arguments')
local aside = require('aside')
local history = require('history')
local keys = require('keys')
local oversize = require('oversize')
local queue = require('queue')
local record = require('record')
local running = require('running')
local stats = require('stats')
local suspects = require('suspects')
local wake = require('wake')
local workers = require('workers')
local digits, refuse = arguments.digits, arguments.refuse

local function listed(args)
  local fences = {}
  if #args < 4 or #args % 2 == 1 then refuse('BADARG', 'running jobs must be pairs of id and fence') end
  for i = 5, #args, 2 do fences[args[i]] = args[i + 1] end
  return fences
end

-- Gives back jobs whose claim did not arrive.
local function give_back(q, worker, bytes, jobs)
  if oversize.lost(q, worker, bytes, jobs) then return end
  stats.count(q, 'released', #jobs)
  for i = 1, #jobs do running.give_back(q, jobs[i]) end
end

-- Gives back jobs that are held and not listed under their present fence. Returns the ids that are the worker's own.
local function reconcile(q, worker, fences, bytes)
  local held = redis.call('SMEMBERS', keys.held(q.keys, worker))
  local own, lost = {}, {}
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
        history.ended(q, 'x', { job })
        running.finish(q, job, 'cancelled')
      else
        lost[#lost + 1] = job
      end
    end
  end
  give_back(q, worker, bytes, lost)
  return own
end

function M.run(q, args)
  local worker, session = arguments.word(args[1], 'worker'), arguments.number(args[2], 1, 9e15, 'session')
  local lease = arguments.number(args[3], 1000, 86400000, 'lease')
  local fences = listed(args)
  local valid, info = pcall(cjson.decode, args[4])
  if not valid or type(info) ~= 'table' then refuse('BADARG', 'info must be a JSON object') end
  local before = workers.read(q, worker)
  if before and before.session >= session then
    refuse('STALE', 'session ' .. session .. ' of this worker is over')
  end
  queue.create(q)
  local last = redis.call('HMGET', keys.worker(q.keys, worker), 'call', 'refused')
  redis.call('HSET', keys.worker(q.keys, worker), 'session', session, 'call', last[1] or 0, 'refused', last[2] or '',
    'lease', lease, 'info', args[4], 'host', tostring(info.host or ''))
  local bytes = tonumber(info.bytes)
  bytes = bytes and bytes >= 1 and math.floor(bytes) or nil
  if bytes then
    redis.call('HSET', keys.worker(q.keys, worker), 'bytes', bytes)
  else
    redis.call('HDEL', keys.worker(q.keys, worker), 'bytes')
  end
  local own = reconcile(q, worker, fences, bytes)
  local lost = {}
  for id in pairs(own) do fences[id] = nil end
  for id in pairs(fences) do lost[#lost + 1] = id end
  suspects.came_back(q, fences)
  if not before then aside.again(q) end
  local silence, at = workers.beat(q, worker, { lease = lease, graced = before and before.graced })
  -- From now on the column `since` notes when each long wait was set; see ahead.lua.
  redis.call('HSETNX', q.keys.config, 'noted', at and digits(q.now) or '0')
  if at then workers.reclaim(q, silence, lease) end
  history.write(q)
  if q.claimable then wake.push(q) end
  local refused = {}
  for id in string.gmatch(last[2] or '', '%S+') do refused[#refused + 1] = id end
  return { { q.now, tonumber(last[1]) or 0 }, refused, lost, q.decided or {} }
end

-- leave worker session        Forgets a worker that stops and holds nothing.
-- Returns 1, or 0 if it holds jobs and is left to its lease.
function M.leave(q, args)
  local worker = arguments.word(args[1], 'worker')
  local before = workers.read(q, worker)
  if before and before.session ~= tonumber(args[2]) then
    refuse('STALE', 'that session of the worker is over')
  end
  return workers.leave(q, worker) and 1 or 0
end
