-- The way out of `executing`. Each function here puts jobs where they belong next and then lets them leave; a job is
-- {id, record}, the record as record.read gives it.
local M = {}

-- Removes ids from what runs and from what their worker holds: the last step of each transition.
function M.leave(q, worker, ids)
  local keys = require('keys')
  redis.call('HDEL', q.keys.executing, unpack(ids))
  redis.call('SREM', keys.held(q.keys, worker), unpack(ids))
  local cancel = keys.cancel(q.keys, worker)
  if redis.call('EXISTS', cancel) == 1 then redis.call('SREM', cancel, unpack(ids)) end
end

-- Whether an operator has asked for this job to be cancelled while it runs.
function M.is_cancelled(q, worker, id)
  return redis.call('SISMEMBER', require('keys').cancel(q.keys, worker), id) == 1
end

-- Ends jobs of one worker in `state`.
function M.finish(q, worker, state, ids)
  local ended = require('ended')
  ended.add(q, state, ids)
  M.leave(q, worker, ids)
  ended.trim(q, state)
  require('events').moved(q, 'executing', state, ids, worker)
end

-- Ends one job badly; who ran it last, and when, is kept with it.
function M.end_badly(q, job, state)
  redis.call('HSET', q.keys.run, job.id, job.record.text)
  M.finish(q, job.record.worker, state, { job.id })
end

-- Back to the place it had, as if it had never been claimed: no attempt, no crash.
function M.give_back(q, job)
  require('lanes').add(q, job.record.lane, { job.record.score, job.id })
  M.leave(q, job.record.worker, { job.id })
  require('events').moved(q, 'executing', 'available', { job.id }, job.record.worker)
end

-- Waits in `state` until `due`. With `keep_place` it comes back where it was, else at a new place.
function M.postpone(q, job, state, due, keep_place)
  local waiting = require('waiting')
  if keep_place then
    waiting.add_at_place(q, state, job.id, due, job.record.score)
  else
    require('columns').keep_created(q, job.id, job.record.score)
    waiting.add(q, state, job.id, due)
  end
  M.leave(q, job.record.worker, { job.id })
  require('events').moved(q, 'executing', state, { job.id }, job.record.worker)
end

return M
