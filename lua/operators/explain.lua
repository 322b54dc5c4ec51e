-- explain id
--
-- Why a job does not run, or what it does now: a list of {code, detail as JSON}, in the order in which to read it.
-- Changes nothing, and costs as much as the gates of one job. Times are ms since 1970. Errors: BADARG, BADKEY, FORMAT.
local arguments = require('arguments')
local chains = require('chains')
local columns = require('columns')
local ended = require('ended')
local gates = require('gates')
local keys = require('keys')
local oversize = require('oversize')
local rate = require('rate')
local record = require('record')
local reserve = require('reserve')
local states = require('states')
local digits, refuse = arguments.digits, arguments.refuse

local HELD = 10               -- holders named
local GATE = 1000             -- bytes of the name of a gate

local function put(list, code, detail) list[#list + 1] = { code, detail and cjson.encode(detail) or '{}' } end

-- cjson writes 14 digits of a number, which is enough for milliseconds.
local function executing(q, list, text)
  local run = record.read(text)
  local host = redis.call('HGET', keys.worker(q.keys, run.worker), 'host') or ''
  put(list, 'executing', { worker = run.worker, host = host, attempt = run.attempt, since = run.started })
  local ends = tonumber(redis.call('ZSCORE', q.keys.workers, run.worker))
  if not ends or ends <= q.now then put(list, 'dead_worker', { worker = run.worker, since = ends }) end
end

local function timed(q, list, id, state, due)
  put(list, 'scheduled', { due = tonumber(due), state = state })
  if redis.call('ZSCORE', q.keys.suspects, id) then
    put(list, 'suspect', { due = tonumber(due), crashes = tonumber(redis.call('HGET', q.keys.crashes, id)) or 0 })
  end
  local held = oversize.holds(q, id, tonumber(due))
  if held then put(list, 'too_large', { size = held.size, worker = held.worker }) end
end

-- Up to ten of the runs that hold places at a gate.
local function holders(q, gate)
  local ids, list = redis.call('SRANDMEMBER', keys.gate(q.keys, gate), HELD), {}
  for i = 1, #ids do
    local text = redis.call('HGET', q.keys.executing, ids[i])
    local run = text and record.read(text)
    if run then list[#list + 1] = { id = ids[i], worker = run.worker, since = run.started } end
  end
  table.sort(list, function(one, other) return one.since < other.since end)
  return list
end

-- holders gate        {flat list of id, worker, start of the run; lanes}: up to ten runs that hold places at a gate, and up to
-- ten lanes that wait there, the first in front. Errors: BADARG, BADKEY, FORMAT.
function M.holders(q, args)
  local gate, list = args[1] or '', {}
  if gate == '' or #gate > GATE then refuse('BADARG', 'the call needs a gate of at most ' .. GATE .. ' bytes') end
  local held = holders(q, gate)
  for i = 1, #held do
    local n = #list
    list[n + 1], list[n + 2], list[n + 3] = held[i].id, held[i].worker, digits(held[i].since)
  end
  return { list, redis.call('ZRANGE', keys.parked(q.keys, gate), 0, HELD - 1) }
end

-- The holder of a chain: when its last run began, and when it is due again, or when it was discarded.
local function explain_chain(q, list, gate)
  local id = redis.call('SRANDMEMBER', keys.gate(q.keys, gate))
  local state, found = states.of(q, id or '')
  if not state then return end
  local text = state == 'executing' and found or redis.call('HGET', q.keys.run, id)
  local run = text and record.read(text) or {}
  local moment
  if state == 'discarded' then moment = ended.time(found) elseif state ~= 'executing' then moment = tonumber(found) end
  put(list, 'chain', {
    gate = gate, holder = id, state = state, worker = run.worker, since = run.started,
    due = state ~= 'discarded' and moment or nil, at = state == 'discarded' and moment or nil,
  })
end

-- The reasons of one gate for a lane.
local function explain_gate(q, list, gate, lane)
  local name = gate.gate
  local limits = gate.limits
  gates.read(q, gate)
  if chains.is_gate(name) then return gate.members > 0 and explain_chain(q, list, name) end
  if gate.is_off then
    put(list, 'off', { dependency = name, since = tonumber(redis.call('HGET', q.keys.off, name)) or 0 })
  end
  if gate.breaker == 'open' or gate.breaker == 'half-open' and gate.probe then
    put(list, 'breaker', { gate = name, state = gate.breaker, ['until'] = gate.till, probe = gate.probe or nil })
  end
  if gate.left and gate.left <= 0 then
    put(list, 'gate_rate', {
      gate = name, allowance = limits.rate.allowance, period = limits.rate.period, next = gate.next or q.now,
    })
  end
  if not gate.limit then return end
  if gate.members >= gate.limit then
    put(list, 'gate_concurrency', { gate = name, limit = gate.limit, running = gate.members, held = holders(q, name) })
  elseif gate.members + 1 >= gate.limit and reserve.withholds(q, name, lane) then
    local held = reserve.current(q)
    put(list, 'reserved', { gate = name, lane = held.lane, ['until'] = held.till })
  end
end

-- The reasons of the queue as a whole.
local function explain_queue(q, list)
  if q.paused then
    local since, reason = string.match(q.paused, '^(%d+) ?(.*)$')
    put(list, 'paused', { since = tonumber(since) or 0, reason = reason or '' })
  end
  local limits = q.limits and q.limits.dimensions['*'] or {}
  local running = redis.call('HLEN', q.keys.executing)
  if limits.concurrency and running >= limits.concurrency then
    put(list, 'queue_concurrency', { limit = limits.concurrency, running = running })
  end
  if limits.rate then
    local left, at = rate.room(q, '*', limits.rate)
    if left <= 0 then
      put(list, 'queue_rate', { allowance = limits.rate.allowance, period = limits.rate.period, next = at or q.now })
    end
  end
end

local function knows(info, kind)
  if type(info.kinds) ~= 'table' then return true end
  for i = 1, #info.kinds do
    if info.kinds[i] == '*' or info.kinds[i] == kind then return true end
  end
  return false
end

-- Whether a live worker could run the job. Looks at a hundred workers.
local function explain_workers(q, list, id)
  local live = redis.call('ZRANGE', q.keys.workers, digits(q.now), '+inf', 'BYSCORE', 'LIMIT', 0, 100)
  if #live == 0 then return put(list, 'no_worker') end
  local kind = columns.kind_of(redis.call('HGET', q.keys.spec, id))
  if not kind then return end
  for i = 1, #live do
    local read, info = pcall(cjson.decode, redis.call('HGET', keys.worker(q.keys, live[i]), 'info') or '{}')
    if not read or type(info) ~= 'table' or knows(info, kind) then return end
  end
  put(list, 'unknown_kind', { kind = kind, workers = #live })
end

local function available(q, list, id)
  local lane = redis.call('HGET', q.keys.lane, id) or ''
  explain_queue(q, list)
  local own = gates.of(q, lane)
  for i = 1, #own do explain_gate(q, list, own[i], lane) end
  local gate = redis.call('HGET', q.keys.where, lane)
  if gate then
    local parked = keys.parked(q.keys, gate)
    local rank = redis.call('ZRANK', parked, lane)
    if rank then put(list, 'parked', { gate = gate, lanes = redis.call('ZCARD', parked), position = rank + 1 }) end
  end
  local wait = keys.wait(q.keys, lane)
  local rank = redis.call('ZRANK', wait, id)
  if rank and rank > 0 then put(list, 'position', { lane = lane, position = rank + 1, of = redis.call('ZCARD', wait) }) end
  local ahead = redis.call('ZRANK', q.keys.ready, lane)
  if ahead and ahead > 0 then put(list, 'lanes_ahead', { lanes = ahead }) end
  explain_workers(q, list, id)
  if #list == 0 then put(list, 'next') end
end

-- A parent that is not here has moved to its own queue, or was deleted while its follower was held.
local function suspended(q, list, id, since)
  local target = string.match(redis.call('HGET', q.keys.target, id) or '', '^%S+')
  local parent, policy = string.match(redis.call('HGET', q.keys.after, id) or '', '^(%S+) (%S+)')
  if not parent then
    if not target then return put(list, 'suspended') end
    return put(list, 'moving', { queue = target, since = tonumber(since) })
  end
  local state = states.of(q, parent)
  local is_held = policy == 'hold' and state and states.is_ended(state)
  put(list, is_held and 'held' or 'waits', { job = parent, state = state or 'missing', policy = policy, queue = target })
end

function M.run(q, args)
  q.is_looking = true
  local id, list = args[1] or '', {}
  local state, found = states.of(q, id)
  if not state then return list end
  local deadline = tonumber(redis.call('HGET', q.keys.deadline, id))
  if state == 'executing' then
    executing(q, list, found)
  elseif state == 'available' then
    available(q, list, id)
  elseif state == 'suspended' then
    suspended(q, list, id, found)
  elseif states.is_ended(state) then
    put(list, 'ended', { state = state, at = ended.time(found) })
  else
    timed(q, list, id, state, found)
  end
  if deadline and not states.is_ended(state) then put(list, 'deadline', { at = deadline }) end
  return list
end
