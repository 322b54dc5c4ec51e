-- Choosing jobs for a claim, fairly over lanes and within limits. What is chosen stays where it is until it is safe
-- elsewhere; then M.take removes it.
local M = {}

local QUANTUM = 16            -- jobs a lane is given before its peers have their turn
local BUDGET = 200            -- lanes looked at in one call
local PAGE = 32               -- lanes read at once

-- How many of the first n scores are of the class of the first.
local function of_one_class(scores, n)
  local queue = require('queue')
  local over = (math.floor(tonumber(scores[1]) / queue.CLASS) + 1) * queue.CLASS
  while tonumber(scores[n]) >= over do n = n - 1 end
  return n
end

-- Up to k jobs of a lane from a rank on: ids, scores, and the score of the one after them or nil. Few at a time.
local function peek(wait, from, k)
  local found = redis.call('ZRANGE', wait, from, from + k, 'WITHSCORES')
  local n, ids, scores = math.min(#found / 2, k), {}, {}
  for i = 1, n do ids[i], scores[i] = found[2 * i - 1], found[2 * i] end
  if n == 0 then return ids, scores, nil end
  local rest, stay = tonumber(found[2 * n + 2]), of_one_class(scores, n)
  if stay < n then
    rest = tonumber(scores[stay + 1])
    for i = stay + 1, n do ids[i], scores[i] = nil, nil end
  end
  return ids, scores, rest
end

-- The same for many, of all classes. Redis takes a microsecond to print a score, so where the scores at both ends show that all
-- between are consecutive, they are made here.
local function peek_many(wait, k)
  local ids = redis.call('ZRANGE', wait, 0, k - 1)
  local n = #ids
  if n == 0 then return ids, {}, nil end
  local ends = redis.call('ZRANGE', wait, n - 1, n, 'WITHSCORES')
  local last, rest = tonumber(ends[2]), tonumber(ends[4])
  if n == 1 then return ids, { ends[2] }, rest end
  local first = tonumber(redis.call('ZSCORE', wait, ids[1]))
  if last - first == n - 1 then return ids, require('queue').scores(0, first, n), rest end
  local scores, all = {}, redis.call('ZRANGE', wait, 0, n - 1, 'WITHSCORES')
  for i = 1, n do scores[i] = all[2 * i] end
  return ids, scores, rest
end

-- Chooses from the only lane there is, which no gate holds up. Nobody has to wait for it, so its virtual time stands still.
local function choose_alone(q, demand, lane, score)
  local ids, scores, rest = peek_many(require('keys').wait(q.keys, lane), demand)
  local lanes = {}
  for i = 1, #ids do lanes[i] = lane end
  return {
    ids = ids, scores = scores, lanes = lanes, order = { lane }, taken = { [lane] = #ids }, rest = { [lane] = rest },
    alone = score,
  }
end

-- Takes out of `ready` the lanes that have been emptied or parked; kept back so that one command does for many.
function M.clear_ready(q, chosen)
  if #chosen.unready > 0 then
    redis.call('ZREM', q.keys.ready, unpack(chosen.unready))
    chosen.unready = {}
  end
end

-- Turns the gates that lanes have left without using them. Returns whether there were any.
local function turn_gates(q, chosen)
  local gates = chosen.turns
  if #gates == 0 then return false end
  chosen.turns = {}
  local keys, parked = require('keys'), {}
  for i = 1, #gates do parked[i] = keys.parked(q.keys, gates[i]) end
  if redis.call('EXISTS', unpack(parked)) > 0 then
    for i = 1, #gates do require('parking').turn(q, gates[i], 1) end
  end
  return true
end

local function turn_later(chosen, gates, except)
  for i = 1, #gates do
    if gates[i].gate ~= except then chosen.turns[#chosen.turns + 1] = gates[i].gate end
  end
end

-- The lane whose turn it is, and its score: that of the reservation, else the best. Lanes are read some at a time; those that
-- have come into `ready` meanwhile, the best of which has the score `q.front`, are not passed over.
local function next_lane(q, chosen)
  local held = require('reserve').current(q)
  if held and not q.is_tried then
    q.is_tried = true
    local score = redis.call('ZSCORE', q.keys.ready, held.lane)
    if score then
      chosen.page = nil
      return held.lane, tonumber(score)
    end
  end
  local page, at = chosen.page, chosen.at
  if not page or not page[at] or tonumber(page[at + 1]) > (q.front or math.huge) then
    M.clear_ready(q, chosen)
    if require('ageing').is_used(q) then return require('ageing').pick(q, q.keys.ready, '!') end
    page, at, q.front = redis.call('ZRANGE', q.keys.ready, 0, PAGE - 1, 'WITHSCORES'), 1, nil
    chosen.page = page
  end
  chosen.at = at + 2
  return page[at], tonumber(page[at + 1])
end

-- Up to k more jobs of a lane.
local function peek_lane(q, chosen, lane, k)
  local wait = require('keys').wait(q.keys, lane)
  local ageing, count = require('ageing'), chosen.taken[lane] or 0
  local ids = chosen.mixed[lane]
  if ids == nil then
    ids = ageing.is_mixed_lane(q, wait) and {} or false
    chosen.mixed[lane] = ids
  end
  if ids then return ageing.jobs(q, wait, lane, k, ids, count) end
  return peek(wait, count, k)
end

-- Notes `some` more jobs of a lane as chosen.
local function note(chosen, lane, ids, scores, rest)
  local n, some = #chosen.ids, #ids
  for i = 1, some do
    chosen.ids[n + i], chosen.scores[n + i], chosen.lanes[n + i] = ids[i], scores[i], lane
  end
  if not chosen.taken[lane] then chosen.order[#chosen.order + 1] = lane end
  chosen.taken[lane], chosen.rest[lane] = (chosen.taken[lane] or 0) + some, rest
end

-- Parks a lane at the gate that is shut.
local function park(q, chosen, lane, score, own, shut, till)
  require('parking').park(q, lane, score, shut.gate, till)
  chosen.unready[#chosen.unready + 1] = lane
  turn_later(chosen, own, shut.gate)
end

-- Puts a lane that was served where it belongs: back behind its peers, at the gate that it has just filled, or nowhere if it is
-- empty.
local function requeue(q, chosen, lane, own, vtime, some, rest)
  local queue, lanes = require('queue'), require('lanes')
  q.vtime = math.max(lanes.vtime(q), vtime)
  if not rest then
    chosen.unready[#chosen.unready + 1] = lane
    turn_later(chosen, own)
    return
  end
  local after = math.floor(rest / queue.CLASS) * queue.CLASS + vtime + math.floor(some * lanes.UNIT / own.weight + 0.5)
  local room, shut, till = require('gates').room_for(q, own, lane, 1)
  if room == 0 then
    park(q, chosen, lane, after, own, shut, till)
  else
    redis.call('ZADD', q.keys.ready, queue.text(after), lane)
    q.front = math.min(q.front or after, after)
  end
end

-- Gives one lane its turn.
local function serve(q, chosen, lane, score, want)
  local gates, reserve = require('gates'), require('reserve')
  local own = gates.of(q, lane)
  local k, shut, till, why = gates.room_for(q, own, lane, want)
  if k == 0 then
    park(q, chosen, lane, score, own, shut, till)
    if why ~= 'concurrency' then
      reserve.finish(q, lane)
    elseif #own > 1 then
      reserve.turned_away(q, lane, own)
    end
    return
  end
  local ids, scores, rest = peek_lane(q, chosen, lane, k)
  note(chosen, lane, ids, scores, rest)
  if #own > 0 and #ids > 0 then
    gates.hold(q, own, #ids)
    reserve.forget(q, { lane })
  end
  requeue(q, chosen, lane, own, score % require('queue').CLASS, #ids, rest)
end

-- Chooses up to `demand` jobs. Returns {ids, scores, lanes}, each in step, and what M.take needs to take them out.
function M.choose(q, demand)
  local page = redis.call('ZRANGE', q.keys.ready, 0, PAGE - 1, 'WITHSCORES')
  local chosen = {
    ids = {}, scores = {}, lanes = {}, order = {}, taken = {}, rest = {}, mixed = {}, unready = {}, turns = {},
  }
  if not page[1] then return chosen end
  if not page[3] and #require('gates').of(q, page[1]) == 0
    and not require('ageing').is_mixed_lane(q, require('keys').wait(q.keys, page[1])) then
    return choose_alone(q, demand, page[1], tonumber(page[2]))
  end
  if not require('ageing').is_used(q) then chosen.page, chosen.at, q.front = page, 1, nil end
  local budget = BUDGET
  q.choosing = chosen
  while #chosen.ids < demand and budget > 0 do
    local lane, score = next_lane(q, chosen)
    if lane then
      budget = budget - 1
      serve(q, chosen, lane, score, math.min(demand - #chosen.ids, QUANTUM))
    elseif not turn_gates(q, chosen) then
      break
    end
  end
  M.clear_ready(q, chosen)
  q.choosing = nil
  turn_gates(q, chosen)
  chosen.is_spent = budget == 0
  return chosen
end

-- Leaves the last job chosen where it is.
function M.put_back(chosen)
  local n = #chosen.ids
  local lane, id = chosen.lanes[n], chosen.ids[n]
  chosen.ids[n], chosen.scores[n], chosen.lanes[n] = nil, nil, nil
  chosen.taken[lane] = chosen.taken[lane] - 1
  if chosen.mixed and chosen.mixed[lane] then chosen.mixed[lane][id] = nil end
  chosen.is_cut = chosen.is_cut or {}
  chosen.is_cut[lane] = true
end

-- Takes the chosen jobs out of lanes that keep some, and says where their heads are now.
local function take_some(q, chosen, lane, heads)
  local queue, wait, mixed = require('queue'), require('keys').wait(q.keys, lane), chosen.mixed and chosen.mixed[lane]
  if mixed then
    local ids = {}
    for id in pairs(mixed) do ids[#ids + 1] = id end
    if #ids > 0 then redis.call('ZREM', wait, unpack(ids)) end
  elseif chosen.taken[lane] > 0 then
    redis.call('ZREMRANGEBYRANK', wait, 0, chosen.taken[lane] - 1)
  end
  if chosen.is_cut and chosen.is_cut[lane] then return require('lanes').settle(q, lane) end
  local rest = chosen.rest[lane]
  local class = math.floor(rest / queue.CLASS)
  heads[#heads + 1], heads[#heads + 2] = queue.text(rest % queue.CLASS), lane
  if chosen.alone and class ~= math.floor(chosen.alone / queue.CLASS) then
    redis.call('ZADD', q.keys.ready, require('lanes').score(class, chosen.alone % queue.CLASS), lane)
  end
end

-- Takes the chosen jobs out of their lanes: the last step of a claim, when they are safe elsewhere.
function M.take(q, chosen)
  local lanes, keys, empty, waits, heads = require('lanes'), require('keys'), {}, {}, {}
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    if chosen.rest[lane] or chosen.is_cut and chosen.is_cut[lane] then
      take_some(q, chosen, lane, heads)
    else
      empty[#empty + 1], waits[#waits + 1] = lane, keys.wait(q.keys, lane)
    end
  end
  if #heads > 0 then redis.call('ZADD', q.keys.lanes, unpack(heads)) end
  if #empty > 0 then
    redis.call('DEL', unpack(waits))
    if chosen.alone then redis.call('ZREM', q.keys.ready, empty[1]) end
    lanes.forget(q, empty)
  end
  require('ageing').left(q, q.keys.ready, '!')
  if q.vtime then redis.call('SET', q.keys.vtime, require('queue').text(q.vtime)) end
end

return M
