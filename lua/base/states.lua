-- The state of a job: the one index that holds its id. Off the hot path.
local chains = require('chains')
local keys = require('keys')
local lanes = require('lanes')

M.timed = { 'scheduled', 'retryable', 'suspended' }
M.all = {
  'available', 'scheduled', 'executing', 'retryable', 'suspended', 'completed', 'cancelled', 'discarded',
}
M.ended = { 'completed', 'cancelled', 'discarded' }

-- The state of a job and its value in that index: a score, or the record of a run. Nil if there is no such job.
function M.of(q, id)
  if redis.call('HEXISTS', q.keys.spec, id) == 0 then return nil end
  local record = redis.call('HGET', q.keys.executing, id)
  if record then return 'executing', record end
  local lane = redis.call('HGET', q.keys.lane, id) or ''
  local score = redis.call('ZSCORE', keys.wait(q.keys, lane), id)
  if score then return 'available', score end
  for _, states in ipairs({ M.timed, M.ended }) do
    for _, state in ipairs(states) do
      score = redis.call('ZSCORE', q.keys[state], id)
      if score then return state, score end
    end
  end
  return nil
end

-- Whether a state is final, except for an operator's retry.
function M.is_ended(state) return state == 'completed' or state == 'cancelled' or state == 'discarded' end

-- Takes a job that does not run out of its index: the last step of an operator's transition.
function M.remove(q, id, state)
  if state == 'available' then
    lanes.remove(q, redis.call('HGET', q.keys.lane, id) or '', id)
  else
    redis.call('ZREM', q.keys[state], id)
    redis.call('ZREM', q.keys.suspects, id)
    if state == 'suspended' then redis.call('HDEL', q.keys.after, id) end
    chains.left(q, id)
  end
end

-- The number of jobs in each state. Available jobs are those that no other set holds.
function M.counts(q)
  local counts, rest = {}, redis.call('HLEN', q.keys.spec)
  for _, states in ipairs({ M.timed, M.ended }) do
    for _, state in ipairs(states) do
      counts[state] = redis.call('ZCARD', q.keys[state])
      rest = rest - counts[state]
    end
  end
  counts.executing = redis.call('HLEN', q.keys.executing)
  counts.available = rest - counts.executing
  return counts
end
