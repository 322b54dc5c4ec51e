-- Deadlines: a job that has not ended by then is cancelled, in any state. The column `deadline` has the time, in ms since 1970.
-- `deadlined` has the time at which it was set, if that was after the enqueue of the job, or `@` if a caller named the deadline;
-- see ahead.lua.
-- `deadlines` holds live jobs with a deadline by the time of the next look: at the deadline, and again as long as they do not
-- end. `timed` has the member `@deadlines` for the first of all. Each cycle looks there, in a paused queue too.
local columns = require('columns')
local manage = require('manage')
local parking = require('parking')
local states = require('states')
local wake = require('wake')
local digits = require('arguments').digits

M.MARK = '@deadlines'
M.AGAIN = 5000                -- ms until the next look at a run that was asked to stop
local MOST = 200              -- jobs looked at in one call
local WHY = '"its deadline has passed"'

-- Has the first deadline looked at in time. A caller outside a cycle also wakes a worker.
function M.rearm(q)
  local first = redis.call('ZRANGE', q.keys.deadlines, 0, 0, 'WITHSCORES')[2]
  if not first then return redis.call('ZREM', q.keys.timed, M.MARK) end
  redis.call('ZADD', q.keys.timed, first, M.MARK)
end

-- Jobs got a deadline (a flat list of deadline and id): a worker will look by the earliest.
function M.added(q, scored)
  if #scored == 0 then return end
  local first = math.huge
  for i = 1, #scored, 2 do first = math.min(first, tonumber(scored[i])) end
  redis.call('ZADD', q.keys.deadlines, unpack(scored))
  parking.at(q, M.MARK, first)
  wake.due(q, first, true)
end

-- What `deadlined` has of the deadline of a job that is new, by its options, or nil.
function M.note_of(option)
  if option.is_deadline_named then return '@' end
  return option.set and digits(option.set)
end

-- Moves the deadline of a live job.
function M.move(q, id, at)
  local text = digits(at)
  redis.call('HSET', q.keys.deadline, id, text)
  if redis.call('ZSCORE', q.keys.deadlines, id) then M.added(q, { text, id }) end
end

-- Gives a live job the deadline that options tell, or none.
function M.set(q, id, option)
  if option and option.deadline then
    redis.call('HSET', q.keys.deadline, id, digits(option.deadline))
    redis.call('HSET', q.keys.deadlined, id, M.note_of(option) or digits(q.now))
    M.added(q, { digits(option.deadline), id })
  elseif redis.call('HDEL', q.keys.deadline, id) == 1 then
    redis.call('HDEL', q.keys.deadlined, id)
    redis.call('ZREM', q.keys.deadlines, id)
  end
end

-- Jobs have ended or go: their deadlines need no look. Costs one EXISTS while no job has a deadline.
function M.ended(q, ids)
  if redis.call('EXISTS', q.keys.deadline) == 1 then redis.call('ZREM', q.keys.deadlines, unpack(ids)) end
end

-- Whether the deadline of a job is over.
function M.is_over(q, id)
  local at = columns.read(q, 'deadline', { id })[1]
  return at and tonumber(at) <= q.now or false
end

M.WHY = WHY

-- Notes with a cancelled job that its deadline has passed, unless its last error says so.
function M.note(q, id)
  local ending = '"error":' .. WHY .. '}'
  if M.is_over(q, id) and not columns.ends_with(q, id, ending) then
    columns.add_error(q, id, '{"at":' .. digits(q.now) .. ',' .. ending)
  end
end

-- The deadline of a live job has passed: does what an operator's cancel does. A run is asked to stop, and a job on its way is in
-- its queue soon; both are looked at again until they have ended or are gone.
local function over(q, id, state, found)
  if state == 'executing' or manage.is_moving(q, id, state, found) then
    redis.call('ZADD', q.keys.deadlines, digits(q.now + M.AGAIN), id)
    if state ~= 'executing' then return end
  else
    M.note(q, id)
    q.heads = nil
  end
  manage.steps.cancel(q, id, state, found)
end

-- Looks at due jobs, within the bound of a call.
function M.run(q)
  local now = digits(q.now)
  local ids = redis.call('ZRANGE', q.keys.deadlines, '-inf', now, 'BYSCORE', 'LIMIT', 0, MOST)
  local ends = #ids > 0 and redis.call('HMGET', q.keys.deadline, unpack(ids)) or {}
  for i = 1, #ids do
    local state, found = states.of(q, ids[i])
    if not ends[i] or not state or states.is_ended(state) then
      redis.call('ZREM', q.keys.deadlines, ids[i])
    elseif tonumber(ends[i]) > q.now then
      redis.call('ZADD', q.keys.deadlines, ends[i], ids[i])
    else
      over(q, ids[i], state, found)
    end
  end
  M.rearm(q)
end
