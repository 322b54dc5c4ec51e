-- Times that lie further ahead than they can have been set. They were written while the server's clock was ahead, and would hold
-- jobs up for as long as it was. Each kind is {name, key, type, what, look}: look(q, member, value) returns nil, or a function
-- that corrects the time, so that it lies as far ahead of now as it lay of the clock when it was set. This module has the times
-- of jobs, ahead_queue.lua those of the queue. rewind.lua goes through all kinds after the clock went back; so do audit and
-- repair.
--
-- A job may wait for any time, so the moment at which that was set has to be known:
--   created     when the job was enqueued, for jobs with a delay and jobs that waited before
--   since       when a wait above an hour was set; `@` for a time that a caller named, which is right whatever the clock said.
--               A wait without it lasts an hour at most, except one enqueued before this was noted (`noted` in `config`)
--   deadlined   when a deadline was set, if that was after the enqueue of the job; `@` for one that a caller named
--   its place   of other jobs: the sequence tells whether it was taken while the clock was ahead
local ahead_queue = require('ahead_queue')
local conflicts = require('conflicts')
local deadlines = require('deadlines')
local ended = require('ended')
local queue = require('queue')
local record = require('record')
local rewind = require('rewind')
local states = require('states')
local waiting = require('waiting')
local digits = require('arguments').digits

local HOUR = 3600000

-- The lead of the clock when a job was enqueued, in ms, if its sequence tells that there was one.
local function ahead_by_place(q, id)
  if not q.config.shifts then return nil end
  local state, found = states.of(q, id)
  local score = state == 'available' and found or state == 'executing' and record.read(found).score
    or redis.call('HGET', q.keys.place, id)
  if not score then return nil end
  local sequence, list = tonumber(score) % queue.CLASS, queue.shifts(q)
  for i = #list, 1, -1 do
    if sequence > list[i].line then
      local before = list[i - 1] and list[i - 1].shift or 0
      local ahead = math.floor((sequence - before) / 512) + queue.EPOCH - q.now
      return sequence <= list[i].upto and ahead > 0 and ahead or nil
    end
  end
end

-- The latest possible time of an enqueue. Sequences run ahead a little when many come at once.
local function latest(q) return q.now + (q.ahead_by and 1000 or 60000) end

-- The lead of the clock when a job was enqueued, in ms; nil for none.
local function ahead_of(q, id)
  local created = tonumber(redis.call('HGET', q.keys.created, id))
  if not created then return ahead_by_place(q, id) end
  return created > latest(q) and math.floor(created - q.now) or nil
end

-- Moves the deadline in the options of a job that is on its way to its own queue.
local function travelling(q, id, ahead)
  local target = redis.call('HGET', q.keys.target, id)
  local name, options = string.match(target or '', '^(%S+) (.*)$')
  local valid, found = pcall(cjson.decode, options or '')
  if not valid or type(found) ~= 'table' or not tonumber(found.deadline_at) then return end
  found.deadline_at = found.deadline_at - ahead
  redis.call('HSET', q.keys.target, id, name .. ' ' .. cjson.encode(found))
end

-- Corrects all times of a job that was enqueued while the clock was ahead.
local function enqueued(q, id, ahead)
  local deadline = tonumber(redis.call('HGET', q.keys.deadline, id))
  if deadline and redis.call('HEXISTS', q.keys.deadlined, id) == 0 then
    deadlines.move(q, id, deadline - ahead)
    travelling(q, id, ahead)
  end
  local till, fingerprint = string.match(redis.call('HGET', q.keys.fingerprint, id) or '', '^@(%d+) (.*)$')
  if till then redis.call('HSET', q.keys.fingerprint, id, '@' .. digits(tonumber(till) - ahead) .. ' ' .. fingerprint) end
  for _, state in ipairs({ 'scheduled', 'retryable' }) do
    local due = tonumber(redis.call('ZSCORE', q.keys[state], id))
    if due and redis.call('HGET', q.keys.since, id) == false then
      waiting.add(q, state, id, math.min(math.max(due - ahead, q.now), q.now + HOUR))
    end
  end
  redis.call('HSET', q.keys.created, id, digits(q.now))
end

local function by_enqueueing(q, id)
  local ahead = ahead_of(q, id)
  return ahead and function() enqueued(q, id, ahead) end or nil
end

-- The deadline of a job counts from its enqueue, unless it was set anew, or a caller named it.
local function deadline(q, id, at)
  local noted = redis.call('HGET', q.keys.deadlined, id)
  if not noted then return by_enqueueing(q, id) end
  local set = tonumber(noted)
  if not set or set <= M.past(q) then return nil end
  return function()
    deadlines.move(q, id, tonumber(at) - (set - q.now))
    redis.call('HSET', q.keys.deadlined, id, digits(q.now))
  end
end

-- Whether a wait without note is judged by that. A job that was created ahead is corrected with its creation.
local function is_noted(q, id)
  if q.noted == nil then q.noted = tonumber(redis.call('HGET', q.keys.config, 'noted')) or false end
  local created = tonumber(redis.call('HGET', q.keys.created, id))
  return q.noted and (not created or created >= q.noted and created <= latest(q))
end

local function wait(state)
  return function(q, id, due)
    if due <= q.now then return nil end
    local since = redis.call('HGET', q.keys.since, id)
    local set = tonumber(since)
    if set and set > q.now then
      return function() waiting.add(q, state, id, q.now + math.max(due - set, 0)) end
    end
    if since or due <= q.now + HOUR or not is_noted(q, id) then return nil end
    return function()
      local right = q.ahead_by and due - q.ahead_by or q.now
      waiting.add(q, state, id, math.min(math.max(right, q.now), q.now + HOUR))
    end
  end
end

-- The latest time that is past. A lead below a minute is over before it matters, except while no worker has called since the
-- clock went back.
function M.past(q) return q.now + (q.ahead_by and 0 or 60000) end

-- A time in a sorted set that has to be past.
local function past(key)
  return function(q, member, time)
    if time <= M.past(q) then return nil end
    return function() redis.call('ZADD', q.keys[key], 'XX', digits(q.now), member) end
  end
end

local function end_of(state)
  return function(q, id, score)
    local time = ended.time(score)
    if time <= M.past(q) then return nil end
    return function() redis.call('ZADD', q.keys[state], 'XX', string.format('%.1f', q.now + score - time), id) end
  end
end

local function suspect(q, id, due)
  local waits = tonumber(redis.call('ZSCORE', q.keys.retryable, id))
  return waits and due > waits and function() redis.call('ZADD', q.keys.suspects, 'XX', digits(waits), id) end or nil
end

-- The next look at a run that was asked to stop.
local function look_again(q, id, look)
  local at = tonumber(redis.call('HGET', q.keys.deadline, id))
  if not at or look <= at or look <= q.now + deadlines.AGAIN then return nil end
  return function() redis.call('ZADD', q.keys.deadlines, 'XX', digits(math.max(at, q.now)), id) end
end

local function fingerprint(q, id, own)
  return string.byte(own) == 64 and by_enqueueing(q, id) or nil
end

-- A fingerprint of an ended job, held for the longest period of the queue at most.
local function held(q, member, till)
  if till <= q.now then return nil end
  if q.longest_period == nil then q.longest_period = tonumber(redis.call('HGET', q.keys.config, 'period')) or false end
  local last = q.longest_period and q.now + q.longest_period
  if not last or till <= last then return nil end
  return function()
    local right = q.ahead_by and math.min(math.max(till - q.ahead_by, q.now), last) or last
    redis.call('ZADD', q.keys.unique_ends, 'XX', digits(right), member)
  end
end

local function run(q, id, text)
  local started = record.read(text).started
  if not started or started <= M.past(q) then return nil end
  return function()
    redis.call('HSET', q.keys.executing, id, (string.gsub(text, '^(%d+ %S+ %S+ )%d+', '%1' .. digits(q.now))))
  end
end

local function watched(q, id, found)
  local start, last, name = string.match(found, '^(%d+) (%d+) (.*)$')
  if not start or tonumber(start) <= M.past(q) and tonumber(last) <= M.past(q) then return nil end
  local function past_of(time) return digits(math.min(tonumber(time), q.now)) end
  return function() redis.call('HSET', q.keys.watched, id, past_of(start) .. ' ' .. past_of(last) .. ' ' .. name) end
end

-- `created` comes after the kinds that are judged by it.
M.jobs = {
  { name = 'scheduled', key = 'scheduled', type = 'zset', what = 'the due time of', look = wait('scheduled') },
  { name = 'retryable', key = 'retryable', type = 'zset', what = 'the due time of', look = wait('retryable') },
  { name = 'deadline', key = 'deadline', type = 'hash', what = 'the deadline of', look = deadline },
  { name = 'deadlines', key = 'deadlines', type = 'zset', what = 'the look at the deadline of', look = look_again },
  { name = 'fingerprint', key = 'fingerprint', type = 'hash', what = 'the unique period of', look = fingerprint },
  { name = 'next', key = 'next', type = 'hash', what = 'what comes after the run of',
    look = function(q, id, found) return conflicts.rewound(q, id, found) end },
  { name = 'created', key = 'created', type = 'hash', what = 'the creation of', look = by_enqueueing },
  { name = 'suspects', key = 'suspects', type = 'zset', what = 'the turn of the suspect', look = suspect },
  { name = 'unique_ends', key = 'unique_ends', type = 'zset', what = 'the end of the period of', look = held },
  { name = 'suspended', key = 'suspended', type = 'zset', what = 'the suspension of', look = past('suspended') },
  { name = 'completed', key = 'completed', type = 'zset', what = 'the end of', look = end_of('completed') },
  { name = 'cancelled', key = 'cancelled', type = 'zset', what = 'the end of', look = end_of('cancelled') },
  { name = 'discarded', key = 'discarded', type = 'zset', what = 'the end of', look = end_of('discarded') },
  { name = 'executing', key = 'executing', type = 'hash', what = 'the start of', look = run },
  { name = 'watched', key = 'watched', type = 'hash', what = 'the last look of', look = watched },
}

local kinds, names

-- All kinds in order, and their names.
function M.kinds()
  if not kinds then
    kinds, names = {}, {}
    for _, list in ipairs({ M.jobs, ahead_queue.kinds }) do
      for i = 1, #list do
        kinds[#kinds + 1], names[#names + 1] = list[i], tostring(#kinds + 1)
      end
    end
  end
  return kinds, names
end

local PAGE = 200

-- Goes through a page of a kind: calls visit(what, member, fix) for each time too far ahead. Returns the next cursor, and the
-- number looked at.
function M.page(q, kind, cursor, visit)
  if kind.type == 'single' then
    local fix = kind.look(q)
    if fix then visit(kind.what, '', fix) end
    return '0', 1
  end
  local page = redis.call(kind.type == 'zset' and 'ZSCAN' or 'HSCAN', q.keys[kind.key], cursor, 'COUNT', PAGE)
  local flat = page[2]
  for i = 1, #flat, 2 do
    local fix = kind.look(q, flat[i], kind.type == 'zset' and tonumber(flat[i + 1]) or flat[i + 1])
    if fix then visit(kind.what .. ' ' .. flat[i], flat[i], fix) end
  end
  return page[1], #flat / 2
end

-- A phase of the audit, `over` all kinds. It finds nothing while the clock is behind its own past, which makes every time lie
-- ahead, and while times are being brought back.
function M.audit(q, cursor, over, wrong)
  if q.config.rewind or rewind.behind(q) then return '0', 0 end
  local all, numbers = M.kinds()
  return over(numbers, function(_, number, inner)
    return M.page(q, all[tonumber(number)], inner, function(what, member)
      wrong(what .. ' lies too far ahead', 'ahead', number, member)
    end)
  end)(q, cursor)
end

-- Corrects one member of a kind (by its number), if it still lies too far ahead.
function M.put_right(q, number, member)
  local kind = M.kinds()[tonumber(number)]
  local value
  if kind.type == 'zset' then
    value = tonumber(redis.call('ZSCORE', q.keys[kind.key], member))
  elseif kind.type == 'hash' then
    value = redis.call('HGET', q.keys[kind.key], member)
  end
  if kind.type ~= 'single' and not value then return end
  local fix = kind.look(q, member, value)
  if fix then fix() end
end
