-- Parked lanes. A lane that meets a shut gate waits in parked:<gate> at no cost, however many such lanes there are. `turn` is the
-- way out. It is called for a gate whenever a place may have become free there, and whenever a lane that could have used a place
-- left without. `timed` holds gates that open by themselves, by the time of the next look; also `!NAME` for overrides that end,
-- `@cron` for the first tick, `@deadlines` for the first deadline.
local ageing = require('ageing')
local choose = require('choose')
local cron = require('cron')
local deadlines = require('deadlines')
local gates = require('gates')
local keys = require('keys')
local lanes = require('lanes')
local overrides = require('overrides')
local queue = require('queue')
local reserve = require('reserve')
local digits = require('arguments').digits

local SLACK = 16              -- jobs by which a lane may be behind its peers when it comes back
local PASSED = 200            -- lanes passed on from gate to gate in one call

-- Has a gate looked at by `time`.
function M.at(q, gate, time)
  redis.call('ZADD', q.keys.timed, 'LT', digits(time), gate)
end

-- Parks a lane that has jobs at a gate that is shut until `till`, if known. The caller takes it out of `ready`.
function M.park(q, lane, score, gate, till)
  redis.call('ZADD', keys.parked(q.keys, gate), digits(score), lane)
  redis.call('HSET', q.keys.where, lane, gate)
  q.has_parked = true
  if till then M.at(q, gate, till) end
end

-- Whether lanes may be parked at one of these gates. Mostly no lane is parked anywhere, or none there. A reservation counts as
-- parked, since its lane may be called from elsewhere.
function M.is_any(q, names)
  if q.has_parked == nil then q.has_parked = redis.call('EXISTS', q.keys.where) == 1 end
  if not q.has_parked then return false end
  if reserve.current(q) then return true end
  local parked = {}
  for i = 1, #names do parked[i] = keys.parked(q.keys, names[i]) end
  return redis.call('EXISTS', unpack(parked)) > 0
end

local function remove(q, gate, lane)
  local key = keys.parked(q.keys, gate)
  redis.call('ZREM', key, lane)
  ageing.left(q, key, '!' .. gate)
end

-- Moves one parked lane to `ready`. After a long wait it comes back close behind its peers, not far before them.
function M.unpark(q, gate, lane, score)
  -- A claim under way may have parked it, and still list it for removal from `ready`.
  if q.choosing then choose.clear_ready(q, q.choosing) end
  local class = math.floor(score / queue.CLASS)
  local floor = class * queue.CLASS + math.max(lanes.vtime(q) - SLACK * lanes.UNIT, 0)
  score = math.max(score, floor)
  redis.call('ZADD', q.keys.ready, digits(score), lane)
  q.front = math.min(q.front or score, score)
  redis.call('HDEL', q.keys.where, lane)
  remove(q, gate, lane)
  q.claimable = true
end

-- Notes for the reservation that a lane was turned away. The reservation ends if waiting for places is in vain.
function M.turned_away(q, lane, own, why)
  if why ~= 'concurrency' then
    reserve.finish(q, lane)
  elseif own[2] then
    reserve.turned_away(q, lane, own)
  end
end

-- Parks a lane of one gate at another one of its gates that is shut, without the way through `ready`. Returns whether it did.
local function pass_on(q, gate, lane, score)
  local own = gates.of(q, lane)
  if not own[2] or (q.passed or 0) >= PASSED then return false end
  for i = 1, #own do
    local room, till, why = nil, nil, nil
    if own[i].gate ~= gate then room, till, why = gates.room(q, own[i], lane) end
    if room == 0 then
      q.passed = (q.passed or 0) + 1
      M.park(q, lane, score, own[i].gate, till)
      remove(q, gate, lane)
      M.turned_away(q, lane, own, why)
      return true
    end
  end
  return false
end

-- Moves up to n of the best lanes parked at a gate to `ready`; those that meet another shut gate are parked there. Returns the
-- number that became ready.
local function move(q, gate, n)
  local key, moved = keys.parked(q.keys, gate), 0
  while moved < n do
    local lane, score = ageing.pick(q, key, '!' .. gate)
    if not lane then break end
    if not pass_on(q, gate, lane, score) then
      M.unpark(q, gate, lane, score)
      moved = moved + 1
    end
  end
  return moved
end

-- Up to n places may have become free at a gate: passes them on. Without room, it has the gate looked at when there will be some.
function M.turn(q, name, n)
  local gate = gates.named(q, name)
  local room, till = gates.room(q, gate)
  if room > 0 then
    move(q, name, math.min(n, room))
  elseif till and redis.call('EXISTS', keys.parked(q.keys, name)) == 1 then
    M.at(q, name, till)
  end
end

-- Turns each gate of a lane that left `ready` without using a place there, except the gate where it is parked.
function M.turn_all(q, own, except)
  for i = 1, #own do
    if own[i].gate ~= except then M.turn(q, own[i].gate, 1) end
  end
end

local MOST = 200              -- lanes moved by M.run in one call
local PAGE = 50               -- gates looked at
local MARK = '@deadlines'

-- Looks at one due gate. Returns the number of lanes that moved.
local function look(q, name, most)
  local moved = 0
  if name ~= '*' then
    gates.changed(q, name)
    local gate = gates.named(q, name)
    reserve.recall(q, gate)
    local room, till = gates.room(q, gate)
    if room > 0 then
      moved = move(q, name, math.min(room, most))
      -- More lanes could move than this call may: it stays due.
      if room > moved and moved == most and redis.call('EXISTS', keys.parked(q.keys, name)) == 1 then return moved end
    end
    redis.call('ZREM', q.keys.timed, name)
    if till and redis.call('EXISTS', keys.parked(q.keys, name)) == 1 then M.at(q, name, till) end
    reserve.watch(q, name)
  else
    redis.call('ZREM', q.keys.timed, name)
    q.claimable = true
  end
  return moved
end

local function due(q)
  return redis.call('ZRANGE', q.keys.timed, '-inf', digits(q.now), 'BYSCORE', 'LIMIT', 0, PAGE)
end

-- Ends due overrides, which may make more gates due.
local function end_overrides(q, names)
  local ended = false
  for i = 1, #names do
    if string.byte(names[i]) == 33 then
      redis.call('ZREM', q.keys.timed, names[i])
      overrides.ended(q, string.sub(names[i], 2))
      ended = true
    end
  end
  return ended
end

-- Looks at everything that is due in `timed`.
function M.run(q)
  local names, left = due(q), MOST
  if end_overrides(q, names) then names = due(q) end
  for i = 1, #names do
    local sign = string.byte(names[i])
    if sign == 64 then
      if names[i] == MARK then deadlines.run(q) else cron.hand_out(q) end
    elseif left > 0 and sign ~= 33 then
      left = left - look(q, names[i], left)
    end
  end
end

-- After the clock went back, for whatever reason: gates that were to open in the future are looked at, up to 1,000. rewind.lua
-- goes through all if the clock was ahead. Overrides keep their ends.
function M.rewind(q)
  local now = digits(q.now)
  local later = redis.call('ZRANGE', q.keys.timed, '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, queue.MOST)
  for i = 1, #later do
    if string.byte(later[i]) ~= 33 then redis.call('ZADD', q.keys.timed, now, later[i]) end
  end
end

-- The first due time in ms, or nil; and the first deadline, if it is among the next few.
function M.next(q)
  local first = redis.call('ZRANGE', q.keys.timed, 0, 3, 'WITHSCORES')
  local deadline
  for i = 1, #first, 2 do
    if first[i] == MARK then deadline = tonumber(first[i + 1]) end
  end
  return tonumber(first[2]), deadline
end
