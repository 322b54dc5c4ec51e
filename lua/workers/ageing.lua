-- Ageing: better classes go first, but not for ever. Every sixteenth lane taken from a set of lanes, and every sixteenth job
-- taken from a lane, is the first of the next class present, going round. So the last of ten classes gets at least one in 160.
-- `aged` keeps `picks class` for each lane or set that holds several classes: by lane, `!` for `ready`, `!GATE` for lanes parked
-- at a gate.
local queue = require('queue')
local digits = require('arguments').digits

local EVERY = 16

-- Whether the queue uses classes. Without them ageing costs nothing.
function M.is_used(q)
  if q.has_classes == nil then q.has_classes = redis.call('EXISTS', q.keys.priority, q.keys.aged) > 0 end
  return q.has_classes
end

local function class_of(score) return math.floor(tonumber(score) / queue.CLASS) end

-- Whether a set holds several classes. `score` is that of its first member.
local function is_mixed(key, score)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  return last[2] ~= nil and class_of(last[2]) ~= class_of(score)
end

local function read(q, field)
  local text = redis.call('HGET', q.keys.aged, field)
  if not text then return 0, -1 end
  local picks, class = string.match(text, '^(%d+) (-?%d+)$')
  return tonumber(picks), tonumber(class)
end

local function write(q, field, picks, class) redis.call('HSET', q.keys.aged, field, picks .. ' ' .. class) end

-- Members of the next class after `class` in a set, going round: a flat list of member and score.
local function next_class(key, class, count)
  local from = digits((class + 1) * queue.CLASS)
  local found = redis.call('ZRANGE', key, from, '+inf', 'BYSCORE', 'LIMIT', 0, count, 'WITHSCORES')
  if found[1] then return found end
  return redis.call('ZRANGE', key, 0, count - 1, 'WITHSCORES')
end

-- The next lane of a set, and its score. `field` names the set in `aged`.
function M.pick(q, key, field)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if not first[1] then return nil end
  if M.is_used(q) and is_mixed(key, first[2]) then
    local picks, class = read(q, field)
    picks = picks + 1
    if picks >= EVERY then
      first = next_class(key, class, 1)
      picks, class = 0, class_of(first[2])
    end
    write(q, field, picks, class)
  end
  return first[1], tonumber(first[2])
end

-- Forgets lanes.
function M.forget(q, lanes)
  if M.is_used(q) then redis.call('HDEL', q.keys.aged, unpack(lanes)) end
end

-- Forgets a set of lanes that may be empty now.
function M.left(q, key, field)
  if M.is_used(q) and redis.call('EXISTS', key) == 0 then redis.call('HDEL', q.keys.aged, field) end
end

-- Whether a lane has jobs of several classes.
function M.is_mixed_lane(q, wait)
  if not M.is_used(q) then return false end
  local first = redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')
  return first[2] ~= nil and is_mixed(wait, first[2])
end

-- The first member of a flat list of member and score that is not in `taken`.
local function first_free(list, taken)
  for i = 1, #list, 2 do
    if not taken[list[i]] then return list[i], list[i + 1] end
  end
end

-- Up to k jobs of a mixed lane that are not in `taken`, where they are noted: ids, scores, and the score of the head that would
-- be left, or nil. Beside aged jobs it takes only one class, since jobs of other lanes may come before the next.
function M.jobs(q, wait, lane, k, taken, count)
  local head = redis.call('ZRANGE', wait, 0, count + k, 'WITHSCORES')
  local picks, last = read(q, lane)
  local ids, scores, class = {}, {}, nil
  while #ids < k do
    local id, score = first_free(head, taken)
    if not id then break end
    if picks + 1 >= EVERY then
      id, score = first_free(next_class(wait, last, count + #ids + 1), taken)
      if not id then id, score = first_free(head, taken) end
      picks, last = 0, class_of(score)
    else
      class = class or class_of(score)
      if class_of(score) ~= class then break end
      picks = picks + 1
    end
    taken[id] = true
    ids[#ids + 1], scores[#scores + 1] = id, score
  end
  write(q, lane, picks, last)
  local _, rest = first_free(head, taken)
  return ids, scores, rest and tonumber(rest)
end
