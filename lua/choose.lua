-- Choosing jobs for a claim, fairly over lanes and within limits. What is chosen stays where it is until it is safe
-- elsewhere; then M.take removes it.
local M = {}

local QUANTUM = 16            -- jobs a lane is given before its peers have their turn
local BUDGET = 200            -- lanes looked at in one call

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

-- The lane whose turn it is, and its score: that of the reservation, else the best.
local function next_lane(q)
  local held = require('reserve').current(q)
  if held and not q.is_tried then
    q.is_tried = true
    local score = redis.call('ZSCORE', q.keys.ready, held.lane)
    if score then return held.lane, tonumber(score) end
  end
  return require('ageing').pick(q, q.keys.ready, '!')
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

-- Gives one lane its turn.
local function serve(q, chosen, lane, score, want)
  local queue, lanes, gates, parking = require('queue'), require('lanes'), require('gates'), require('parking')
  local own = gates.of(q, lane)
  local k, shut, till, why = gates.room_for(q, own, lane, want)
  if k == 0 then
    parking.park(q, lane, score, shut.gate, till)
    if why ~= 'concurrency' then
      require('reserve').finish(q, lane)
    elseif #own > 1 then
      require('reserve').turned_away(q, lane, own)
    end
    parking.turn_all(q, own, shut.gate)
    return
  end
  local ids, scores, rest = peek_lane(q, chosen, lane, k)
  local some, vtime = #ids, score % queue.CLASS
  note(chosen, lane, ids, scores, rest)
  if #own > 0 and some > 0 then
    gates.hold(q, own, some)
    require('reserve').forget(q, lane)
    require('reserve').finish(q, lane)
  end
  q.vtime = math.max(lanes.vtime(q), vtime)
  if rest then
    local after = vtime + math.floor(some * lanes.UNIT / own.weight + 0.5)
    redis.call('ZADD', q.keys.ready, lanes.score(math.floor(rest / queue.CLASS), after), lane)
  else
    redis.call('ZREM', q.keys.ready, lane)
    parking.turn_all(q, own)
  end
end

-- Chooses up to `demand` jobs. Returns {ids, scores, lanes}, each in step, and what M.take needs to take them out.
function M.choose(q, demand)
  local first = redis.call('ZRANGE', q.keys.ready, 0, 1, 'WITHSCORES')
  local chosen = { ids = {}, scores = {}, lanes = {}, order = {}, taken = {}, rest = {}, mixed = {} }
  if not first[1] then return chosen end
  if not first[3] and #require('gates').of(q, first[1]) == 0
    and not require('ageing').is_mixed_lane(q, require('keys').wait(q.keys, first[1])) then
    return choose_alone(q, demand, first[1], tonumber(first[2]))
  end
  local budget = BUDGET
  while #chosen.ids < demand and budget > 0 do
    local lane, score = next_lane(q)
    if not lane then return chosen end
    budget = budget - 1
    serve(q, chosen, lane, score, math.min(demand - #chosen.ids, QUANTUM))
  end
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

-- Takes the chosen jobs of one lane out of it.
local function take_out(q, chosen, lane)
  local wait, mixed = require('keys').wait(q.keys, lane), chosen.mixed and chosen.mixed[lane]
  if chosen.taken[lane] == 0 then return end
  if not mixed then
    redis.call('ZREMRANGEBYRANK', wait, 0, chosen.taken[lane] - 1)
    return
  end
  local ids = {}
  for id in pairs(mixed) do ids[#ids + 1] = id end
  redis.call('ZREM', wait, unpack(ids))
end

-- Takes the chosen jobs out of their lanes: the last step of a claim, when they are safe elsewhere.
function M.take(q, chosen)
  local queue, lanes = require('queue'), require('lanes')
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    local rest = chosen.rest[lane]
    take_out(q, chosen, lane)
    if chosen.is_cut and chosen.is_cut[lane] then
      lanes.settle(q, lane)
    elseif rest then
      local class = math.floor(rest / queue.CLASS)
      redis.call('ZADD', q.keys.lanes, queue.text(rest % queue.CLASS), lane)
      if chosen.alone and class ~= math.floor(chosen.alone / queue.CLASS) then
        redis.call('ZADD', q.keys.ready, lanes.score(class, chosen.alone % queue.CLASS), lane)
      end
    else
      if chosen.alone then redis.call('ZREM', q.keys.ready, lane) end
      lanes.forget(q, lane)
    end
  end
  require('ageing').left(q, q.keys.ready, '!')
  if q.vtime then redis.call('SET', q.keys.vtime, queue.text(q.vtime)) end
end

return M
