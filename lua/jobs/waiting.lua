-- Jobs that wait for a time, `scheduled` and `retryable`, scored by due time in ms; the ways in and out.
local chains = require('chains')
local columns = require('columns')
local events = require('events')
local lanes = require('lanes')
local queue = require('queue')
local wake = require('wake')
local digits = require('arguments').digits

-- The earliest due time of a state in ms, or false; read once a call while nothing changes it.
local function head(q, state)
  if not q.heads then q.heads = {} end
  if q.heads[state] == nil then
    q.heads[state] = tonumber(redis.call('ZRANGE', q.keys[state], 0, 0, 'WITHSCORES')[2]) or false
  end
  return q.heads[state]
end

M.NOTED = 3600000            -- ms; the start of a longer wait is noted

-- The text of the column `since` for a wait: its start, if it is long; `@` if a caller named its end; nil for a short wait. It
-- tells whether a time was set while the clock was ahead, see ahead.lua. `set`: its start, if that is not now.
function M.since(q, due, is_named, set)
  return is_named and '@' or due - q.now > M.NOTED and digits(set or q.now) or nil
end

local function note(q, id, since)
  if since then
    q.has_since = true
    redis.call('HSET', q.keys.since, id, since)
  else
    if q.has_since == nil then q.has_since = redis.call('EXISTS', q.keys.since) == 1 end
    if q.has_since then redis.call('HDEL', q.keys.since, id) end
  end
end

-- Puts a job that left (or is about to leave) another index into `state` until `due`. `is_named`: a caller named that time.
-- `set`: when it was set, if that is not now. Later the job gets a new place in its lane.
function M.add(q, state, id, due, is_named, set)
  redis.call('ZADD', q.keys[state], digits(due), id)
  note(q, id, M.since(q, due, is_named, set))
  if q.heads then q.heads[state] = nil end
  wake.due(q, due)
end

-- The same for a job that comes back to its old place.
function M.add_at_place(q, state, id, due, score)
  redis.call('HSET', q.keys.place, id, score)
  M.add(q, state, id, due)
end

-- Makes jobs runnable, at most 1,000: each in its lane, at the place it kept or at a new one. The caller removes them from where
-- they were.
function M.enter(q, ids)
  local n = #ids
  if n == 0 then return end
  local lane_of, priority, place = columns.read(q, 'lane', ids), columns.read(q, 'priority', ids), columns.read(q, 'place', ids)
  local first = queue.sequence(q, n)
  local scored, order, returned = {}, {}, {}
  for i = 1, n do
    local lane = lane_of[i] or ''
    local score = place[i]
    if score then
      returned[#returned + 1] = ids[i]
    else
      score = digits((tonumber(priority[i]) or queue.PRIORITY) * queue.CLASS + first + i - 1)
    end
    local list = scored[lane]
    if not list then
      list = {}
      scored[lane], order[#order + 1] = list, lane
    end
    list[#list + 1], list[#list + 2] = score, ids[i]
  end
  for i = 1, #order do lanes.add(q, order[i], scored[order[i]]) end
  if #returned > 0 then redis.call('HDEL', q.keys.place, unpack(returned)) end
  for i = 1, #order do chains.back(q, order[i], scored[order[i]]) end
end

local MOST_ALIKE = 2000       -- jobs due in the same ms that are sorted together

-- The first of ids that are due in the same ms, in the order of their creation.
local function in_order(q, ids, most)
  local created, at = columns.read(q, 'created', ids), {}
  for i = 1, #ids do at[ids[i]] = created[i] or '' end
  table.sort(ids, function(one, other)
    if at[one] == at[other] then return one < other end
    return at[one] < at[other]
  end)
  return { unpack(ids, 1, math.min(most, #ids)) }
end

-- At most `most` due jobs of a state, by due time, and within one ms by creation. Redis itself orders those by id.
local function take_due(q, state, most)
  local key = q.keys[state]
  local page = redis.call('ZRANGE', key, '-inf', digits(q.now), 'BYSCORE', 'LIMIT', 0, most, 'WITHSCORES')
  local due, first = {}, 1
  while first < #page do
    local score, alike = page[first + 1], {}
    while page[first + 1] == score do
      alike[#alike + 1], first = page[first], first + 2
    end
    local room = most - #due
    if first > #page and #due + #alike == most then
      -- There may be more of this ms.
      alike = redis.call('ZRANGE', key, score, score, 'BYSCORE', 'LIMIT', 0, MOST_ALIKE)
    end
    if #alike > 1 then alike = in_order(q, alike, room) end
    for i = 1, #alike do due[#due + 1] = alike[i] end
  end
  return due
end

-- Moves due jobs of a state to their lanes, at most `most`. Returns the number.
local function promote(q, state, most)
  local first = head(q, state)
  if not first or first > q.now then return 0 end
  local due = take_due(q, state, most)
  if #due == 0 then return 0 end
  M.enter(q, due)
  redis.call('ZREM', q.keys[state], unpack(due))
  q.heads[state] = nil
  if state == 'retryable' then redis.call('ZREM', q.keys.suspects, unpack(due)) end
  events.moved(q, state, 'available', due)
  return #due
end

-- Moves all due jobs, within the bound of a call.
function M.promote(q)
  local most = queue.MOST / 2
  promote(q, 'scheduled', most)
  promote(q, 'retryable', most)
end

-- The next due time of `scheduled` and `retryable`, in ms, or nil.
function M.next_due(q)
  local first, second = head(q, 'scheduled'), head(q, 'retryable')
  if first and second then return math.min(first, second) end
  return first or second or nil
end
