-- Changes of jobs by operators: cancel, retry, delete, reschedule by id; pause and resume of the queue. bulk.lua has changes by
-- condition. Each of the four takes up to 1,000 ids and returns a flat list of id, result: the new state, or the reason of a
-- refusal (`missing`, or the state it is in).
local arguments = require('arguments')
local chains = require('chains')
local columns = require('columns')
local ended = require('ended')
local events = require('events')
local followers = require('followers')
local keys = require('keys')
local links = require('links')
local outbox = require('outbox')
local queue = require('queue')
local record = require('record')
local states = require('states')
local stats = require('stats')
local unique = require('unique')
local waiting = require('waiting')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

-- The change of one job, by name: step(q, id, state, found, due, is_named) returns the result; or nil if the state does not allow
-- it, and the reason if it is another one.
local steps = {}
M.steps = steps

-- Applies a step to each id.
local function each(q, ids, step, due, is_named)
  if #ids < 1 or #ids > queue.MOST then refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' ids') end
  local results, refused = {}, 0
  for i = 1, #ids do
    local state, found = states.of(q, ids[i])
    local result, why
    if state then result, why = step(q, ids[i], state, found, due, is_named) end
    if not result then refused = refused + 1 end
    results[2 * i - 1], results[2 * i] = ids[i], result or why or state or 'missing'
  end
  -- A queue that nothing has used gets no key.
  if q.exists then stats.count(q, 'refused', refused) end
  if q.claimable then wake.push(q) end
  return results
end

-- Whether a job is on its way to its own queue: it may be there already. After 6.5 days no process brings it there any more.
function M.is_moving(q, id, state, found)
  return state == 'suspended' and followers.is_moving(q, id) and redis.call('HEXISTS', q.keys.target, id) == 1
    and not outbox.is_given_up(q, tonumber(found))
end

-- Ends a job that does not run.
local function finish(q, id, state, found)
  if state == 'available' then columns.keep_created(q, id, found) end
  ended.add(q, 'cancelled', { id })
  states.remove(q, id, state)
  events.moved(q, state, 'cancelled', { id })
  ended.trim(q, 'cancelled')
end

-- Tells the worker of a run. The run ends as cancelled, whatever its handler does, unless it completes first.
local function cancel_run(q, id, found)
  local worker = record.read(found).worker
  redis.call('SADD', keys.cancel(q.keys, worker), id)
  wake.ring(q, worker)
  return 'cancelling'
end

-- cancel id…     available, scheduled, retryable, suspended → cancelled; executing: its worker is asked to stop it, `cancelling`;
--                discarded and holding its chain → cancelled, and the chain goes on.
-- Errors: BADARG, BADKEY, FORMAT. Events: one for each job.
function M.cancel(q, args) return each(q, args, steps.cancel) end

function steps.cancel(q, id, state, found)
  if state == 'executing' then return cancel_run(q, id, found) end
  if M.is_moving(q, id, state, found) then return nil end
  if states.is_ended(state) and not (state == 'discarded' and chains.holds(q, id)) then return nil end
  finish(q, id, state, found)
  return 'cancelled'
end

-- retry id…      completed, cancelled, discarded → available, with all attempts anew and the errors kept, without its deadline,
--                at a new place unless it holds its chain;
--                scheduled, retryable → available at once, attempts as they are; suspended → available, or on its way to its
--                queue, whatever it waits for. `taken OWNER` if another live job owns its fingerprint.
-- Errors: BADARG, BADKEY, FORMAT. Events: one for each job.
function M.retry(q, args) return each(q, args, steps.retry) end

function steps.retry(q, id, state, found)
  if state == 'executing' or state == 'available' or M.is_moving(q, id, state, found) then return nil end
  if state == 'suspended' then
    followers.let_go(q, id)
    return 'available'
  end
  if states.is_ended(state) then
    local owner = unique.revived(q, id)
    if owner then return nil, 'taken ' .. owner end
    for _, column in ipairs({ 'attempts', 'crashes', 'died', 'waits', 'result', 'progress', 'run', 'deadline', 'deadlined' }) do
      redis.call('HDEL', q.keys[column], id)
    end
    if not chains.holds(q, id) then redis.call('HDEL', q.keys.place, id) end
    stats.count(q, 'revived', 1)
  end
  waiting.enter(q, { id })
  states.remove(q, id, state)
  events.moved(q, state, 'available', { id })
  return 'available'
end

-- delete id…     Any state but executing → nothing. A run is asked to stop first, and a later call deletes it.
-- Errors: BADARG, BADKEY, FORMAT. Events: one for each job.
function M.delete(q, args) return each(q, args, steps.delete) end

function steps.delete(q, id, state, found)
  if state == 'executing' then return cancel_run(q, id, found) end
  if M.is_moving(q, id, state, found) then return nil end
  unique.deleted(q, id)
  links.deleted(q, id, states.is_ended(state))
  states.remove(q, id, state)
  columns.drop(q, { id })
  stats.count(q, 'removed', 1)
  events.moved(q, state, '', { id })
  return 'deleted'
end

-- reschedule delay|@time id…      available, scheduled, retryable → scheduled, due `delay` ms from now or at the time in ms. In a
--                chain it gives up its place in the order.
-- Errors: BADARG, BADKEY, FORMAT. Events: one for each job.
function M.reschedule(q, args)
  local when, ids = tostring(args[1]), {}
  for i = 2, #args do ids[i - 1] = args[i] end
  local at = string.match(when, '^@(%d+)$')
  local due = at and arguments.number(at, 0, 1e14, 'time') or q.now + arguments.number(when, 0, 1e14, 'delay')
  return each(q, ids, steps.reschedule, due, at ~= nil)
end

function steps.reschedule(q, id, state, found, due, is_named)
  if state ~= 'available' and state ~= 'scheduled' and state ~= 'retryable' then return nil end
  if state == 'available' then columns.keep_created(q, id, found) end
  waiting.add(q, 'scheduled', id, due, is_named)
  if state == 'scheduled' then
    chains.left(q, id)
  else
    states.remove(q, id, state)
  end
  events.moved(q, state, 'scheduled', { id })
  return 'scheduled'
end

-- pause [reason] [new]     No job is claimed until resume; runs go on. Returns 1, or 0 if it was paused already: then a reason
-- replaces the one before, and the pause goes on from its start.
-- A queue that nothing has used is refused, unless `new` follows. Errors: NOQUEUE, BADARG, BADKEY, FORMAT.
function M.pause(q, args)
  local reason = arguments.reason(args[1])
  queue.known(q, args[2])
  local since = string.match(q.paused or '', '^%d+')
  if not since or reason ~= '' then
    redis.call('HSET', q.keys.config, 'paused', (since or digits(q.now)) .. ' ' .. reason)
  end
  return since and 0 or 1
end

-- resume             Returns 1, or 0 if it was not paused. Errors: NOQUEUE, BADKEY, FORMAT.
function M.resume(q)
  queue.known(q)
  local resumed = redis.call('HDEL', q.keys.config, 'paused')
  q.paused = false
  if resumed == 1 then wake.push(q) end
  return resumed
end

-- configure name value…     Declared by a worker's code: completed, cancelled, discarded as `count age_ms`; crashes.
function M.configure(q, args)
  if #args == 0 then refuse('BADARG', 'the call needs pairs of name and value') end
  local kept = { completed = true, cancelled = true, discarded = true }
  for i = 1, #args, 2 do
    local name, value = args[i], tostring(args[i + 1])
    if not (kept[name] and string.find(value, '^%d+ %d+$') or name == 'crashes' and string.find(value, '^[1-9]%d*$')) then
      refuse('BADARG', 'cannot configure ' .. name .. ' as ' .. value)
    end
  end
  queue.create(q)
  redis.call('HSET', q.keys.config, unpack(args))
  return 'OK'
end
