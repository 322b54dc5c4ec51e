-- Deadlines of jobs: the time at which one that has not ended is cancelled, in whatever state it is. The column `deadline` tells
-- it, in ms since 1970; `deadlines` holds the live jobs that have one by when to look at them: at that time, and again a while
-- after it as long as they do not end. `timed` has the member `@deadlines` for the first of all: each cycle looks there, also
-- while the queue is paused.
local M = {}

M.MARK = '@deadlines'
M.AGAIN = 5000                -- ms after which to look again at what was told to end
local MOST = 200              -- jobs looked at in one call
local WHY = '"its deadline is over"'

-- Has the first of all looked at in time. Whoever calls outside a cycle sees to it that somebody comes.
function M.rearm(q)
  local first = redis.call('ZRANGE', q.keys.deadlines, 0, 0, 'WITHSCORES')[2]
  if not first then return redis.call('ZREM', q.keys.timed, M.MARK) end
  redis.call('ZADD', q.keys.timed, first, M.MARK)
end

-- Jobs whose column is written, as a flat list of deadline and id: somebody will look by the earliest.
function M.added(q, scored)
  if #scored == 0 then return end
  local first = math.huge
  for i = 1, #scored, 2 do first = math.min(first, tonumber(scored[i])) end
  redis.call('ZADD', q.keys.deadlines, unpack(scored))
  require('parking').at(q, M.MARK, first)
  require('wake').due(q, first, true)
end

-- Gives a live job another deadline, in ms since 1970, or none.
function M.set(q, id, at)
  if at then
    local text = require('queue').text(at)
    redis.call('HSET', q.keys.deadline, id, text)
    M.added(q, { text, id })
  elseif redis.call('HDEL', q.keys.deadline, id) == 1 then
    redis.call('ZREM', q.keys.deadlines, id)
  end
end

-- Jobs have ended, or go: nobody need look at them. Costs nothing while no job has a deadline, if the caller knows that.
function M.ended(q, ids)
  if redis.call('EXISTS', q.keys.deadline) == 1 then redis.call('ZREM', q.keys.deadlines, unpack(ids)) end
end

-- Whether the deadline of a job is over.
function M.is_over(q, id)
  local at = require('columns').read(q, 'deadline', { id })[1]
  return at and tonumber(at) <= q.now or false
end

M.WHY = WHY

-- Writes down, with a job that is cancelled, that its deadline is over, if it is, and unless that is the last that was said.
function M.note(q, id)
  local columns, ending = require('columns'), '"error":' .. WHY .. '}'
  if M.is_over(q, id) and not columns.ends_with(q, id, ending) then
    columns.add_error(q, id, '{"at":' .. require('queue').text(q.now) .. ',' .. ending)
  end
end

-- A live job whose deadline is over: what an operator's cancel does. One that runs is told, and one on its way to its queue is
-- there soon: they are looked at again until they have ended, or are gone.
local function over(q, id, state, found)
  local manage = require('manage')
  if state == 'executing' or manage.is_moving(q, id, state, found) then
    redis.call('ZADD', q.keys.deadlines, require('queue').text(q.now + M.AGAIN), id)
    if state ~= 'executing' then return end
  else
    M.note(q, id)
    q.heads = nil
  end
  manage.steps.cancel(q, id, state, found)
end

-- Looks at the jobs that are due, within the bound of a call.
function M.run(q)
  local now, states = require('queue').text(q.now), require('states')
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

return M
