-- Gives runnable jobs to a worker. All jobs of one claim share a fence. It rises with each claim, even after a failover that lost
-- writes, because it is never below the server's time.
local choose = require('choose')
local columns = require('columns')
local events = require('events')
local fences = require('fences')
local gates = require('gates')
local keys = require('keys')
local oversize = require('oversize')
local parking = require('parking')
local record = require('record')
local stats = require('stats')
local unique = require('unique')
local digits = require('arguments').digits

local BYTES = 4194304         -- of specs in one reply; the first job comes whatever its size

local function next_fence(q)
  local fence = digits(fences.next(tonumber(q.config.fence) or 0, q.micros))
  redis.call('HSET', q.keys.config, 'fence', fence)
  return fence
end

-- Shortens a choice to a reply of `most` bytes. Jobs of `aside` bytes or more are put aside, and need no room.
local function fit(chosen, specs, most, aside)
  local bytes, some, n = 0, 0, #chosen.ids
  for i = 1, n do
    local size = #(specs[i] or '')
    if not aside or size < aside then bytes, some = bytes + size, some + 1 end
    if bytes > most and some > 1 then
      for k = n, i, -1 do
        choose.put_back(chosen)
        specs[k] = nil
      end
      return
    end
  end
end

local function nothing(left) return { fence = '0', ids = {}, specs = {}, scores = {}, again = {}, without = {}, left = left } end

-- The dependencies that are off for claimed jobs, as a flat list of position from 0 and names.
local function without(q, lane_of)
  local list = {}
  if not q.limits or next(q.limits.off) == nil then return list end
  for i = 1, #lane_of do
    local names = gates.of(q, lane_of[i]).without
    if names then list[#list + 1], list[#list + 2] = i - 1, names end
  end
  return list
end

-- The ends of records, by lane.
local function endings(q, chosen)
  local of = {}
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    of[lane] = record.ending(gates.dimensions(gates.of(q, lane)), lane)
  end
  return of
end

-- Writes the runs down. Returns a flat list of position and attempt for attempts that are not the first.
local function start(q, worker, fence, chosen)
  local ids, scores, lane_of, ending = chosen.ids, chosen.scores, chosen.lanes, endings(q, chosen)
  local attempts = columns.read(q, 'attempts', ids)
  local head, middle = record.parts(fence, worker, digits(q.now))
  local first, running, again = head .. '1' .. middle, {}, {}
  for i = 1, #ids do
    local before = attempts[i] or nil
    running[2 * i - 1] = ids[i]
    if before then
      local attempt = tonumber(before) + 1
      running[2 * i] = head .. attempt .. middle .. scores[i] .. ending[lane_of[i]]
      again[#again + 1], again[#again + 2] = i - 1, attempt
    else
      running[2 * i] = first .. scores[i] .. ending[lane_of[i]]
    end
  end
  redis.call('HSET', q.keys.executing, unpack(running))
  redis.call('SADD', keys.held(q.keys, worker), unpack(ids))
  gates.join(q, chosen)
  return again
end

-- Whether another worker could be given something now. `room` is the room of the queue's own gate, and `till` the time at which a
-- rate opens it. A choice from the only lane tells whether jobs are ready.
local function is_left(q, room, till, chosen)
  if chosen and chosen.alone and not chosen.is_cut then
    if not chosen.rest[chosen.order[1]] then return false end
  elseif redis.call('EXISTS', q.keys.ready) == 0 then
    return false
  end
  if room > 0 then return true end
  if till then parking.at(q, '*', till) end
  return false
end

-- The places of jobs for their worker, which reads from them how long the jobs waited.
local function shown(q, scores)
  if not q.config.shifts then return scores end
  local list = {}
  for i = 1, #scores do list[i] = record.shown(q, scores[i]) end
  return list
end

-- Claims up to `demand` jobs for a worker; `known` is its record. Returns fence, ids, specs, scores, attempts that are not the
-- first, dependencies that are off, and whether runnable jobs are left.
function M.run(q, worker, demand, known)
  if q.paused then return nothing(false) end
  local room, till = gates.star(q)
  if demand == 0 or room <= 0 then return nothing(is_left(q, room, till)) end
  local chosen = choose.choose(q, math.min(demand, room))
  if #chosen.ids == 0 then
    -- Ready lanes without jobs are out of order; taking nothing from them corrects them.
    if #chosen.order > 0 then choose.take(q, chosen) end
    return nothing(chosen.is_spent)
  end
  local specs = redis.call('HMGET', q.keys.spec, unpack(chosen.ids))
  local aside, till_aside = oversize.bound(q, known)
  fit(chosen, specs, math.min(known and known.bytes or BYTES, BYTES), aside)
  local fence, n = next_fence(q), #chosen.ids
  local again = start(q, worker, fence, chosen)
  choose.take(q, chosen)
  gates.started(q, n)
  unique.started(q, chosen.ids)
  stats.count(q, 'started', n)
  events.moved(q, 'available', 'executing', chosen.ids, worker)
  if aside then again = oversize.sift(q, chosen, specs, again, aside, till_aside) end
  if room < math.huge then room, till = gates.star(q) end
  return {
    fence = fence, ids = chosen.ids, specs = specs, scores = shown(q, chosen.scores), again = again,
    without = without(q, chosen.lanes), left = is_left(q, room, till, chosen),
  }
end
