-- Brings times back after the server's clock was ahead and was set right. Times that were written meanwhile lie as far ahead as
-- the clock did. They are brought back kind by kind (ahead.lua), a page in each cycle. `config` has
--   rewind    `ms kind|cursor`, while that goes on: the lead of the clock, and where to go on
--   rewound   `time ms`: its last beginning
--   shifts    the lead of sequences from then on, see queue.lua: they only rise
--   gaps      pairs of times between which no worker called, the last six above a minute; the first from 0, before the queue was
--   behind    the clock went back, and lies now before that time
-- A clock that goes back has one of two reasons. It was ahead: then the present time lies in a gap, since no worker called at it
-- before. Or it is behind now: then workers have called at this time before, and times ahead are right. In the second case only
-- leases are brought back (workers.lua).
local ahead = require('ahead')
local queue = require('queue')
local stats = require('stats')
local wake = require('wake')
local digits = require('arguments').digits

local PAUSE = 60000           -- ms without a call that make a gap
local GAPS = 6
local YOUNG = 86400000        -- ms of which a queue is too young to tell
local SHIFTS = 16             -- kept; of places that are older the time is not known any more
local STEPS = 50              -- kinds of one call, where there is little to look at
local PAGE = 200

local function read_gaps(q)
  local list = {}
  for from, till in string.gmatch(redis.call('HGET', q.keys.config, 'gaps') or '', '(%d+) (%d+)') do
    list[#list + 1] = { from = tonumber(from), till = tonumber(till) }
  end
  return list
end

local function write_gaps(q, list)
  local parts = {}
  for i = math.max(#list - GAPS, 0) + 1, #list do parts[#parts + 1] = digits(list[i].from) .. ' ' .. digits(list[i].till) end
  if #parts == 0 then return redis.call('HDEL', q.keys.config, 'gaps') end
  redis.call('HSET', q.keys.config, 'gaps', table.concat(parts, ' '))
end

-- Whether the clock was ahead until now. `before` is its last time.
local function was_ahead(q, list, before)
  for i = 1, #list do
    local gap = list[i]
    if q.now < gap.till and (gap.from > 0 and q.now >= gap.from - 1000 or gap.from == 0 and before - gap.till < YOUNG) then
      return true
    end
  end
  return false
end

-- Lets sequences go on from where they are, and notes their lead.
local function shift(q)
  local list, parts = {}, {}
  local present, last = queue.present(q), queue.last(q)
  if present == 0 or last <= present then return end
  if q.config.shifts then list = { unpack(queue.shifts(q)) } end
  local before = list[#list] and list[#list].shift or 0
  list[#list + 1] = { line = present, upto = last, shift = before + last - present }
  for i = math.max(#list - SHIFTS, 0) + 1, #list do
    parts[#parts + 1] = digits(list[i].line) .. ' ' .. digits(list[i].upto) .. ' ' .. digits(list[i].shift)
  end
  q.config.shifts = table.concat(parts, ' ')
  redis.call('HSET', q.keys.config, 'shifts', q.config.shifts)
end

-- The clock was ahead by `by` ms: begins to bring times back.
local function start(q, by)
  shift(q)
  local before = tonumber(string.match(q.config.rewind or '', '^%d+')) or 0
  by = math.max(math.floor(by), before)
  q.config.rewind = digits(by) .. ' 1|0'
  redis.call('HSET', q.keys.config, 'rewind', q.config.rewind, 'rewound', digits(q.now) .. ' ' .. digits(by))
  redis.call('HDEL', q.keys.config, 'behind')
  stats.count(q, 'rewound', 1)
end

-- The time of the clock before, if it lies ahead of now; else nil. A beat that lies ahead tells that no worker has called
-- since the clock went back.
function M.behind(q)
  local noted, beat = redis.call('HGET', q.keys.config, 'behind'), redis.call('GET', q.keys.beat)
  local before = math.max(tonumber(noted) or 0, tonumber(beat) or 0)
  return before > q.now and before or nil
end

-- Whether the clock was ahead while only producers called: the last sequence tells. Looked at now and then.
function M.look(q)
  if q.config.rewind then return end
  local present, last = queue.present(q), queue.last(q)
  if present == 0 or last - present < PAUSE * 512 or M.behind(q) then return end
  start(q, (last - present) / 512)
end

-- Called by a beat after a minute without calls, or after the time went back by a second. `before` is the time of the last beat,
-- nil for the first.
function M.note(q, before)
  local list = read_gaps(q)
  if not before or before < q.now then
    list[#list + 1] = { from = before or 0, till = q.now }
    write_gaps(q, list)
    return M.look(q)
  end
  if not was_ahead(q, list, before) then return redis.call('HSET', q.keys.config, 'behind', digits(before)) end
  local kept = {}
  for i = 1, #list do
    if list[i].till <= q.now then kept[#kept + 1] = list[i] end
  end
  write_gaps(q, kept)
  start(q, before - q.now)
end

-- Brings a page back, if a rewind goes on.
function M.step(q)
  if not q.config.rewind then return end
  local by, number, cursor = string.match(q.config.rewind, '^(%d+) (%d+)|(%d+)$')
  number, q.ahead_by = tonumber(number), tonumber(by)
  local looked, brought = 0, 0
  local kinds = ahead.kinds()
  local function visit(_, _, fix)
    fix()
    if not kinds[number].harmless then brought = brought + 1 end
  end
  for _ = 1, STEPS do
    local next, some = ahead.page(q, kinds[number], cursor, visit)
    looked, cursor = looked + some, next
    if next == '0' then number = number + 1 end
    if looked >= PAGE or not kinds[number] then break end
  end
  stats.count(q, 'brought_back', brought)
  q.heads, q.ends, q.ahead_by = nil, nil, nil
  if kinds[number] then
    q.config.rewind = by .. ' ' .. number .. '|' .. cursor
    redis.call('HSET', q.keys.config, 'rewind', q.config.rewind)
    wake.push(q, true)
  else
    q.config.rewind = false
    redis.call('HDEL', q.keys.config, 'rewind')
  end
end
