-- repair [cursor]            Goes through the data as audit does, and cures each finding in the call that finds it.
-- repair_plan [cursor]       The same, changing nothing.
-- Returns the next cursor, the number checked, and a flat list of invariant, what is wrong, the cure (empty: none is safe).
-- No job is lost by it: a job in no index comes back, a job in two indexes keeps the one from which it may yet run. So a job may
-- run once more. One repair may make the next possible: go through it until audit is clean.
-- Errors: BADARG, BADKEY, FORMAT. Events: of jobs that come back.
local ahead = require('ahead')
local audit = require('audit')
local conflicts = require('conflicts')
local cron = require('cron')
local deadlines = require('deadlines')
local events = require('events')
local gates = require('gates')
local keys = require('keys')
local lanes = require('lanes')
local outbox = require('outbox')
local parking = require('parking')
local record = require('record')
local states = require('states')
local stats = require('stats')
local unique = require('unique')
local waiting = require('waiting')
local wake = require('wake')
local digits = require('arguments').digits

-- The order in which a job in several indexes keeps one: where it runs, else where it will, else where it ended without
-- completing.
local better = { 'executing', 'available', 'retryable', 'scheduled', 'suspended', 'discarded', 'cancelled', 'completed' }

local cures = {}

local function lane_of(q, id) return redis.call('HGET', q.keys.lane, id) or '' end

-- Sets the counters by the jobs that are there.
function cures.recount(q)
  local came, gone = stats.balance(q)
  local left = came - gone - redis.call('HLEN', q.keys.spec)
  local removed = tonumber(redis.call('HGET', q.keys.stats, 'removed')) or 0
  if removed + left >= 0 then
    redis.call('HINCRBY', q.keys.stats, 'removed', left)
  else
    redis.call('HINCRBY', q.keys.stats, 'enqueued', -left)
  end
end

-- Puts a lane where its head belongs, or drops it.
function cures.lane(q, lane)
  local gate = redis.call('HGET', q.keys.where, lane)
  if gate then
    redis.call('ZREM', keys.parked(q.keys, gate), lane)
    redis.call('HDEL', q.keys.where, lane)
  end
  redis.call('ZREM', q.keys.ready, lane)
  lanes.settle(q, lane)
  q.claimable = true
end

-- A job in no index: suspended, if it waits for a parent or was on its way, else available.
function cures.place(q, id)
  if states.of(q, id) then return end
  local target = redis.call('HGET', q.keys.target, id)
  if target or redis.call('HEXISTS', q.keys.after, id) == 1 then
    redis.call('ZADD', q.keys.suspended, digits(q.now), id)
    if redis.call('HEXISTS', q.keys.after, id) == 0 then
      outbox.put(q, 'queue.' .. string.match(target, '^%S+') .. ' ' .. id)
    end
    return events.moved(q, '', 'suspended', { id })
  end
  waiting.enter(q, { id })
  q.claimable = true
  events.moved(q, '', 'available', { id })
end

-- Takes an id out of one index.
local function take(q, state, id)
  if state == 'available' then return lanes.remove(q, lane_of(q, id), id) end
  if state ~= 'executing' then return redis.call('ZREM', q.keys[state], id) end
  local text = redis.call('HGET', q.keys.executing, id)
  if not text then return end
  local run = record.read(text)
  redis.call('HDEL', q.keys.executing, id)
  redis.call('SREM', keys.held(q.keys, run.worker or ''), id)
  if run.dimensions and run.dimensions ~= '-' then
    gates.leave(q, { { ids = { id }, dimensions = run.dimensions, lane = run.lane } })
  end
end

function cures.keep_one(q, id)
  local is_kept = false
  for i = 1, #better do
    local state, is_there = better[i]
    if state == 'executing' then
      is_there = redis.call('HEXISTS', q.keys.executing, id) == 1
    elseif state == 'available' then
      is_there = redis.call('ZSCORE', keys.wait(q.keys, lane_of(q, id)), id)
    else
      is_there = redis.call('ZSCORE', q.keys[state], id)
    end
    if is_there and is_kept then take(q, state, id) end
    is_kept = is_kept or is_there
  end
end

-- An entry of an index, or of a lane, without a job.
function cures.drop(q, name, id)
  if redis.call('HEXISTS', q.keys.spec, id) == 1 then return end
  take(q, name, id)
end

function cures.drop_waiting(q, lane, id)
  if redis.call('HEXISTS', q.keys.spec, id) == 0 then lanes.remove(q, lane, id) end
end

-- A gate that would not be looked at again.
function cures.look(q, gate) parking.at(q, gate, q.now) end

function cures.leave(q, gate, id)
  redis.call('SREM', keys.gate(q.keys, gate), id)
  gates.changed(q, gate)
  if parking.is_any(q, { gate }) then parking.turn(q, gate, 1) end
end

function cures.join(q, gate, id) redis.call('SADD', keys.gate(q.keys, gate), id) end

-- A job that kept its place in a chain holds the chain; if another job does, it gives the place up.
function cures.hold(q, gate, id)
  local key = keys.gate(q.keys, gate)
  if redis.call('SCARD', key) == 0 then redis.call('SADD', key, id) else redis.call('HDEL', q.keys.place, id) end
end

function cures.held(q, worker, id) redis.call('SADD', keys.held(q.keys, worker), id) end
function cures.not_held(q, worker, id) redis.call('SREM', keys.held(q.keys, worker), id) end
function cures.not_cancelled(q, worker, id) redis.call('SREM', keys.cancel(q.keys, worker), id) end

-- An unknown worker has died: its lease is over, so its jobs are taken back.
function cures.bury(q, worker) redis.call('ZADD', q.keys.workers, 'NX', digits(q.now), worker) end

function cures.no_suspect(q, id) redis.call('ZREM', q.keys.suspects, id) end

function cures.empty(q, column, id)
  if redis.call('HEXISTS', q.keys.spec, id) == 0 then redis.call('HDEL', q.keys[column], id) end
end

-- The owner of a fingerprint: a live job that says so, or says nothing; an ended one within its time.
function cures.owner(q, fingerprint, id)
  if redis.call('HGET', q.keys.unique, fingerprint) ~= id then return end
  local text = redis.call('HGET', q.keys.fingerprint, id)
  local state, ends = states.of(q, id), redis.call('ZSCORE', q.keys.unique_ends, fingerprint)
  local own, till, is_until_start = unique.parse(text or fingerprint)
  if own == fingerprint and state and not states.is_ended(state) and not (is_until_start and state == 'executing') then
    redis.call('HSET', q.keys.fingerprint, id, text or fingerprint)
    redis.call('ZREM', q.keys.unique_ends, fingerprint)
  elseif own == fingerprint and (not state or states.is_ended(state)) and (ends or till and till > q.now) then
    redis.call('ZADD', q.keys.unique_ends, 'NX', digits(till or tonumber(ends)), fingerprint)
    if state and not text then redis.call('HSET', q.keys.fingerprint, id, '@' .. ends .. ' ' .. fingerprint) end
  else
    redis.call('HDEL', q.keys.unique, fingerprint)
    redis.call('ZREM', q.keys.unique_ends, fingerprint)
    if is_until_start and own == fingerprint then redis.call('HDEL', q.keys.fingerprint, id) end
  end
end

-- A live job owns its fingerprint, unless another live one does.
function cures.own(q, fingerprint, id)
  local by = redis.call('HGET', q.keys.unique, fingerprint)
  local state, other = states.of(q, id), by and states.of(q, by)
  local own, _, is_until_start = unique.parse(redis.call('HGET', q.keys.fingerprint, id) or '')
  if own ~= fingerprint or not state or states.is_ended(state) or other and not states.is_ended(other) then return end
  if is_until_start and state == 'executing' then return redis.call('HDEL', q.keys.fingerprint, id) end
  redis.call('HSET', q.keys.unique, fingerprint, id)
  redis.call('ZREM', q.keys.unique_ends, fingerprint)
end

function cures.hold_no_more(q, fingerprint)
  if redis.call('HEXISTS', q.keys.unique, fingerprint) == 0 then redis.call('ZREM', q.keys.unique_ends, fingerprint) end
end

function cures.succeed(q, id) conflicts.mend(q, id) end

function cures.rearm(q) cron.rearm(q) end

-- A live job with a deadline is looked at by then; other jobs are not.
function cures.deadline(q, id)
  local at = redis.call('HGET', q.keys.deadline, id)
  local state = at and states.of(q, id)
  if not state or states.is_ended(state) then return redis.call('ZREM', q.keys.deadlines, id) end
  deadlines.added(q, { at, id })
end

function cures.deadlines(q)
  deadlines.rearm(q)
  wake.push(q, true)
end

-- An entry that is neither paused nor finished has a next tick from now on, which a worker computes. An
-- entry without any state is left to an operator.
function cures.entry(q, name)
  if redis.call('HEXISTS', q.keys.cron, name) == 0 then
    redis.call('ZREM', q.keys.cron_next, name)
    return cron.rearm(q)
  end
  local key, state, next = keys.cron_state(q.keys, name), cron.state(q, name), redis.call('ZSCORE', q.keys.cron_next, name)
  if not state.revision then
    redis.call('HSETNX', key, 'source', 'operator')
    redis.call('HSET', key, 'revision', digits(redis.call('HINCRBY', q.keys.config, 'cron', 1)))
    state.paused = state.paused or not next and not state.finished and digits(q.now) .. ' its state was lost'
    if state.paused then redis.call('HSET', key, 'paused', state.paused) end
  end
  if state.paused or state.finished then
    redis.call('ZREM', q.keys.cron_next, name)
  elseif not next then
    redis.call('ZADD', q.keys.cron_next, digits(math.ceil(q.now / 1000) * 1000), name)
  end
  redis.call('LTRIM', keys.cron_history(q.keys, name), 0, cron.KEPT - 1)
  cron.rearm(q)
end

-- A time too far ahead lies as far ahead of now as it was set.
function cures.ahead(q, kind, member) ahead.put_right(q, kind, member) end

local texts = {
  ahead = 'it is set as far ahead of now as it was meant to be',
  recount = 'the counters are set to the number of jobs', lane = 'the lane is sorted by its first job',
  place = 'it becomes available, or suspended if it waits for another job',
  keep_one = 'it stays where it runs, or else where it can still run', drop = 'the entry is removed',
  drop_waiting = 'the entry is removed', look = 'the next call looks at it', leave = 'its place goes to another job',
  join = 'the gate lists it', hold = 'it holds the chain, or loses its place if another job holds the chain',
  held = 'the worker holds it', not_held = 'the worker no longer holds it', not_cancelled = 'the cancellation is removed',
  bury = 'the worker counts as dead, and its jobs go back to the queue', no_suspect = 'it is no longer a suspect',
  empty = 'the entry is removed',
  owner = 'its job keeps it, if that has not ended, or ended within its time; else it is free',
  own = 'the job becomes its owner',
  hold_no_more = 'it is free', succeed = 'it runs again as requested, or a new job takes its place',
  deadline = 'a look is due at its deadline, if it has one and has not ended', deadlines = 'the look is due in time',
  rearm = 'the look is due in time', entry = 'its next tick is computed from now on, unless it is paused or finished',
}

local function go(q, args, is_planning)
  local page = audit.page(q, args)
  local reply = {}
  for i = 1, #page.found, 2 do
    local cure = page.found.cures[(i + 1) / 2]
    if cure and not is_planning then cures[cure[1]](q, cure[2], cure[3]) end
    for _, text in ipairs({ page.found[i], page.found[i + 1], cure and texts[cure[1]] or '' }) do reply[#reply + 1] = text end
  end
  if q.claimable then wake.push(q) end
  return { page.next, page.checked, reply }
end

function M.run(q, args) return go(q, args, false) end
function M.plan(q, args) return go(q, args, true) end
