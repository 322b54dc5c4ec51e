-- The way out of `executing`. Each function puts jobs into their next index and then lets them leave. A job is {id, record}, the
-- record as record.read gives it.
local chains = require('chains')
local columns = require('columns')
local conflicts = require('conflicts')
local deadlines = require('deadlines')
local ended = require('ended')
local events = require('events')
local gates = require('gates')
local keys = require('keys')
local lanes = require('lanes')
local waiting = require('waiting')

-- Removes jobs from `executing`, from their worker and from their gates: the last step of each transition. `limited` are the jobs
-- that hold places, as {ids, dimensions, lane}.
local function leave(q, worker, ids, limited, completed)
  redis.call('HDEL', q.keys.executing, unpack(ids))
  redis.call('SREM', keys.held(q.keys, worker), unpack(ids))
  local cancel = keys.cancel(q.keys, worker)
  if redis.call('EXISTS', cancel) == 1 then redis.call('SREM', cancel, unpack(ids)) end
  gates.leave(q, limited, completed)
end

-- `dimensions` are those of the gates that it leaves, if it does not leave all.
local function leave_one(q, job, dimensions)
  local record = job.record
  dimensions = dimensions or record.dimensions
  local limited = dimensions ~= '-' and { { ids = { job.id }, dimensions = dimensions, lane = record.lane } } or {}
  leave(q, record.worker, { job.id }, limited, false)
end

-- Notes for the caller the outcome of a run that its worker does not know: it died, or it said otherwise (`is_own`).
function M.note(q, job, state, is_own)
  q.decided = q.decided or {}
  local list, record = q.decided, job.record
  local kind = not is_own and columns.kind_of(redis.call('HGET', q.keys.spec, job.id)) or ''
  for _, part in ipairs({ job.id, state, record.attempt, record.worker, kind }) do list[#list + 1] = part end
end

-- Whether a run has to be cancelled.
function M.is_cancelled(q, worker, id)
  return redis.call('SISMEMBER', keys.cancel(q.keys, worker), id) == 1
end

-- Ends jobs of one worker that completed; `limited` as above.
function M.complete(q, worker, ids, limited)
  ended.add(q, 'completed', ids)
  leave(q, worker, ids, limited, true)
  ended.trim(q, 'completed')
  events.moved(q, 'executing', 'completed', ids, worker)
end

-- Ends one job as cancelled or discarded. The record of its last run is kept with it.
function M.finish(q, job, state)
  redis.call('HSET', q.keys.run, job.id, job.record.text)
  if state == 'cancelled' then deadlines.note(q, job.id) end
  ended.add(q, state, { job.id })
  leave_one(q, job, state == 'discarded' and chains.discarded(q, job) or nil)
  ended.trim(q, state)
  events.moved(q, 'executing', state, { job.id }, job.record.worker)
end

-- Gives a job back to its place, as if it had never been claimed: no attempt, no crash.
function M.give_back(q, job)
  if conflicts.run_again(q, job.id) then
    columns.keep_created(q, job.id, job.record.score)
    waiting.enter(q, { job.id })
  else
    lanes.add(q, job.record.lane, { job.record.score, job.id })
  end
  leave_one(q, job)
  events.moved(q, 'executing', 'available', { job.id }, job.record.worker)
end

-- Lets a job wait in `state` until `due`. With `keep_place`, and in a chain, it comes back to its old place, else to a new one.
function M.postpone(q, job, state, due, keep_place)
  local is_elsewhere = conflicts.run_again(q, job.id)
  local leaves = not is_elsewhere and chains.waits(q, job) or nil
  if (keep_place or leaves) and not is_elsewhere then
    waiting.add_at_place(q, state, job.id, due, job.record.score)
  else
    columns.keep_created(q, job.id, job.record.score)
    waiting.add(q, state, job.id, due)
  end
  leave_one(q, job, leaves)
  events.moved(q, 'executing', state, { job.id }, job.record.worker)
end
