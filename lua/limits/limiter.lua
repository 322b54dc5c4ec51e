-- Rate limits outside jobs. A call reserves the next place in time and returns the wait, so no client polls. Any window of period
-- + guard has at most `allowance` places: place n comes no sooner than that after place n - allowance. Places of the last window
-- are kept; above 1000 they are kept in groups of equal size. A group starts when period + guard after the end of its predecessor
-- are over, so the bound stays strict and the list short. Keys: slots (the last place of each group, µs), state, ahead (id by
-- place to come), free (places to come that were given back). All expire when the last place no longer counts.
local arguments = require('arguments')
local expiry = require('expiry')
local digits = arguments.digits

local GROUPS = 1000           -- times that are kept for one limit, at most
local SLACK = 60000           -- ms for which the state is kept longer than it counts

local function read(args)
  local terms = {
    id = arguments.word(args[1], 'id'),
    allowance = arguments.number(args[2], 1, 1e9, 'allowance'),
    period = arguments.number(args[3], 1, 2678400000, 'period'),
  }
  terms.guard = arguments.number(args[4], 0, terms.period, 'guard')
  terms.patience = arguments.number(args[5], -1, 1e14, 'patience')
  terms.span = (terms.period + terms.guard) * 1000
  terms.size = math.ceil(terms.allowance / GROUPS)
  terms.groups = math.floor(terms.allowance / terms.size)
  terms.name = table.concat({ args[2], args[3], args[4] }, '/')
  return terms
end

local function rewrite(l, times)
  redis.call('DEL', l.keys.slots)
  if #times > 0 then redis.call('RPUSH', l.keys.slots, unpack(times)) end
end

-- After the clock jumped back, taken places lie as far behind it as before. Clients that wait keep their wait.
local function shift(l, by)
  local times = redis.call('LRANGE', l.keys.slots, 0, -1)
  for i = 1, #times do times[i] = digits(tonumber(times[i]) - by) end
  rewrite(l, times)
  l.last = l.last - by
  redis.call('DEL', l.keys.ahead, l.keys.free)
end

-- For another size of groups each group counts as full, so no window holds more than either limit allows.
local function regroup(l, size)
  local old, copies = redis.call('LRANGE', l.keys.slots, 0, -1), math.max(math.ceil(l.size / size), 1)
  local newest = {}
  for i = #old, 1, -1 do
    for _ = 1, copies do
      if #newest <= GROUPS then newest[#newest + 1] = old[i] end
    end
  end
  local times = {}
  for i = #newest, 1, -1 do times[#times + 1] = newest[i] end
  rewrite(l, times)
  l.count, l.kept = size, math.max(l.kept, #times)
end

-- Reads the state and corrects it for the present time and these terms.
local function load(l, terms)
  local found = redis.call('HMGET', l.keys.state, 'size', 'count', 'last', 'at', 'kept', 'terms')
  l.size, l.count = tonumber(found[1]) or terms.size, tonumber(found[2]) or 0
  l.last, l.at, l.kept = tonumber(found[3]) or 0, tonumber(found[4]) or 0, tonumber(found[5]) or 0
  if l.micros < l.at then shift(l, l.at - l.micros) end
  if l.size ~= terms.size then regroup(l, terms.size) end
  l.size, l.kept = terms.size, math.max(l.kept, terms.groups + 1)
  -- Free places were free by other terms.
  if found[6] and found[6] ~= terms.name then redis.call('DEL', l.keys.free) end
  local past = '(' .. digits(l.micros)
  redis.call('ZREMRANGEBYSCORE', l.keys.ahead, '-inf', past)
  redis.call('ZREMRANGEBYSCORE', l.keys.free, '-inf', past)
end

-- The first possible time, and the id that gave that place back, if it is such a place.
local function first_place(l, terms)
  local free = redis.call('ZRANGE', l.keys.free, 0, 0, 'WITHSCORES')
  if free[1] then return tonumber(free[2]), free[1] end
  l.starts = l.count >= l.size or l.count == 0
  local before = redis.call('LINDEX', l.keys.slots, -(l.starts and terms.groups or terms.groups + 1))
  return math.max(l.micros, l.last, before and tonumber(before) + terms.span or 0)
end

local function occupy(l, place)
  local text = digits(place)
  if l.starts then
    redis.call('RPUSH', l.keys.slots, text)
    redis.call('LTRIM', l.keys.slots, -l.kept, -1)
    l.count = 1
  else
    redis.call('LSET', l.keys.slots, -1, text)
    l.count = l.count + 1
  end
  l.last = place
end

local function store(l, terms)
  redis.call('HSET', l.keys.state, 'size', l.size, 'count', l.count, 'last', digits(l.last), 'at', digits(l.micros),
    'kept', l.kept, 'terms', terms.name)
  local rest = math.ceil(math.max(l.last + terms.span - l.micros, 0) / 1000) + SLACK
  for _, name in ipairs({ 'slots', 'ahead', 'free', 'state' }) do expiry.set(l.keys[name], rest) end
end

-- limiter id allowance period guard patience
--   id          of this request; repeated while its place is to come, it gets the same place
--   period      and guard, in ms
--   patience    ms; a place later than that is not taken. -1: any place
-- Returns {1, wait} with the wait in µs, or {0, wait} beyond the patience. Errors: BADARG, BADKEY.
function M.take(l, args)
  local terms = read(args)
  load(l, terms)
  local own = tonumber(redis.call('ZSCORE', l.keys.ahead, terms.id))
  local place, from = own, nil
  if not own then place, from = first_place(l, terms) end
  local wait = place - l.micros
  local refused = not own and terms.patience >= 0 and wait > terms.patience * 1000
  if not own and not refused then
    if from then redis.call('ZREM', l.keys.free, from) else occupy(l, place) end
    if wait > 0 then redis.call('ZADD', l.keys.ahead, digits(place), terms.id) end
  end
  if l.last > 0 then store(l, terms) end
  return { refused and 0 or 1, wait }
end

-- limiter_return id      Gives back a place to come; the next request gets it, if its time has not passed.
-- Returns 1, or 0 if there is none. Errors: BADARG, BADKEY.
function M.give_back(l, args)
  local id = arguments.word(args[1], 'id')
  local place = redis.call('ZSCORE', l.keys.ahead, id)
  if not place or tonumber(place) < l.micros then return 0 end
  redis.call('ZREM', l.keys.ahead, id)
  redis.call('ZADD', l.keys.free, place, id)
  expiry.set(l.keys.free, math.max(expiry.left(l.keys.state), 1))
  return 1
end
