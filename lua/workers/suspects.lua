-- Crashes: jobs whose worker died under them. After the first crash a job goes back to its place. From the second on it may be
-- the killer, so it runs in other company: suspects come one at a time, through `retryable`, 10 s apart, the next one sooner if
-- the one before proved harmless. After too many crashes the job is discarded. `suspects` holds waiting suspects by due time.
-- A worker that was frozen or starved for longer than its lease only seems dead. When it calls again, the crash of its run is
-- taken back, up to 20 times a job: `died` holds the fence of the run that was the last crash, 0 if that was taken back, and the
-- number taken back.
local columns = require('columns')
local record = require('record')
local running = require('running')
local waiting = require('waiting')
local digits = require('arguments').digits

local APART = 10000
local LIMIT = 5               -- deaths, unless the queue's code declares another number
local LONG = 600000           -- a run that lived this long clears the record
local LAPSES = 20             -- crashes of a job that are taken back
local NAMED = 20              -- ids of the other jobs that are named in a discard

local function waits(q, job)
  local last = tonumber(redis.call('ZRANGE', q.keys.suspects, -1, -1, 'WITHSCORES')[2]) or q.now
  local due = math.max(last, q.now) + APART
  redis.call('ZADD', q.keys.suspects, digits(due), job.id)
  running.postpone(q, job, 'retryable', due, true)
end

local function discard(q, job, crashes, host, others)
  local error_text = cjson.encode({
    at = q.now, attempt = job.record.attempt, worker = job.record.worker, host = host,
    error = 'its worker died ' .. crashes .. ' times while running it', died_with = others,
  })
  columns.add_error(q, job.id, error_text)
  running.finish(q, job, 'discarded')
end

-- The fence of the run that was a job's last crash, and the number of crashes taken back.
local function read(q, id)
  local fence, lapses = string.match(redis.call('HGET', q.keys.died, id) or '', '^(%S+) (%d+)$')
  return fence, tonumber(lapses) or 0
end

-- A worker lists runs that are not its own any more, as ids and fences. A crash counted for one of them was none: it is taken
-- back, and a suspect need not wait longer.
function M.came_back(q, fences)
  if next(fences) == nil or redis.call('EXISTS', q.keys.died) == 0 then return end
  for id, fence in pairs(fences) do
    local died, lapses = read(q, id)
    if died == fence and lapses < LAPSES and not redis.call('ZSCORE', q.keys.discarded, id) then
      redis.call('HSET', q.keys.died, id, '0 ' .. lapses + 1)
      if redis.call('HINCRBY', q.keys.crashes, id, -1) < 1 then redis.call('HDEL', q.keys.crashes, id) end
      if redis.call('ZREM', q.keys.suspects, id) == 1 then waiting.add(q, 'retryable', id, q.now) end
    end
  end
end

-- Moves a job of a dead worker. `ids` are all jobs that died with it, `host` is the worker's host.
function M.crashed(q, job, ids, host)
  local crashes
  if q.now - job.record.started >= LONG then
    crashes = 1
    redis.call('HSET', q.keys.crashes, job.id, 1)
  else
    crashes = redis.call('HINCRBY', q.keys.crashes, job.id, 1)
  end
  local _, lapses = read(q, job.id)
  redis.call('HSET', q.keys.died, job.id, job.record.fence .. ' ' .. lapses)
  if crashes >= (tonumber(q.config.crashes) or LIMIT) then
    local others = {}
    for i = 1, #ids do
      if ids[i] ~= job.id and #others < NAMED then others[#others + 1] = ids[i] end
    end
    running.note(q, job, 'discarded')
    discard(q, job, crashes, host, others)
  elseif crashes == 1 then
    running.note(q, job, 'available')
    running.give_back(q, job)
  else
    running.note(q, job, 'retryable')
    waits(q, job)
  end
end

-- Whether a group of settlements, not yet applied, ends the run of a suspect while others wait.
function M.among(q, worker, args, group)
  if redis.call('EXISTS', q.keys.suspects, q.keys.crashes) < 2 then return false end
  local start = record.parts(group.fence, worker, '')
  for i = group.ids, group.ids + group.n - 1 do
    local crashes = tonumber(redis.call('HGET', q.keys.crashes, args[i])) or 0
    local run = crashes > 1 and redis.call('HGET', q.keys.executing, args[i])
    if run and record.is_of(run, start) then return true end
  end
  return false
end

-- A suspect proved harmless: the next one need not wait longer.
function M.next(q)
  local id = redis.call('ZPOPMIN', q.keys.suspects)[1]
  if id then waiting.add(q, 'retryable', id, q.now) end
end
