-- The start of each function: the queue's keys, the time, its configuration. Also how a function refuses a call.
local M = {}

local LAST = 549755813888000  -- a sequence of 2059

M.FORMAT = '1'
M.MOST = 1000                 -- ids in one call
M.EPOCH = 1735689600000       -- 2025-01-01, from which sequences count milliseconds
M.CLASS = 562949953421312     -- 2^49: a class is above every sequence
M.REASON = 1000               -- bytes of a reason
M.PRIORITY = 5                -- class of a job that asks for none; 0 is first, 9 last

-- Ends the call with an error of a stable upper-case code. Before that, a function writes nothing but counters. Redis prefixes a
-- lone word with ERR, so a text is required.
function M.refuse(code, text) error({ refusal = code .. ' ' .. text }) end

-- Formats an integer. Lua's own conversion keeps 14 digits.
function M.text(number) return string.format('%.0f', number) end

-- Reads a whole number within bounds, or refuses the call.
function M.number(value, least, most, name)
  local number = tonumber(value)
  if not number or number ~= math.floor(number) or number < least or number > most then
    local given = value == nil and 'missing' or require('members').shown(value)
    M.refuse('BADARG', name .. ' must be a whole number from ' .. M.text(least) .. ' to ' .. M.text(most) .. ', not ' .. given)
  end
  return number
end

-- The same for a member of a JSON object, where a text is no number.
function M.whole(value, least, most, name)
  return M.number(type(value) == 'string' and cjson.encode(value) or value, least, most, name)
end

-- Reads a cursor of a Redis scan, or refuses the call. Cursors are below the size of the scanned key.
function M.cursor(value)
  local digits = string.match(value or '', '^%d+$')
  if not digits or #digits > 18 then M.refuse('BADARG', 'no such cursor: ' .. require('members').shown(value or '')) end
  return digits
end

-- Reads an optional reason given by a person, or refuses the call.
function M.reason(value)
  if value and not require('json').is_line(value, M.REASON) then
    M.refuse('BADARG', 'a reason has at most ' .. M.REASON .. ' bytes of UTF-8, without control characters')
  end
  return value or ''
end

-- Reads a word without blanks, such as the id of a worker or producer, or refuses the call.
function M.word(value, name)
  if type(value) ~= 'string' or #value > 128 or not string.find(value, '^[!-~]+$') then
    M.refuse('BADARG', name .. ' is 1 to 128 printable ASCII characters without space')
  end
  return value
end

-- Opens the queue that the one key of the call names. Functions that write call M.create, which sets the format of a new queue.
function M.open(keys)
  local base = keys[1]
  local names = base and #keys == 1 and require('keys').of(base)
  if not names then
    M.refuse('BADKEY', 'give one key, NAMESPACE:{QUEUE}, each of 1 to 64 letters, digits, dots, dashes or underscores')
  end
  local now, micros = require('clock').read(base)
  local config = redis.call('HMGET', names.config, 'format', 'paused', 'completed', 'cancelled', 'discarded', 'crashes',
    'fence', 'limits', 'migration', 'declared', 'unique', 'rewind', 'shifts')
  if config[1] and config[1] ~= M.FORMAT then
    M.refuse('FORMAT', 'this queue has data format ' .. config[1] .. ', and this library reads ' .. M.FORMAT)
  end
  return {
    keys = names, now = now, micros = micros, exists = config[1], paused = config[2] or false, config = config,
    limits = require('limits').of(config[8]), limits_text = config[8] or nil, migration = config[9] or false,
  }
end

-- Opens an object outside queues, named by the one key of the call. `kind` is semaphore, limiter, batch, batch_index, workflow or
-- workflow_index.
function M.open_outside(keys, kind)
  local base = keys[1]
  local names = base and #keys == 1 and require('keys')[kind](base)
  if not names then
    M.refuse('BADKEY', 'give one key, NAMESPACE:{' .. kind .. '.NAME}, the names of 1 to 64 letters, digits, dots, dashes or '
      .. 'underscores')
  end
  local now, micros = require('clock').read(base)
  return { keys = names, now = now, micros = micros }
end

-- Refuses the call if nothing has used the queue, whose name may be mistyped. With `new` as `word` the queue is one that is first
-- used later, and is made.
function M.known(q, word)
  if word ~= nil and word ~= '' and word ~= 'new' then
    M.refuse('BADARG', 'the last word is new, for a queue that is first used later, not ' .. require('members').shown(word))
  end
  if q.exists then return end
  if word == 'new' then return M.create(q) end
  M.refuse('BADARG', "there is no queue '" .. q.keys.name .. "': no job was ever enqueued in it, and no worker serves it")
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
  local text = q.config[13]
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
  if q.config[13] then
    local list = M.shifts(q)
    present = present + list[#list].shift
  end
  return present > 0 and present < LAST and present or 0
end

-- Takes n consecutive sequences and returns the first. Sequences rise for ever, whatever the clock does, and tell the time of
-- their taking.
function M.sequence(q, n)
  local first = M.present(q)
  local last = tonumber(redis.call('SET', q.keys.seq, M.text(first + n - 1), 'GET')) or 0
  if last >= first then
    first = last + 1
    redis.call('SET', q.keys.seq, M.text(first + n - 1))
  end
  return first
end

-- The time at which a sequence was taken, as a text that sorts like it: ms since 1970, and `.NNN` for a rank above 0 within that
-- ms.
function M.moment(q, sequence)
  sequence = M.unshifted(q, sequence)
  local ms = math.floor(sequence / 512)
  local rank = sequence - ms * 512
  return M.text(ms + M.EPOCH) .. (rank > 0 and string.format('.%03d', rank) or '')
end

local low = {}
-- Consecutive scores as text: `n` from `first` on in one class. Formatting a number costs as much as storing it, so the common
-- digits are made once.
function M.scores(class, first, n)
  if not low[1000] then
    for i = 0, 999 do low[i + 1] = string.format('%03d', i) end
  end
  local from, scores = class * M.CLASS + first, {}
  local high, rest = math.floor(from / 1000), from % 1000
  local head = M.text(high)
  for i = 1, n do
    scores[i] = head .. low[rest + 1]
    rest = rest + 1
    if rest == 1000 then
      high, rest = high + 1, 0
      head = M.text(high)
    end
  end
  return scores
end

-- A score without the lead of the clock.
function M.unshifted(q, score)
  if not q.config[13] then return score end
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

return M
