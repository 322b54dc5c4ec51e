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

-- Adds jobs to a lane, as a flat list of score, id, score, id, and makes the lane ready.
function M.add(q, lane, scored)
  local keys, queue = require('keys'), require('queue')
  local wait = keys.wait(q.keys, lane)
  redis.call('ZADD', wait, unpack(scored))
  local head = tonumber(redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')[2])
  local class = math.floor(head / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, queue.text(head - class * queue.CLASS), lane)
  local ready = tonumber(redis.call('ZSCORE', q.keys.ready, lane))
  if not ready then
    redis.call('HSET', q.keys.where, lane, 'ready')
    redis.call('ZADD', q.keys.ready, score_of(class, vtime_of(q)), lane)
  elseif class < math.floor(ready / queue.CLASS) then
    redis.call('ZADD', q.keys.ready, score_of(class, ready % queue.CLASS), lane)
  end
  q.claimable = true
end

-- After jobs have left a lane: keeps its place in step with its head, or drops it when it is empty.
local function settle_lane(q, lane, vtime)
  local keys, queue = require('keys'), require('queue')
  local head = redis.call('ZRANGE', keys.wait(q.keys, lane), 0, 0, 'WITHSCORES')
  if not head[1] then
    redis.call('ZREM', q.keys.ready, lane)
    redis.call('HDEL', q.keys.where, lane)
    redis.call('ZREM', q.keys.lanes, lane)
    return
  end
  local class = math.floor(tonumber(head[2]) / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, queue.text(tonumber(head[2]) - class * queue.CLASS), lane)
  redis.call('ZADD', q.keys.ready, score_of(class, vtime), lane)
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

-- Chooses up to `demand` jobs, fairly over lanes, and leaves them where they are.
-- Returns ids, scores and lanes, each in step, and what M.take needs to take them out.
function M.choose(q, demand)
  local queue = require('queue')
  local ids, scores, lanes, turns = {}, {}, {}, {}
  local taken, order = {}, {}
  local n, budget, alone = 0, BUDGET, redis.call('ZCARD', q.keys.ready) == 1
  while n < demand and budget > 0 do
    budget = budget - 1
    local first = redis.call('ZRANGE', q.keys.ready, 0, 0, 'WITHSCORES')
    local lane = first[1]
    if not lane then break end
    local vtime = tonumber(first[2]) % queue.CLASS
    local from = taken[lane] or 0
    local k = math.min(demand - n, alone and demand or QUANTUM)
    local some_ids, some_scores, rest = peek(q, lane, from, k, alone)
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
  end
  return ids, scores, lanes, { taken = taken, turns = turns, order = order, spent = budget == 0 }
end

-- Leaves the last job chosen from a lane where it is.
function M.put_back(chosen, lane)
  chosen.taken[lane] = chosen.taken[lane] - 1
  chosen.turns[lane] = chosen.turns[lane] - 1
end

-- Takes the chosen jobs out of their lanes: the last step of a claim, when they are safe elsewhere.
function M.take(q, chosen)
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    if chosen.taken[lane] > 0 then
      redis.call('ZREMRANGEBYRANK', require('keys').wait(q.keys, lane), 0, chosen.taken[lane] - 1)
    end
    settle_lane(q, lane, chosen.turns[lane])
  end
  redis.call('SET', q.keys.vtime, require('queue').text(vtime_of(q)))
end

return M
