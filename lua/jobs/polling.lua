-- When to look again at something whose end no system tells. Between two looks the end is unknown for a while, and each look
-- costs. How long such things took before tells where looks are worth most: with h(t) the rate at which those end that took
-- longer than t, the looks of least cost and delay come at a rate proportional to the square root of h(t) (J. B. Keller: Optimum
-- checking schedules for systems subject to random failure, Management Science 21, 1974). The factor follows from the mean number
-- of looks for a job.
--
-- durations: a hash by the name of the watched thing, `n bucket:weight …`. Buckets grow by the fourth root of two, so they tell
-- 19 % apart from 50 ms to 14 hours. A job has a weight of one, spread evenly between its last two looks, between which it ended.
-- Weights are halved now and then, so that changes are learnt.
-- watched: a column, `start last name` of watched jobs, in ms since 1970.
local columns = require('columns')
local digits = require('arguments').digits

local FIRST, RATIO, BUCKETS = 50, 2 ^ 0.25, 80
local FADE = 500              -- jobs after which weights are halved
local KNOWN = 20              -- jobs below which nothing is known: looks come ever more slowly,
local SHARE = 0.3             -- each after so much of the age
local NAMES = 1000            -- names of a queue; no more are learnt

local edges

local function edge(i)
  if not edges then
    edges = { [0] = 0 }
    for k = 1, BUCKETS do edges[k] = FIRST * RATIO ^ (k - 1) end
  end
  return edges[i]
end

-- The bucket of an age: from edge(i) up to edge(i + 1); the last bucket has no end.
local function bucket(age)
  if age < FIRST then return 0 end
  return math.min(BUCKETS, math.floor(math.log(age / FIRST) / math.log(RATIO)) + 1)
end

local function read(q, name)
  local text = redis.call('HGET', q.keys.durations, name)
  local weights = {}
  if not text then return 0, weights end
  for i, weight in string.gmatch(text, ' (%d+):([%d.]+)') do weights[tonumber(i)] = tonumber(weight) end
  return tonumber(string.match(text, '^[%d.]+')) or 0, weights
end

-- The rate of looks in each bucket, per ms, with a mean of `looks` until the end. An end is found half a look later. Beyond the
-- last known end, looks come as without knowledge.
local function rates(weights, looks, least, most)
  local smooth, total = {}, 0
  for i = 0, BUCKETS do
    smooth[i] = ((weights[i - 1] or 0) + 2 * (weights[i] or 0) + (weights[i + 1] or 0)) / 4
    total = total + smooth[i]
  end
  local roots, left, sum = {}, total, 0
  for i = 0, BUCKETS - 1 do
    local width, within = edge(i + 1) - edge(i), left - smooth[i] / 2
    if within > 1e-9 then
      roots[i] = math.sqrt(smooth[i] / (within * width))
      sum = sum + within / total * roots[i] * width
    end
    left = left - smooth[i]
  end
  local factor = sum > 0 and math.max(looks - 0.5, 0.5) / sum or 0
  for i = 0, BUCKETS do
    local rate = roots[i] and factor * roots[i] or 1 / (SHARE * math.max(edge(i), FIRST))
    roots[i] = math.min(math.max(rate, 1 / most), 1 / least)
  end
  return roots
end

-- The wait at an age until one more look is due.
local function wait(schedule, age)
  local i, at, need = bucket(age), age, 1
  while i < BUCKETS and (edge(i + 1) - at) * schedule[i] < need do
    need = need - (edge(i + 1) - at) * schedule[i]
    i, at = i + 1, edge(i + 1)
  end
  return at + need / schedule[i] - age
end

-- The schedule of a name and its bounds, made once a call; false if too little is known.
local function known(q, name, looks, least, most)
  local key = table.concat({ name, looks, least, most }, ' ')
  q.polling = q.polling or {}
  if q.polling[key] == nil then
    local n, weights = read(q, name)
    q.polling[key] = n >= KNOWN and rates(weights, looks, least, most) or false
  end
  return q.polling[key]
end

-- The wait of a job that has just looked, in ms, between `least` and `most`, give or take a tenth, so that jobs spread.
function M.wait(q, job, name, looks, least, most)
  local found = redis.call('HGET', q.keys.watched, job.id)
  local start = found and tonumber(string.match(found, '^%d+')) or job.record.started
  redis.call('HSET', q.keys.watched, job.id, digits(start) .. ' ' .. digits(q.now) .. ' ' .. name)
  local age = math.max(q.now - start, 0)
  local schedule = known(q, name, looks, least, most)
  local delay = schedule and wait(schedule, age) or age * SHARE
  local spread = 0.9 + 0.2 * (tonumber(string.sub(job.record.fence, -3)) or 0) / 999
  return math.floor(math.min(math.max(delay, least), most) * spread + 0.5)
end

-- Adds to weights that a thing took from `low` to `high` ms.
local function add(weights, low, high)
  high = math.max(high, low + 1)
  local i = bucket(low)
  while i <= BUCKETS and edge(i) < high do
    local from, till = math.max(edge(i), low), i < BUCKETS and math.min(edge(i + 1), high) or high
    weights[i] = (weights[i] or 0) + (till - from) / (high - low)
    i = i + 1
  end
end

-- Learns the durations of one name: a flat list of low and high ms.
local function learn(q, name, spans)
  local n, weights = read(q, name)
  if n == 0 and redis.call('HLEN', q.keys.durations) >= NAMES then return end
  for i = 1, #spans, 2 do add(weights, spans[i], spans[i + 1]) end
  n = n + #spans / 2
  local share = n > FADE and 0.5 or 1
  local parts = { string.format('%.3f', n * share) }
  for k = 0, BUCKETS do
    local weight = (weights[k] or 0) * share
    if weight >= 0.001 then parts[#parts + 1] = string.format('%d:%.3f', k, weight) end
  end
  redis.call('HSET', q.keys.durations, name, table.concat(parts, ' '))
end

-- Jobs have ended: learns how long the completed ones took.
function M.ended(q, state, ids)
  local found, over, by_name = columns.read(q, 'watched', ids), {}, {}
  for i = 1, #ids do
    if found[i] then
      over[#over + 1] = ids[i]
      local start, last, name = string.match(found[i], '^(%d+) (%d+) (.*)$')
      local spans = by_name[name] or {}
      by_name[name] = spans
      spans[#spans + 1], spans[#spans + 2] = math.max(last - start, 0), math.max(q.now - start, 0)
    end
  end
  if #over == 0 then return end
  redis.call('HDEL', q.keys.watched, unpack(over))
  if state ~= 'completed' then return end
  for name, spans in pairs(by_name) do learn(q, name, spans) end
end
