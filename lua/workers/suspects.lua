-- Jobs whose worker died under them. The first time a job is simply back at its place. From the second time it may be the
-- killer, so it runs in other company: suspects come one at a time, through `retryable`, 10 s apart, the next one sooner
-- when the one before has shown itself harmless. After too many deaths the job is discarded. `suspects` holds those
-- that wait, by due time.
-- A worker that was frozen or starved for longer than its lease only seems dead. When it calls again, the crash of its run is
-- taken back, up to 20 times a job: `died` holds the fence of the run that was the last crash, 0 if that was taken back, and how
-- many were.
local M = {}

local APART = 10000
local LIMIT = 5               -- deaths, unless the queue's code declares another number
local LONG = 600000           -- a run that lived this long clears the record
local LAPSES = 20             -- crashes of a job that are taken back
local NAMED = 20              -- ids of the dead told in a discard

local function waits(q, job)
  local queue = require('queue')
  local last = tonumber(redis.call('ZRANGE', q.keys.suspects, -1, -1, 'WITHSCORES')[2]) or q.now
  local due = math.max(last, q.now) + APART
  redis.call('ZADD', q.keys.suspects, queue.text(due), job.id)
  require('running').postpone(q, job, 'retryable', due, true)
end

local function discard(q, job, crashes, host, others)
  local error_text = cjson.encode({
    at = q.now, attempt = job.record.attempt, worker = job.record.worker, host = host,
    error = 'its worker died ' .. crashes .. ' times while running it', died_with = others,
  })
  require('columns').add_error(q, job.id, error_text)
  require('running').end_badly(q, job, 'discarded')
end

-- The fence of the run that was a job's last crash, if it was, and how many were taken back.
local function read(q, id)
  local fence, lapses = string.match(redis.call('HGET', q.keys.died, id) or '', '^(%S+) (%d+)$')
  return fence, tonumber(lapses) or 0
end

-- A worker tells of runs that are not its own any more, as ids and fences. What counted as the crash of one was none: it is taken
-- back, and a job that waits for it apart from others need not wait longer.
function M.came_back(q, fences)
  if next(fences) == nil or redis.call('EXISTS', q.keys.died) == 0 then return end
  for id, fence in pairs(fences) do
    local died, lapses = read(q, id)
    if died == fence and lapses < LAPSES and not redis.call('ZSCORE', q.keys.discarded, id) then
      redis.call('HSET', q.keys.died, id, '0 ' .. lapses + 1)
      if redis.call('HINCRBY', q.keys.crashes, id, -1) < 1 then redis.call('HDEL', q.keys.crashes, id) end
      if redis.call('ZREM', q.keys.suspects, id) == 1 then require('waiting').add(q, 'retryable', id, q.now) end
    end
  end
end

-- Puts a job of a dead worker where it belongs. `ids` are all that died with it, `host` where.
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
  if crashes >= (tonumber(q.config[6]) or LIMIT) then
    local others = {}
    for i = 1, #ids do
      if ids[i] ~= job.id and #others < NAMED then others[#others + 1] = ids[i] end
    end
    require('running').note(q, job, 'discarded')
    discard(q, job, crashes, host, others)
  elseif crashes == 1 then
    require('running').note(q, job, 'available')
    require('running').give_back(q, job)
  else
    require('running').note(q, job, 'retryable')
    waits(q, job)
  end
end

-- Whether a group of settlements, not yet applied, ends the run of a suspect while others wait.
function M.among(q, worker, args, group)
  if redis.call('EXISTS', q.keys.suspects, q.keys.crashes) < 2 then return false end
  local record = require('record')
  local start = record.parts(group.fence, worker, '')
  for i = group.ids, group.ids + group.n - 1 do
    local crashes = tonumber(redis.call('HGET', q.keys.crashes, args[i])) or 0
    local run = crashes > 1 and redis.call('HGET', q.keys.executing, args[i])
    if run and record.is_of(run, start) then return true end
  end
  return false
end

-- Called when a suspect has shown itself harmless: the next one need not wait longer.
function M.next(q)
  local id = redis.call('ZPOPMIN', q.keys.suspects)[1]
  if id then require('waiting').add(q, 'retryable', id, q.now) end
end

return M
