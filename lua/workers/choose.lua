-- Chooses jobs for a claim, fairly over lanes and within limits. Chosen jobs stay in their lanes until they are written
-- elsewhere; then M.take removes them.
local ageing = require('ageing')
local gates = require('gates')
local keys = require('keys')
local lanes = require('lanes')
local parking = require('parking')
local queue = require('queue')
local reserve = require('reserve')
local digits = require('arguments').digits

local QUANTUM = 16            -- jobs a lane is given before its peers have their turn
local BUDGET = 200            -- lanes looked at in one call
local PAGE = 32               -- lanes read at once
local PROBES = 2              -- looks for consecutive scores without a find

-- Chooses up to k more jobs of a lane, from a rank on, of one class only, since jobs of other lanes may come before the next.
-- Returns the number, and the score of the job behind them or nil.
local function take_head(chosen, lane, wait, from, k)
  local found = redis.call('ZRANGE', wait, from, from + k, 'WITHSCORES')
  local ids, scores, lane_of, n = chosen.ids, chosen.scores, chosen.lanes, #chosen.ids
  local over, some = nil, 0
  for i = 2, math.min(#found, 2 * k), 2 do
    local score = tonumber(found[i])
    if not over then over = (math.floor(score / queue.CLASS) + 1) * queue.CLASS end
    if score >= over then break end
    some = some + 1
    ids[n + some], scores[n + some], lane_of[n + some] = found[i - 1], found[i], lane
  end
  return some, tonumber(found[2 * some + 2])
end

-- The scores of the jobs from one rank to another, counted from 1, of which the first and the last are known. Redis takes a
-- microsecond to print a score. Where both ends show that those between are consecutive, as those of jobs that came together are,
-- they are made here. Else the range is halved, while that finds such jobs.
local function fill_scores(wait, scores, first, last, low, high, probes)
  if high - low == last - first then
    queue.scores(0, low, last - first + 1, scores, first)
    probes.left = probes.left + PROBES
  elseif last - first < 8 or probes.left == 0 then
    local found = redis.call('ZRANGE', wait, first - 1, last - 1, 'WITHSCORES')
    for i = 1, last - first + 1 do scores[first + i - 1] = found[2 * i] end
  else
    probes.left = probes.left - 1
    local middle = math.floor((first + last) / 2)
    local found = redis.call('ZRANGE', wait, middle - 1, middle, 'WITHSCORES')
    fill_scores(wait, scores, first, middle, low, tonumber(found[2]), probes)
    fill_scores(wait, scores, middle + 1, last, tonumber(found[4]), high, probes)
  end
end

-- Up to k jobs of a lane, of all classes: ids, scores, and the score of the job behind them or nil.
local function peek_many(wait, k)
  if k == 1 then
    local found = redis.call('ZRANGE', wait, 0, 1, 'WITHSCORES')
    return { found[1] }, { found[2] }, tonumber(found[4])
  end
  local ids = redis.call('ZRANGE', wait, 0, k - 1)
  local n, scores = #ids, {}
  if n == 0 then return ids, scores, nil end
  local ends = redis.call('ZRANGE', wait, n - 1, n, 'WITHSCORES')
  if n == 1 then return ids, { ends[2] }, tonumber(ends[4]) end
  local first = tonumber(redis.call('ZSCORE', wait, ids[1]))
  fill_scores(wait, scores, 1, n, first, tonumber(ends[2]), { left = PROBES })
  return ids, scores, tonumber(ends[4])
end

-- Chooses from the only lane, which has no gate. No other lane waits for it, so its virtual time stands still.
local function choose_alone(q, demand, lane, score)
  local ids, scores, rest = peek_many(keys.wait(q.keys, lane), demand)
  local lane_of = {}
  for i = 1, #ids do lane_of[i] = lane end
  return {
    ids = ids, scores = scores, lanes = lane_of, order = { lane }, taken = { [lane] = #ids }, rest = { [lane] = rest },
    alone = score,
  }
end

-- Takes emptied and parked lanes out of `ready`, many by one command.
function M.clear_ready(q, chosen)
  if #chosen.unready > 0 then
    redis.call('ZREM', q.keys.ready, unpack(chosen.unready))
    chosen.unready = {}
  end
end

-- Turns the gates that lanes left without using them. Returns whether there were any.
local function turn_gates(q, chosen)
  local names = chosen.turns
  if #names == 0 then return false end
  chosen.turns = {}
  if parking.is_any(q, names) then
    for i = 1, #names do parking.turn(q, names[i], 1) end
  end
  return true
end

local function turn_later(chosen, own, except)
  for i = 1, #own do
    if own[i].gate ~= except then chosen.turns[#chosen.turns + 1] = own[i].gate end
  end
end

-- The next lane and its score: that of the reservation, else the best. Lanes are read in pages. A lane that came into `ready`
-- meanwhile is not passed over: `q.front` is the best score of those.
local function next_lane(q, chosen)
  local held = reserve.current(q)
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
    -- Printing scores is the cost: pages are small where lanes that come back cut in, larger where they do not.
    chosen.size = page and not page[at] and math.min(2 * chosen.size, PAGE) or 2
    M.clear_ready(q, chosen)
    if ageing.is_used(q) then return ageing.pick(q, q.keys.ready, '!') end
    page, at, q.front = redis.call('ZRANGE', q.keys.ready, 0, chosen.size - 1, 'WITHSCORES'), 1, nil
    chosen.page = page
  end
  chosen.at = at + 2
  return page[at], tonumber(page[at + 1])
end

-- The same in a lane with jobs of several classes.
local function take_mixed(q, chosen, lane, wait, from, k)
  local ids, scores, rest = ageing.jobs(q, wait, lane, k, chosen.mixed[lane], from)
  local n = #chosen.ids
  for i = 1, #ids do
    chosen.ids[n + i], chosen.scores[n + i], chosen.lanes[n + i] = ids[i], scores[i], lane
  end
  return #ids, rest
end

-- Chooses up to k more jobs of a lane. Returns the number, and the score of the head that would be left or nil.
local function choose_from(q, chosen, lane, k)
  local wait, before = keys.wait(q.keys, lane), chosen.taken[lane]
  if not before then
    before = 0
    chosen.order[#chosen.order + 1] = lane
    if ageing.is_mixed_lane(q, wait) then chosen.mixed[lane] = {} end
  end
  local some, rest
  if chosen.mixed[lane] then
    some, rest = take_mixed(q, chosen, lane, wait, before, k)
  else
    some, rest = take_head(chosen, lane, wait, before, k)
  end
  chosen.taken[lane], chosen.rest[lane] = before + some, rest
  return some, rest
end

-- Parks a lane at a shut gate.
local function park(q, chosen, lane, score, own, shut, till)
  parking.park(q, lane, score, shut.gate, till)
  chosen.unready[#chosen.unready + 1] = lane
  turn_later(chosen, own, shut.gate)
end

-- Puts a served lane where it belongs: behind its peers, at the gate that it has just filled, or nowhere if it is empty.
local function requeue(q, chosen, lane, own, vtime, some, rest)
  q.vtime = math.max(lanes.vtime(q), vtime)
  if not rest then
    chosen.unready[#chosen.unready + 1] = lane
    turn_later(chosen, own)
    return
  end
  local after = math.floor(rest / queue.CLASS) * queue.CLASS + vtime + math.floor(some * lanes.UNIT / (own.weight or 1) + 0.5)
  local room, shut, till = gates.room_for(q, own, lane, 1)
  if room == 0 then
    park(q, chosen, lane, after, own, shut, till)
  else
    redis.call('ZADD', q.keys.ready, digits(after), lane)
    q.front = math.min(q.front or after, after)
  end
end

-- Gives one lane its turn.
local function serve(q, chosen, lane, score, want)
  local own = gates.of(q, lane)
  local k, shut, till, why = gates.room_for(q, own, lane, want)
  if k == 0 then
    park(q, chosen, lane, score, own, shut, till)
    parking.turned_away(q, lane, own, why)
    return
  end
  local some, rest = choose_from(q, chosen, lane, k)
  if some > 0 and own[1] then gates.hold(own, some) end
  if some > 0 and own[2] then reserve.forget(q, { lane }) end
  requeue(q, chosen, lane, own, score % queue.CLASS, some, rest)
end

-- Chooses up to `demand` jobs. Returns {ids, scores, lanes} in step, and the notes that M.take needs.
function M.choose(q, demand)
  local page = redis.call('ZRANGE', q.keys.ready, 0, PAGE - 1, 'WITHSCORES')
  local chosen = {
    ids = {}, scores = {}, lanes = {}, order = {}, taken = {}, rest = {}, mixed = {}, unready = {}, turns = {}, size = PAGE,
  }
  if not page[1] then return chosen end
  if not page[3] and #gates.of(q, page[1]) == 0
    and not ageing.is_mixed_lane(q, keys.wait(q.keys, page[1])) then
    return choose_alone(q, demand, page[1], tonumber(page[2]))
  end
  if not ageing.is_used(q) then chosen.page, chosen.at, q.front = page, 1, nil end
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

-- Takes the last job back from the choice.
function M.put_back(chosen)
  local n = #chosen.ids
  local lane, id = chosen.lanes[n], chosen.ids[n]
  chosen.ids[n], chosen.scores[n], chosen.lanes[n] = nil, nil, nil
  chosen.taken[lane] = chosen.taken[lane] - 1
  if chosen.mixed and chosen.mixed[lane] then chosen.mixed[lane][id] = nil end
  chosen.is_cut = chosen.is_cut or {}
  chosen.is_cut[lane] = true
end

-- Corrects a lane of which some chosen jobs were taken back: places meant for them are free, and the lane may be parked for their
-- sake.
local function put_right(q, lane)
  lanes.settle(q, lane)
  for _, gate in ipairs(gates.of(q, lane)) do
    gates.changed(q, gate.gate)
    parking.turn(q, gate.gate, 1)
  end
end

-- Takes the chosen jobs out of a lane that keeps some, and notes its new head.
local function take_some(q, chosen, lane, heads)
  local wait, mixed = keys.wait(q.keys, lane), chosen.mixed and chosen.mixed[lane]
  if mixed then
    local ids = {}
    for id in pairs(mixed) do ids[#ids + 1] = id end
    if #ids > 0 then redis.call('ZREM', wait, unpack(ids)) end
  elseif chosen.taken[lane] > 0 then
    redis.call('ZREMRANGEBYRANK', wait, 0, chosen.taken[lane] - 1)
  end
  if chosen.is_cut and chosen.is_cut[lane] then return put_right(q, lane) end
  local rest = chosen.rest[lane]
  local class = math.floor(rest / queue.CLASS)
  heads[#heads + 1], heads[#heads + 2] = digits(rest % queue.CLASS), lane
  if chosen.alone and class ~= math.floor(chosen.alone / queue.CLASS) then
    redis.call('ZADD', q.keys.ready, lanes.score(class, chosen.alone % queue.CLASS), lane)
  end
end

-- Takes the chosen jobs out of their lanes: the last step of a claim, when they are written elsewhere.
function M.take(q, chosen)
  local empty, waits, heads = {}, {}, {}
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
  ageing.left(q, q.keys.ready, '!')
  if q.vtime then redis.call('SET', q.keys.vtime, digits(q.vtime)) end
end
