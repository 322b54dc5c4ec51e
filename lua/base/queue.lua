-- The start of each function. M.open makes the table of the call, `q`, which every module gets. Fields that M.open sets:
--   keys, now, micros      names of the queue's keys; the time of the call, in ms and in µs since 1970
--   exists                 the format of the data; false for a queue that nothing has used
--   paused                 `ms reason`, or false
--   limits, limits_text    the effective limits as limits.of reads them, and their text; nil without any
--   migration              the cursors of a change of limits under way, or false; see migration.lua
--   config                 other fields of the hash `config`, as text or false: completed, cancelled, discarded (bounds of
--                          ended.lua), crashes (suspects.lua), fence (claim.lua), declared (declare.lua), unique (unique.lua),
--                          rewind and shifts (rewind.lua), minute (stats.lua)
-- Modules add fields, which are nil at first:
--   what the call tells its caller, and workers
--     claimable (a job could be claimed: it wakes a worker), pushed (that is done)            lanes, parking, wake
--     given, given_bytes, given_at (messages for the caller, and room for more)               outbox
--     has_left (messages are left for another process), has_messages (the outbox has some)       outbox
--     decided (outcomes of runs that this call decided), cron (1: ticks are due)              running, cron
--   how the call is made
--     is_looking (it changes nothing)                    views, audit, explain
--     is_stored (options come from a record, not from a caller), is_delivery                  cron, deliver
--     ahead_by (the lead of the clock, in ms, while times are brought back)                   rewind
--   what was looked up or counted once in this call
--     last (the last sequence that was taken)            queue, calls
--     has_called (the producer made a call before)       calls
--     gates, lane_gates, reserved, has_parked, has_turned, passed                             gates, reserve, parking
--     vtime, front, choosing, is_tried, has_classes                                           lanes, choose, ageing
--     heads, ends (first due times, first lease ends)                                         waiting, workers
--     has_links, lone_batches, has_fingerprints, has_next, has_since, polling                 links, unique, conflicts, waiting
--     followed (followers that were handled), is_telling                                      followers
--     noted, longest_period                                                                   ahead
--     is_counting (the present minute is open); ran, ended_since, ended_bucket (runs)         stats, history
-- M.open_outside makes the table for what has no queue, with keys, now and micros.
local arguments = require('arguments')
local clock = require('clock')
local keys = require('keys')
local limits = require('limits')
local slot = require('slot')
local digits, refuse = arguments.digits, arguments.refuse

local LAST = 549755813888000  -- a sequence of 2059

M.FORMAT = '1'
M.MOST = 1000                 -- ids in one call
M.EPOCH = 1735689600000       -- 2025-01-01, from which sequences count milliseconds
M.CLASS = 562949953421312     -- 2^49: a class is above every sequence
M.PRIORITY = 5                -- class of a job that asks for none; 0 is first, 9 last

-- The fields of `q.config` that many calls do without. They are read together, when the first is asked for; with the other fields
-- if the call is one that asks.
local usual = { 'format', 'paused', 'limits', 'migration', 'shifts', 'minute' }
local others = { 'completed', 'cancelled', 'discarded', 'crashes', 'fence', 'declared', 'unique', 'rewind' }
local reading = {
  __index = function(config, name)
    if rawget(config, 'completed') == nil then
      local found = redis.call('HMGET', config.key, unpack(others))
      for i = 1, #others do rawset(config, others[i], found[i]) end
    end
    return rawget(config, name)
  end,
}
local all
local function all_fields()
  if not all then
    all = { unpack(usual) }
    for i = 1, #others do all[#usual + i] = others[i] end
  end
  return all
end

-- Opens the queue that the one key of the call names. `asks` tells that the call needs all fields of `config`. Functions that
-- write call M.create, which sets the format of a new queue.
function M.open(given, asks)
  local base = given[1]
  local names = base and #given == 1 and keys.of(base)
  if not names then
    refuse('BADKEY', 'the call needs one key, NAMESPACE:{QUEUE}, each name of 1 to 64 letters, digits, dots, dashes or '
      .. 'underscores')
  end
  if slot.can_move then slot.check(base, names.prefix) end
  local now, micros = clock.read(base)
  local found = redis.call('HMGET', names.config, unpack(asks and all_fields() or usual))
  if found[1] and found[1] ~= M.FORMAT then
    refuse('FORMAT', 'the queue has data format ' .. found[1] .. ', but this version of Sluice reads only format ' .. M.FORMAT)
  end
  local config = setmetatable({ shifts = found[5], minute = found[6], key = names.config }, reading)
  for i = #usual + 1, #found do config[others[i - #usual]] = found[i] end
  return {
    keys = names, now = now, micros = micros, exists = found[1], paused = found[2],
    limits = limits.of(found[3]), limits_text = found[3] or nil, migration = found[4], config = config,
  }
end

-- Opens an object outside queues, named by the one key of the call. `kind` is semaphore, limiter, batch, batch_index, workflow or
-- workflow_index.
function M.open_outside(given, kind)
  local base = given[1]
  local names = base and #given == 1 and keys[kind](base)
  if not names then
    refuse('BADKEY', 'the call needs one key, NAMESPACE:{' .. kind .. '.NAME}, each name of 1 to 64 letters, digits, dots, '
      .. 'dashes or underscores')
  end
  if slot.can_move then slot.check(base, names.prefix) end
  local now, micros = clock.read(base)
  return { keys = names, now = now, micros = micros }
end

-- Refuses the call if nothing has used the queue, whose name may be mistyped. With `new` as `word` the queue is one that is first
-- used later, and is made.
function M.known(q, word)
  if word ~= nil and word ~= '' and word ~= 'new' then
    refuse('BADARG', 'the last argument must be new, for a queue that is first used later, or be left out, not '
      .. arguments.shown(word))
  end
  if q.exists then return end
  if word == 'new' then return M.create(q) end
  refuse('NOQUEUE', q.keys.name)
end

-- Sets the format of a queue at its first write.
function M.create(q)
  if not q.exists then
    redis.call('HSET', q.keys.config, 'format', M.FORMAT)
    q.exists = M.FORMAT
  end
end

-- How far sequences run ahead of the clock, after the clock was ahead and was set right: a list of {line, upto, shift}. Each
-- entry is for sequences above its line; those up to `upto` were taken while the clock was ahead. `config` keeps it as text in
-- `shifts`; see rewind.lua.
local shifts, shifts_text = {}, ''
function M.shifts(q)
  local text = q.config.shifts
  if text ~= shifts_text then
    shifts, shifts_text = {}, text
    for line, upto, shift in string.gmatch(text, '(%d+) (%d+) (%d+)') do
      shifts[#shifts + 1] = { line = tonumber(line), upto = tonumber(upto), shift = tonumber(shift) }
    end
  end
  return shifts
end

-- The sequence of the present time. 0 for a clock before 2025 or after 2058, for which classes have no room: sequences then only
-- count on.
function M.present(q)
  local present = (q.now - M.EPOCH) * 512
  if q.config.shifts then
    local list = M.shifts(q)
    present = present + list[#list].shift
  end
  return present > 0 and present < LAST and present or 0
end

-- The field of `calls` that holds the last sequence. No producer has a name with blanks.
M.LAST = 'last sequence'

-- The last sequence that was taken.
function M.last(q)
  if not q.last then q.last = tonumber(redis.call('HGET', q.keys.calls, M.LAST)) or 0 end
  return q.last
end

-- Takes n consecutive sequences, which the caller notes, and returns the first. Sequences rise for ever, whatever the clock does,
-- and tell the time of their taking.
function M.take(q, n)
  local first, last = M.present(q), M.last(q)
  if first <= last then first = last + 1 end
  q.last = first + n - 1
  return first
end

-- Takes n consecutive sequences, notes them, and returns the first.
function M.sequence(q, n)
  local first = M.take(q, n)
  redis.call('HSET', q.keys.calls, M.LAST, digits(q.last))
  return first
end

-- The time at which a sequence was taken, as a text that sorts like it: ms since 1970, and `.NNN` for a rank above 0 within that
-- ms.
function M.moment(q, sequence)
  sequence = M.unshifted(q, sequence)
  local ms = math.floor(sequence / 512)
  local rank = sequence - ms * 512
  return digits(ms + M.EPOCH) .. (rank > 0 and string.format('.%03d', rank) or '')
end

local low = {}
-- Consecutive scores as text: `n` from `first` on in one class, in a new list or from a place on in another one. Formatting a
-- number costs as much as storing it, so the common digits are made once.
function M.scores(class, first, n, list, place)
  if not low[1000] then
    for i = 0, 999 do low[i + 1] = string.format('%03d', i) end
  end
  local from, scores = class * M.CLASS + first, list or {}
  local high, rest = math.floor(from / 1000), from % 1000
  local head = digits(high)
  for i = place or 1, (place or 1) + n - 1 do
    scores[i] = head .. low[rest + 1]
    rest = rest + 1
    if rest == 1000 then
      high, rest = high + 1, 0
      head = digits(high)
    end
  end
  return scores
end

-- A score without the lead of the clock.
function M.unshifted(q, score)
  if not q.config.shifts then return score end
  local list, sequence = M.shifts(q), score % M.CLASS
  for i = #list, 1, -1 do
    if sequence > list[i].line then return score - list[i].shift end
  end
  return score
end

-- The class and the time (ms since 1970) of a score.
function M.read_score(q, score)
  score = M.unshifted(q, score)
  local class = math.floor(score / M.CLASS)
  return class, math.floor((score - class * M.CLASS) / 512) + M.EPOCH
end
