-- A new job meets a job that owns its fingerprint. The wish of the new job decides:
--   keep      nothing changes                                  `exists`
--   fail      nothing changes; the client throws an error      `duplicate`
--   replace   the owner gets its spec, lane, priority and deadline, and its time if it names one: `replaced`. While the owner
--             runs, they wait in the column `next`; the last such job wins: `next`
--   again     a waiting owner will run: `exists`; a running owner runs once more, as `next` says
-- The first of two events uses `next`: the owner is to run again, and does so with the new spec; or it ends, and a new job takes
-- over the fingerprint in the same call. An ended owner stays as it is. `next` is `id kind set length:options` and the spec; the
-- kind is replace or again, the options are those of the new job. `set` is the time at which it was written, with `a` if a caller
-- named the due time, and `d` if it named the deadline; see ahead.lua. Earlier libraries wrote no `set`.
local ahead = require('ahead')
local chains = require('chains')
local columns = require('columns')
local deadlines = require('deadlines')
local ended = require('ended')
local enqueue = require('enqueue')
local events = require('events')
local lanes = require('lanes')
local notices = require('notices')
local options = require('options')
local queue = require('queue')
local states = require('states')
local stats = require('stats')
local unique = require('unique')
local waiting = require('waiting')
local wake = require('wake')
local digits = require('arguments').digits

local function options_of(option)
  local rule, text = option and option.unique or unique.plain, {}
  text.unique = { ['until'] = rule.till, period = rule.period, conflict = rule.conflict }
  if option then
    text.at, text.hold, text.deadline_at = option.due, option.hold or nil, option.deadline
    if option.lane ~= '' then text.lane = option.lane end
    text.notify = option.notify and notices.option(option.notify)
    if option.priority ~= queue.PRIORITY then text.priority = option.priority end
  end
  return cjson.encode(text)
end

local function write_next(q, owner, id, kind, option, spec)
  local text = options_of(option)
  local named = (option and option.at ~= nil and 'a' or '') .. (option and option.is_deadline_named and 'd' or '')
  local set = digits(q.now) .. named
  q.has_next = true
  redis.call('HSET', q.keys.next, owner, id .. ' ' .. kind .. ' ' .. set .. ' ' .. #text .. ':' .. text .. (spec or ''))
end

-- The parts of `next` as text: id, kind, when it was set or nil, what a caller named, options, spec.
local function split_next(text)
  local id, kind, set, named, length, at = string.match(text, '^(%S+) (%S+) (%d+)(%a*) (%d+):()')
  if not id then id, kind, length, at = string.match(text, '^(%S+) (%S+) (%d+):()') end
  length = tonumber(length)
  return id, kind, tonumber(set), named or '', string.sub(text, at, at + length - 1), string.sub(text, at + length)
end

local function read_next(q, text)
  local id, kind, set, named, option_text, spec = split_next(text)
  local valid, option = pcall(options.read, q, option_text)
  if not valid then option = options.read(q, '{}') end
  if set then
    option.set, option.is_deadline_named = set, string.find(named, 'd') ~= nil
    if not string.find(named, 'a') then option.at = nil end
  end
  return id, kind, option, spec
end

-- `next` as it would be if the clock had been right when it was written: a function that puts it there; nil if it was.
function M.rewound(q, owner, text)
  local id, kind, set, named, option_text, spec = split_next(text)
  if not set or set <= ahead.past(q) then return nil end
  return function()
    local valid, option = pcall(cjson.decode, option_text)
    if not valid or type(option) ~= 'table' then return end
    local function right(time) return time and math.max(time - (set - q.now), q.now) end
    if not string.find(named, 'a') then option.at = right(tonumber(option.at)) end
    if not string.find(named, 'd') then option.deadline_at = right(tonumber(option.deadline_at)) end
    option_text = cjson.encode(option)
    local head = id .. ' ' .. kind .. ' ' .. digits(q.now) .. named .. ' '
    redis.call('HSET', q.keys.next, owner, head .. #option_text .. ':' .. option_text .. spec)
  end
end

-- Sets a column, or clears it.
local function set(q, name, id, value)
  if value then redis.call('HSET', q.keys[name], id, value) else redis.call('HDEL', q.keys[name], id) end
end

-- Splits a spec, as clients write it, before its arguments, and finds the batch in it.
local function split_spec(spec)
  local head, rest = string.match(spec, '^(.-)(,"args":.*)$')
  if not head or string.find(head, '"partitions":{[^}]*$') then return nil end
  local first
  for _, behind in ipairs({ '$', ',"trace":{', ',"version":%d', ',"redact":%[', ',"key":"' }) do
    first = first or string.find(head, ',"batch":"[%w._-]*"' .. behind)
  end
  return head, rest, first, first and string.find(head, '"', first + 10, true)
end

-- Keeps a job in its own batch: a replacing spec neither brings a batch nor removes one.
local function with_batch_of(before, spec)
  local head, rest, first, last = split_spec(spec)
  if not head then return spec end
  if first then head = string.sub(head, 1, first - 1) .. string.sub(head, last + 1) end
  local old, _, from, to = split_spec(before)
  return head .. (from and string.sub(old, from, to) or '') .. rest
end

-- Gives a job the spec and options of another one. Returns whether its lane or class changed, and its old lane.
local function change(q, id, spec, option)
  local lane, priority = option and option.lane or '', option and option.priority or queue.PRIORITY
  local before = redis.call('HGET', q.keys.lane, id) or ''
  local class = tonumber(redis.call('HGET', q.keys.priority, id)) or queue.PRIORITY
  redis.call('HSET', q.keys.spec, id, with_batch_of(redis.call('HGET', q.keys.spec, id), spec))
  set(q, 'lane', id, lane ~= '' and lane)
  set(q, 'priority', id, priority ~= queue.PRIORITY and priority)
  set(q, 'hold', id, option and option.hold and '1')
  deadlines.set(q, id, option)
  return lane ~= before or priority ~= class, before
end

-- Moves an available job to where its options say.
local function move_available(q, id, found, option, before)
  columns.keep_created(q, id, found)
  if option and option.due then
    waiting.add(q, 'scheduled', id, option.due, option.at ~= nil, option.set)
    lanes.remove(q, before, id)
    return events.moved(q, 'available', 'scheduled', { id })
  end
  waiting.enter(q, { id })
  if before == (redis.call('HGET', q.keys.lane, id) or '') then lanes.settle(q, before) else lanes.remove(q, before, id) end
end

local function replace_waiting(q, id, state, found, spec, option)
  local due = option and option.due
  -- A place in a chain belongs to the lane that the job has until now.
  local is_elsewhere = option and option.lane or ''
  if state ~= 'available' and (redis.call('HGET', q.keys.lane, id) or '') ~= is_elsewhere then chains.left(q, id) end
  local has_moved, before = change(q, id, spec, option)
  if has_moved and state ~= 'available' then
    local place = redis.call('HGET', q.keys.place, id)
    if place then columns.keep_created(q, id, place) end
    redis.call('HDEL', q.keys.place, id)
  end
  if state == 'available' then
    if has_moved or due then move_available(q, id, found, option, before) end
  elseif state == 'scheduled' and due then
    waiting.add(q, 'scheduled', id, due, option.at ~= nil, option.set)
  end
end

-- Applies the wish of a new job to the owner. Returns the word for the caller.
local function meet(q, owner, id, spec, option, is_ended)
  local wish = (option and option.unique or unique.plain).conflict
  if wish == 'fail' then return 'duplicate' end
  if wish == 'keep' or is_ended then return 'exists' end
  local state, found = states.of(q, owner)
  if state == 'executing' then
    write_next(q, owner, id, wish, option, wish == 'replace' and spec or nil)
    return 'next'
  end
  if wish == 'again' or not state or states.is_ended(state) then return 'exists' end
  replace_waiting(q, owner, state, found, spec, option)
  return 'replaced'
end

-- A delivered job counts as added where it came from. So it is added and cancelled, and its end is reported.
local function cancel_arrival(q, id, spec, option, owner)
  redis.call('HSET', q.keys.spec, id, spec)
  redis.call('HSET', q.keys.created, id, digits(q.now))
  local why = owner .. ', which has the same fingerprint, was here before it'
  redis.call('HSET', q.keys.errors, id, cjson.encode({ at = q.now, error = why }))
  if option and option.links then
    redis.call('HSET', q.keys.links, id, option.links)
    q.has_links = true
  end
  stats.count(q, 'enqueued', 1)
  events.moved(q, '', 'cancelled', { id })
  ended.add(q, 'cancelled', { id })
  ended.trim(q, 'cancelled')
end

-- Goes through the new jobs of a call that met an owner. `at` is the position of their word in `not_new`.
function M.settle(q, wanted, not_new)
  for k = 1, #wanted.met do
    local one = wanted.met[k]
    not_new[one.at] = meet(q, one.owner, one.id, one.spec, one.option, one.is_ended)
    if q.is_delivery then cancel_arrival(q, one.id, one.spec, one.option, one.owner) end
  end
  if q.claimable and #wanted.met > 0 then wake.push(q) end
end

local function take(q, id)
  if not q.config.unique then return nil end
  if q.has_next == nil then q.has_next = redis.call('EXISTS', q.keys.next) == 1 end
  local text = q.has_next and redis.call('HGET', q.keys.next, id)
  if text then redis.call('HDEL', q.keys.next, id) end
  return text
end

-- A run is over and its job runs again, with `next` if there is any. Returns whether its lane or class changed.
function M.run_again(q, id)
  local text = take(q, id)
  if not text then return false end
  local _, kind, option, spec = read_next(q, text)
  if kind == 'again' then return false end
  return (change(q, id, spec, option))
end

-- A job with `next` has ended. The new job has the id of the enqueue that asked for it.
function M.succeed(q, id, text, fingerprint)
  redis.call('HDEL', q.keys.next, id)
  if not fingerprint then return end
  local new, kind, option, spec = read_next(q, text)
  if kind == 'again' then
    spec = redis.call('HGET', q.keys.spec, id)
    option.lane = redis.call('HGET', q.keys.lane, id) or ''
    option.priority = tonumber(redis.call('HGET', q.keys.priority, id)) or queue.PRIORITY
    option.hold = redis.call('HEXISTS', q.keys.hold, id) == 1
  end
  spec = with_batch_of('', spec)
  if redis.call('HEXISTS', q.keys.spec, new) == 1 then new = enqueue.new_id(q) end
  option.unique = option.unique or unique.read({})
  option.unique.key = fingerprint
  redis.call('HDEL', q.keys.unique, fingerprint)
  redis.call('ZREM', q.keys.unique_ends, fingerprint)
  enqueue.add(q, { new, spec }, { new }, { option })
end

-- Uses the `next` of a job that does not run, which should not be. Nothing of it is lost.
function M.mend(q, id)
  local text = redis.call('HGET', q.keys.next, id)
  local state, found = states.of(q, id)
  if not text or state == 'executing' then return end
  if state and states.is_ended(state) then
    local own = unique.parse(redis.call('HGET', q.keys.fingerprint, id) or '')
    local owner = redis.call('HGET', q.keys.unique, own)
    return M.succeed(q, id, text, own ~= '' and (not owner or owner == id) and own or nil)
  end
  redis.call('HDEL', q.keys.next, id)
  if not state then return end
  local _, kind, option, spec = read_next(q, text)
  if kind == 'replace' then replace_waiting(q, id, state, found, spec, option) end
end
