-- Batches: many jobs, over any queues, whose common end enqueues callbacks, which are jobs. A batch has a slot of its own.
-- It is open until it is sealed; then only its own members may add more. A member is known by being added or by its end with a
-- link to the batch (links.lua), in any order and any number of times.
-- Keys: state (hash), pending (ids that have not ended), untried (those whose first attempt is not over, if a callback needs
-- them), ended (the others), callbacks (by event: queue, options, spec), firing (events whose callbacks are not known to have
-- arrived).
-- Events, each once:
--   failed      a member did not complete
--   attempted   sealed, and each member completed or failed its first attempt, or ended without a run
--   completed   sealed, and all members completed            exhausted   sealed, and all members ended
--   parent      as exhausted, if the batch is a member of another one
local arguments = require('arguments')
local columns = require('columns')
local expiry = require('expiry')
local queue = require('queue')
local signed = require('signed')
local digits, refuse = arguments.digits, arguments.refuse

local KEPT = 86400000         -- ms for which a finished batch can be looked at
local BYTES = 524288          -- of callbacks in one reply; the first comes whatever its size
local events = { failed = true, attempted = true, completed = true, exhausted = true, parent = true }
local states = { completed = true, cancelled = true, discarded = true, deleted = true }

local function fire(b, event)
  if b.state['fired:' .. event] then return end
  b.state['fired:' .. event] = '1'
  redis.call('HSET', b.keys.state, 'fired:' .. event, digits(b.now))
  if redis.call('HEXISTS', b.keys.callbacks, event) == 1 then redis.call('SADD', b.keys.firing, event) end
end

local function is_watched(b, event) return redis.call('HEXISTS', b.keys.callbacks, event) == 1 end

local function number(b, name) return tonumber(b.state[name]) or 0 end

local function incomplete(b) return number(b, 'cancelled') + number(b, 'discarded') + number(b, 'deleted') end

local function forget(b)
  for _, key in pairs({ 'state', 'callbacks', 'firing' }) do expiry.set(b.keys[key], KEPT) end
  redis.call('UNLINK', b.keys.pending, b.keys.untried, b.keys.ended)
end

-- Fires the events that have become true.
local function decide(b)
  if incomplete(b) > 0 then fire(b, 'failed') end
  if not b.state.sealed or b.state.finished then return end
  local pending = redis.call('SCARD', b.keys.pending)
  local untried = is_watched(b, 'attempted') and redis.call('SCARD', b.keys.untried) or pending
  if untried == 0 then fire(b, 'attempted') end
  if pending > 0 then return end
  if incomplete(b) == 0 then fire(b, 'completed') end
  fire(b, 'exhausted')
  fire(b, 'parent')
  b.state.finished = digits(b.now)
  redis.call('HSET', b.keys.state, 'finished', b.state.finished, 'members', redis.call('SCARD', b.keys.ended))
end

-- The callbacks that the caller has to bring. Those above BYTES come with the next call.
local function reply(b)
  local firing, list, bytes = redis.call('SMEMBERS', b.keys.firing), {}, 0
  for i = 1, #firing do
    local callback = redis.call('HGET', b.keys.callbacks, firing[i]) or ''
    bytes = bytes + #callback
    if bytes > BYTES and i > 1 then break end
    list[2 * i - 1], list[2 * i] = firing[i], callback
  end
  if b.state.finished and #firing == 0 then forget(b) end
  return { { b.now, b.state.finished and 1 or 0, incomplete(b) }, list }
end

local verbs = {}

local function is_any(list, wanted)
  for i = 1, #list, 2 do
    if list[i] == wanted then return true end
  end
  return false
end

-- open name event callback…      Opens it; a repeated call changes nothing.
function verbs.open(b, args)
  if b.state.created then return end
  local callbacks = {}
  for i = 3, #args, 2 do
    if not events[args[i]] or not args[i + 1] then refuse('BADARG', 'no such event: ' .. tostring(args[i])) end
    local target, spec = string.match(args[i + 1], '^([^\n]*)\n[^\n]*\n(.*)$')
    if target then signed.refuse(target, spec) end
    callbacks[#callbacks + 1], callbacks[#callbacks + 2] = args[i], args[i + 1]
  end
  b.state.created = digits(b.now)
  redis.call('HSET', b.keys.state, 'created', b.state.created, 'name', args[2] or '')
  if is_any(callbacks, 'attempted') then redis.call('HSET', b.keys.state, 'attempts', '1') end
  if #callbacks > 0 then redis.call('HSET', b.keys.callbacks, unpack(callbacks)) end
end

local function rest(args, first)
  local list = { unpack(args, first) }
  if #list < 1 or #list > queue.MOST then refuse('BADARG', 'give 1 to 1000 ids') end
  return list
end

-- The ids that have not ended.
local function live(b, ids)
  local ended, list = redis.call('SMISMEMBER', b.keys.ended, unpack(ids)), {}
  for i = 1, #ids do
    if ended[i] == 0 then list[#list + 1] = ids[i] end
  end
  return list
end

-- add id…      New members. Refused ENDED if the batch is finished.
function verbs.add(b, args)
  if b.state.finished then refuse('ENDED', 'this batch is finished and takes no more members') end
  local ids = live(b, rest(args, 2))
  if #ids == 0 then return end
  redis.call('SADD', b.keys.pending, unpack(ids))
  if is_watched(b, 'attempted') then redis.call('SADD', b.keys.untried, unpack(ids)) end
end

-- seal         No more members come from outside.
function verbs.seal(b)
  if b.state.sealed then return end
  b.state.sealed = digits(b.now)
  redis.call('HSET', b.keys.state, 'sealed', b.state.sealed)
end

-- done state id…      Members ended; with state `attempted`, their first attempt failed.
verbs.done = function(b, args)
  local state, ids = args[2], rest(args, 3)
  if b.state.finished then return end
  if state == 'attempted' then return redis.call('SREM', b.keys.untried, unpack(ids)) end
  if not states[state] then refuse('BADARG', 'no such state: ' .. tostring(state)) end
  local new = redis.call('SADD', b.keys.ended, unpack(ids))
  if new == 0 then return end
  redis.call('SREM', b.keys.pending, unpack(ids))
  if is_watched(b, 'attempted') then redis.call('SREM', b.keys.untried, unpack(ids)) end
  b.state[state] = redis.call('HINCRBY', b.keys.state, state, new)
end

-- fired event…        Their callbacks have arrived.
function verbs.fired(b, args) redis.call('SREM', b.keys.firing, unpack(rest(args, 2))) end

-- tend                Only returns the callbacks that are due.
function verbs.tend() end

-- batch verb …
--
-- Returns {now, finished, members that did not complete}, and a flat list of event and callback: the caller brings these to their
-- queues and reports them with `fired`, whose reply has the next ones. A reply has 512 KiB of callbacks at most, one at least.
-- Every call may be repeated.
-- Errors: MISSING if there is no such batch (never for open), ENDED, BADARG, BADKEY.
function M.run(b, args)
  local verb = verbs[args[1] or '']
  if not verb then refuse('BADARG', 'no such verb: ' .. tostring(args[1])) end
  b.state = {}
  local found = redis.call('HGETALL', b.keys.state)
  for i = 1, #found, 2 do b.state[found[i]] = found[i + 1] end
  if not b.state.created and args[1] ~= 'open' then refuse('MISSING', 'there is no such batch, or it ended long ago') end
  verb(b, args)
  decide(b)
  return reply(b)
end

-- batch_status        A flat list of name and value: name, created, sealed, finished, members, pending, counts by state, fired
-- events; empty if there is no such batch. Errors: BADKEY.
-- batch_statuses      On several batches: a list of the same. Errors: BADKEY.
function M.status(b)
  local list = redis.call('HGETALL', b.keys.state)
  if #list == 0 then return list end
  local pending = redis.call('SCARD', b.keys.pending)
  local function put(name, value) list[#list + 1], list[#list + 2] = name, value end
  put('pending', pending)
  put('total', pending + redis.call('SCARD', b.keys.ended))
  put('firing', table.concat(redis.call('SMEMBERS', b.keys.firing), ' '))
  return list
end

-- batch_view most     {flat list of event, queue and kind of its callback (for the event parent, the parent batch and nothing);
-- at most `most` members that have not ended}. Errors: BADARG, BADKEY.
function M.view(b, args)
  local most = arguments.number(args[1], 1, queue.MOST, 'most')
  local callbacks, list = redis.call('HGETALL', b.keys.callbacks), {}
  for i = 1, #callbacks, 2 do
    local target, spec = string.match(callbacks[i + 1], '^([^\n]*)\n[^\n]*\n(.*)$')
    local n = #list
    list[n + 1], list[n + 2] = callbacks[i], target or callbacks[i + 1]
    list[n + 3] = spec and columns.kind_of(spec) or ''
  end
  return { list, redis.call('SRANDMEMBER', b.keys.pending, most) }
end
