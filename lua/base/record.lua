-- The record of a run in `executing`: `fence worker attempt started score dimensions lane`. The dimensions, joined by commas, are
-- those of the gates whose places the run holds; `-` for none. `name!` marks the probe of a half-open breaker. A run leaves the
-- gates that its record names, whatever the limits are by then. The lane comes last because it may be empty.
local arguments = require('arguments')
local queue = require('queue')
local stats = require('stats')
local digits, refuse = arguments.digits, arguments.refuse

-- The common parts of all records of one claim, before and after the attempt.
function M.parts(fence, worker, started)
  return fence .. ' ' .. worker .. ' ', ' ' .. started .. ' '
end

-- The common end of all records of one claim and lane, after the score.
function M.ending(dimensions, lane) return ' ' .. dimensions .. ' ' .. lane end

-- Whether a record is of the run that `start`, the first value of M.parts, tells.
function M.is_of(record, start) return string.find(record, start, 1, true) == 1 end

-- Reads `worker id fence`, with which each call of a handler begins, and refuses the call of a run that is over. Returns the id.
function M.own(q, args)
  local worker, id, fence = arguments.word(args[1], 'worker'), arguments.word(args[2], 'id'), arguments.word(args[3], 'fence')
  local record = redis.call('HGET', q.keys.executing, id)
  if not record or not M.is_of(record, (M.parts(fence, worker, ''))) then
    stats.count(q, 'refused', 1)
    refuse('FENCED', 'this run of ' .. id .. ' is over')
  end
  return id
end

-- The text after the score, `dimensions lane`, of a record that begins with `start`; nil for a run at no gate. Cheaper than
-- M.read.
function M.place(record, start)
  if string.sub(record, -3) == ' - ' then return nil end
  return string.match(record, '^%d+ %d+ %d+ (.*)$', #start + 1)
end

function M.read(record)
  local fence, worker, attempt, started, score, dimensions, lane =
    string.match(record, '^(%d+) (%S+) (%d+) (%d+) (%d+) (%S+) (.*)$')
  return {
    text = record, fence = fence, worker = worker, attempt = tonumber(attempt), started = tonumber(started),
    score = score, dimensions = dimensions, lane = lane,
  }
end

-- A record, or a score, for people and clients: with the place it would have without the lead of the clock.
function M.shown(q, text)
  if not q.config.shifts then return text end
  local head, score, rest = string.match(text, '^(%d+ %S+ %d+ %d+ )(%d+)(.*)$')
  if not head then return digits(queue.unshifted(q, tonumber(text))) end
  return head .. digits(queue.unshifted(q, tonumber(score))) .. rest
end

-- The same run with places at more gates.
function M.with_dimensions(run, dimensions)
  return table.concat({ run.fence, run.worker, run.attempt, run.started, run.score, dimensions, run.lane }, ' ')
end
