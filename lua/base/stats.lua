-- Totals since ever in `stats`, and what they grew by in each minute and hour, for charts. One minute is open: `config` has it as
-- `minute`, `stats:before` the totals at its beginning, `stats:runs` its runs (history.lua). The first count of another minute
-- closes it: what it counted is added to `stats:<minute>`, kept two days, and to `stats:h<hour>`, kept thirty. So a count costs
-- one command, and nothing runs in the background. A closed span has its counts by name, and its runs as texts of packed.lua by
-- `:KIND`, of at most KINDS kinds; the rest is `:*`.
-- Jobs that wait, run or are kept are not counted: they are the sizes of their sets. Jobs of other queues that wait here for a
-- parent count as `visiting` when they come and as `passed` when they have gone on to their own queue.
local expiry = require('expiry')
local keys = require('keys')
local packed = require('packed')
local digits = require('arguments').digits

local KEEP_MINUTES, KEEP_HOURS = 172800000, 2592000000        -- ms
local KINDS = 50
local MARK = 58               -- the colon before the word of a kind
local OTHER = ':*'

-- A hash as a table.
local function read(key)
  local flat, map = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- What the open minute counted so far: numbers by name, and its runs as a list of {word, runs}, the busiest kinds first.
local function opened(q, totals)
  local before, counts, runs = read(q.keys.before), {}, {}
  for name, total in pairs(totals) do
    local n = tonumber(total) - (tonumber(before[name]) or 0)
    if n > 0 then counts[name] = n end
  end
  for field, n in pairs(read(q.keys.runs)) do
    -- `LETTERBUCKET:WORD`. A pattern would cost more than all the rest.
    local colon = string.find(field, ':', 1, true)
    local word = string.sub(field, colon + 1)
    local some = runs[word]
    if not some then
      some = packed.new()
      runs[word] = some
    end
    packed.count(some, string.sub(field, 1, 1), tonumber(string.sub(field, 2, colon - 1)), tonumber(n))
  end
  local list = {}
  for word, some in pairs(runs) do list[#list + 1] = { word = word, runs = some, size = packed.size(some) } end
  table.sort(list, function(one, other)
    if one.size == other.size then return one.word < other.word end
    return one.size > other.size
  end)
  return counts, list
end

-- Adds counts by name, and runs as above, to a closed span.
local function add(key, counts, runs, keep)
  local have, known, sums, fields = read(key), 0, {}, {}
  for name in pairs(have) do
    if string.byte(name) == MARK then known = known + 1 end
  end
  for i = 1, #runs do
    local field = ':' .. runs[i].word
    if not have[field] and not sums[field] and field ~= OTHER then
      known = known + 1
      if known > KINDS then field = OTHER end
    end
    if sums[field] or have[field] then
      local sum = packed.new()
      packed.read(sum, have[field] or '')
      packed.add(sum, sums[field])
      packed.add(sum, runs[i].runs)
      sums[field], have[field] = sum, nil
    else
      sums[field] = runs[i].runs
    end
  end
  for field, sum in pairs(sums) do fields[#fields + 1], fields[#fields + 2] = field, packed.text(sum) end
  for name, n in pairs(counts) do
    fields[#fields + 1], fields[#fields + 2] = name, digits(n + (tonumber(have[name]) or 0))
  end
  if #fields == 0 then return end
  redis.call('HSET', key, unpack(fields))
  expiry.set(key, keep)
end

local function hour_of(minute) return math.floor(minute / 60) end

-- Closes the open minute, if there is one, and opens another.
local function turn(q, minute)
  local open, totals = tonumber(q.config.minute), read(q.keys.stats)
  if open then
    local counts, runs = opened(q, totals)
    add(keys.minute(q.keys, open), counts, runs, KEEP_MINUTES)
    add(keys.hour(q.keys, hour_of(open)), counts, runs, KEEP_HOURS)
    redis.call('DEL', q.keys.runs)
  end
  local flat = {}
  for name, total in pairs(totals) do flat[#flat + 1], flat[#flat + 2] = name, total end
  if #flat > 0 then redis.call('HSET', q.keys.before, unpack(flat)) end
  q.config.minute = digits(minute)
  redis.call('HSET', q.keys.config, 'minute', q.config.minute)
end

-- Makes the present minute the open one. To be called before anything is counted.
function M.present(q)
  if q.is_counting then return end
  q.is_counting = true
  local minute = math.floor(q.now / 60000)
  if tonumber(q.config.minute) ~= minute then turn(q, minute) end
end

-- Adds n to a total.
function M.count(q, name, n)
  if n == 0 then return end
  M.present(q)
  redis.call('HINCRBY', q.keys.stats, name, n == 1 and '1' or digits(n))
end

-- The number of jobs that came and of those that went, by the totals. The difference is the number of jobs that are there.
function M.balance(q)
  local found = redis.call('HMGET', q.keys.stats, 'enqueued', 'visiting', 'removed', 'passed')
  for i = 1, 4 do found[i] = tonumber(found[i]) or 0 end
  return found[1] + found[2], found[3] + found[4]
end

-- The sum of some counters over the minutes from one to the present.
function M.since(q, first, names)
  local sum = 0
  local function add_all(list, sign)
    for i = 1, #names do sum = sum + sign * (tonumber(list[i]) or 0) end
  end
  for minute = first, math.floor(q.now / 60000) do
    add_all(redis.call('HMGET', keys.minute(q.keys, minute), unpack(names)), 1)
  end
  if (tonumber(q.config.minute) or 0) >= first then
    add_all(redis.call('HMGET', q.keys.stats, unpack(names)), 1)
    add_all(redis.call('HMGET', q.keys.before, unpack(names)), -1)
  end
  return sum
end

-- The counts and runs of one span as rows of {fields, values}: the closed part, and that of the open minute. `of` is minute or
-- hour, and so is `span`.
function M.rows(q, of, span)
  local rows, open = {}, tonumber(q.config.minute)
  local closed = redis.call('HGETALL', keys[of](q.keys, span))
  if #closed > 0 then rows[1] = closed end
  if open and (of == 'minute' and open or hour_of(open)) == span then
    local counts, runs = opened(q, read(q.keys.stats))
    local flat = {}
    for name, n in pairs(counts) do flat[#flat + 1], flat[#flat + 2] = name, digits(n) end
    for i = 1, #runs do flat[#flat + 1], flat[#flat + 2] = ':' .. runs[i].word, packed.text(runs[i].runs) end
    if #flat > 0 then rows[#rows + 1] = flat end
  end
  return rows
end

-- After the clock was ahead: spans to come, up to `last`, are added to the present one. `of` is minute or hour.
function M.bring_back(q, of, last, most)
  local present = math.floor(q.now / 60000)
  if of == 'hour' then present, last = hour_of(present), hour_of(last) end
  local this = keys[of](q.keys, present)
  for span = math.max(present + 1, last - most), last do
    local key, counts, runs = keys[of](q.keys, span), {}, {}
    for name, value in pairs(read(key)) do
      if string.byte(name) == MARK then
        local some = packed.new()
        packed.read(some, value)
        runs[#runs + 1] = { word = string.sub(name, 2), runs = some }
      else
        counts[name] = tonumber(value)
      end
    end
    add(this, counts, runs, of == 'hour' and KEEP_HOURS or KEEP_MINUTES)
    redis.call('DEL', key)
  end
end
