-- Lanes: the unit of waiting and of fairness. A lane is all partitions of a job together; most queues have one, the empty text.
-- wait:<lane> holds its runnable jobs; `ready` the lanes in the order in which they are served: class of the head first,
-- then virtual time, which is the jobs a lane has been given. `lanes` tells every lane's head by age.
local M = {}

local QUANTUM = 16            -- jobs a lane is given before its peers have their turn
local BUDGET = 200            -- lanes looked at in one call

local function score_of(class, vtime)
  local queue = require('queue')
  return queue.text(class * queue.CLASS + vtime)
end

-- The queue's virtual time: that of the lane served last. A new lane starts there, so idling gains nothing.
local function vtime_of(q)
  if not q.vtime then q.vtime = tonumber(redis.call('GET', q.keys.vtime)) or 0 end
  return q.vtime
end

-- Adds jobs to a lane, as a flat list of score, id, score, id, and makes the lane ready. `newest` is the best class among them,
-- if all have new places.
function M.add(q, lane, scored, newest)
  local keys, queue = require('keys'), require('queue')
  local wait = keys.wait(q.keys, lane)
  redis.call('ZADD', wait, unpack(scored))
  q.claimable = true
  local ready = tonumber(redis.call('ZSCORE', q.keys.ready, lane))
  -- New jobs line up behind those of their class, so the head stays what it is.
  if ready and newest and newest >= math.floor(ready / queue.CLASS) then return end
  local head = tonumber(redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')[2])
  local class = math.floor(head / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, queue.text(head - class * queue.CLASS), lane)
  if not ready then
    redis.call('HSET', q.keys.where, lane, 'ready')
    redis.call('ZADD', q.keys.ready, score_of(class, vtime_of(q)), lane)
  elseif class < math.floor(ready / queue.CLASS) then
    redis.call('ZADD', q.keys.ready, score_of(class, ready % queue.CLASS), lane)
  end
end

-- Drops an empty lane.
local function drop(q, lane)
  redis.call('ZREM', q.keys.ready, lane)
  redis.call('HDEL', q.keys.where, lane)
  redis.call('ZREM', q.keys.lanes, lane)
end

-- Keeps a lane's place in step with its head; `before` is its score in `ready`, if that is known.
local function keep(q, lane, vtime, head, before)
  local queue = require('queue')
  local class = math.floor(head / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, queue.text(head - class * queue.CLASS), lane)
  local score = class * queue.CLASS + vtime
  if score ~= before then redis.call('ZADD', q.keys.ready, queue.text(score), lane) end
end

-- After jobs have left a lane: keeps it or drops it, as its head tells.
local function settle_lane(q, lane, vtime)
  local head = redis.call('ZRANGE', require('keys').wait(q.keys, lane), 0, 0, 'WITHSCORES')
  if head[1] then keep(q, lane, vtime, tonumber(head[2])) else drop(q, lane) end
end

-- Takes one job out of its lane, wherever it stands in it.
function M.remove(q, lane, id)
  local queue = require('queue')
  redis.call('ZREM', require('keys').wait(q.keys, lane), id)
  local ready = tonumber(redis.call('ZSCORE', q.keys.ready, lane)) or 0
  settle_lane(q, lane, ready % queue.CLASS)
end

-- How many of the first n scores are of the class of the first.
local function of_one_class(scores, n)
  local queue = require('queue')
  local over = (math.floor(tonumber(scores[1]) / queue.CLASS) + 1) * queue.CLASS
  while tonumber(scores[n]) >= over do n = n - 1 end
  return n
end

-- Up to k jobs of a lane from a rank on, and the one after them: ids, scores, the head that would be left or nil. Redis takes
-- a microsecond to print a score, so where the scores at both ends show that all between are consecutive, they are made here.
-- Beside other lanes only those of one class: theirs may come before the next class.
local function peek(q, lane, from, k, alone)
  local wait, queue = require('keys').wait(q.keys, lane), require('queue')
  local ids = redis.call('ZRANGE', wait, from, from + k - 1)
  local n = #ids
  if n == 0 then return ids, {}, nil end
  local ends = redis.call('ZRANGE', wait, from + n - 1, from + n, 'WITHSCORES')
  local last, rest = tonumber(ends[2]), tonumber(ends[4])
  if n == 1 then return ids, { ends[2] }, rest end
  local first = tonumber(redis.call('ZSCORE', wait, ids[1]))
  if last - first == n - 1 then return ids, queue.scores(0, first, n), rest end
  local scores, all = {}, redis.call('ZRANGE', wait, from, from + n - 1, 'WITHSCORES')
  for i = 1, n do scores[i] = all[2 * i] end
  local stay = alone and n or of_one_class(scores, n)
  if stay < n then
    rest = tonumber(scores[stay + 1])
    for i = stay + 1, n do ids[i], scores[i] = nil, nil end
  end
  return ids, scores, rest
end

-- Chooses from the only lane there is. Nobody has to wait for it, so its virtual time stands still.
local function choose_alone(q, demand, lane, score)
  local ids, scores, rest = peek(q, lane, 0, demand, true)
  local lanes = {}
  for i = 1, #ids do lanes[i] = lane end
  return ids, scores, lanes, {
    taken = { [lane] = #ids }, turns = { [lane] = score % require('queue').CLASS }, order = { lane },
    alone = true, score = score, rest = rest, spent = false,
  }
end

-- Chooses up to `demand` jobs, fairly over lanes, and leaves them where they are.
-- Returns ids, scores and lanes, each in step, and what M.take needs to take them out.
function M.choose(q, demand)
  local queue = require('queue')
  local first = redis.call('ZRANGE', q.keys.ready, 0, 1, 'WITHSCORES')
  if first[1] and not first[3] then return choose_alone(q, demand, first[1], tonumber(first[2])) end
  local ids, scores, lanes, turns, taken, order = {}, {}, {}, {}, {}, {}
  local n, budget = 0, BUDGET
  while n < demand and budget > 0 and first[1] do
    budget = budget - 1
    local lane, vtime = first[1], tonumber(first[2]) % queue.CLASS
    local from = taken[lane] or 0
    local some_ids, some_scores, rest = peek(q, lane, from, math.min(demand - n, QUANTUM), false)
    local some = #some_ids
    for i = 1, some do
      ids[n + i], scores[n + i], lanes[n + i] = some_ids[i], some_scores[i], lane
    end
    n = n + some
    if not taken[lane] then order[#order + 1] = lane end
    taken[lane], turns[lane], q.vtime = from + some, vtime + some, math.max(vtime_of(q), vtime)
    if rest then
      redis.call('ZADD', q.keys.ready, score_of(math.floor(rest / queue.CLASS), vtime + some), lane)
    else
      redis.call('ZREM', q.keys.ready, lane)
    end
    first = redis.call('ZRANGE', q.keys.ready, 0, 0, 'WITHSCORES')
  end
  return ids, scores, lanes, { taken = taken, turns = turns, order = order, spent = budget == 0 }
end

-- Leaves the last job chosen from a lane where it is.
function M.put_back(chosen, lane)
  chosen.taken[lane] = chosen.taken[lane] - 1
  if chosen.alone then
    chosen.is_cut = true
  else
    chosen.turns[lane] = chosen.turns[lane] - 1
  end
end

-- Takes the chosen jobs out of their lanes: the last step of a claim, when they are safe elsewhere.
-- Returns whether runnable jobs are left.
function M.take(q, chosen)
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    if chosen.taken[lane] > 0 then
      redis.call('ZREMRANGEBYRANK', require('keys').wait(q.keys, lane), 0, chosen.taken[lane] - 1)
    end
    if not chosen.alone or chosen.is_cut then
      settle_lane(q, lane, chosen.turns[lane])
    elseif chosen.rest then
      keep(q, lane, chosen.turns[lane], chosen.rest, chosen.score)
    else
      drop(q, lane)
    end
  end
  if chosen.alone then return chosen.is_cut or chosen.rest ~= nil end
  if q.vtime then redis.call('SET', q.keys.vtime, require('queue').text(q.vtime)) end
  return redis.call('EXISTS', q.keys.ready) == 1
end

return M
