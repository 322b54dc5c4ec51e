-- Lanes: the unit of waiting and of fairness. A lane is all partitions and needs of a job together; most queues have one, the
-- empty text. wait:<lane> holds its runnable jobs. `ready` holds lanes in the order of service: by the class of the head, then by
-- virtual time, which is the number of jobs given to the lane, divided by its weight. A lane that met a shut gate is in
-- parked:<gate> instead, and `where` names the gate. `lanes` holds every lane by the age of its head.
local ageing = require('ageing')
local gates = require('gates')
local keys = require('keys')
local parking = require('parking')
local queue = require('queue')
local reserve = require('reserve')
local digits = require('arguments').digits

M.UNIT = 60                   -- virtual time of a job at weight 1: most weights divide it

function M.score(class, vtime)
  return digits(class * queue.CLASS + vtime)
end

-- The queue's virtual time: that of the lane served last. A new lane starts there, so idling gains nothing.
function M.vtime(q)
  if not q.vtime then q.vtime = tonumber(redis.call('GET', q.keys.vtime)) or 0 end
  return q.vtime
end

-- The set that holds a lane, its score there, and the gate if it is parked; nil if it is in none.
function M.standing(q, lane)
  local score = redis.call('ZSCORE', q.keys.ready, lane)
  if score then return q.keys.ready, tonumber(score) end
  local gate = lane ~= '' and redis.call('HGET', q.keys.where, lane)
  if not gate then return nil end
  local key = keys.parked(q.keys, gate)
  return key, tonumber(redis.call('ZSCORE', key, lane)) or 0, gate
end

-- Adds jobs to a lane (a flat list of score and id), and makes the lane ready unless it is parked. `newest` is the best class
-- among them, if all have new places.
function M.add(q, lane, scored, newest)
  local wait = keys.wait(q.keys, lane)
  redis.call('ZADD', wait, unpack(scored))
  local set, score, gate = M.standing(q, lane)
  if not gate then q.claimable = true end
  -- New jobs go behind those of their class, so the head stays.
  if set and newest and newest >= math.floor(score / queue.CLASS) then return end
  local head = tonumber(redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')[2])
  local class = math.floor(head / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, digits(head - class * queue.CLASS), lane)
  if not set then
    redis.call('ZADD', q.keys.ready, M.score(class, M.vtime(q)), lane)
  elseif class < math.floor(score / queue.CLASS) then
    redis.call('ZADD', set, M.score(class, score % queue.CLASS), lane)
  end
end

-- Adds one new job to the lane of jobs without partitions, as M.add does.
function M.add_plain(q, score, id)
  redis.call('ZADD', keys.plain(q.keys), score, id)
  local found = redis.call('ZSCORE', q.keys.ready, '')
  if not found or math.floor(found / queue.CLASS) > queue.PRIORITY then
    return M.add(q, '', { score, id }, queue.PRIORITY)
  end
  q.claimable = true
end

-- Forgets empty lanes. The caller passes on the places they might have used.
function M.forget(q, empty)
  redis.call('ZREM', q.keys.lanes, unpack(empty))
  ageing.forget(q, empty)
  reserve.forget(q, empty)
end

-- Puts a lane where its head belongs, or drops it, after jobs left it other than by a claim.
function M.settle(q, lane)
  local head = tonumber(redis.call('ZRANGE', keys.wait(q.keys, lane), 0, 0, 'WITHSCORES')[2])
  local set, score, gate = M.standing(q, lane)
  if not head then
    if set then redis.call('ZREM', set, lane) end
    if gate then redis.call('HDEL', q.keys.where, lane) end
    if set then ageing.left(q, set, '!' .. (gate or '')) end
    M.forget(q, { lane })
    if not gate then parking.turn_all(q, gates.of(q, lane)) end
    return
  end
  local class = math.floor(head / queue.CLASS)
  redis.call('ZADD', q.keys.lanes, digits(head - class * queue.CLASS), lane)
  if set then
    local wanted = class * queue.CLASS + score % queue.CLASS
    if wanted ~= score then redis.call('ZADD', set, digits(wanted), lane) end
  else
    redis.call('ZADD', q.keys.ready, M.score(class, M.vtime(q)), lane)
  end
end

-- Takes one job out of its lane.
function M.remove(q, lane, id)
  redis.call('ZREM', keys.wait(q.keys, lane), id)
  M.settle(q, lane)
end
