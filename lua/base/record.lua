-- The text that `executing` holds for a job that runs: `fence worker attempt started score dimensions lane`. The dimensions,
-- joined by commas, are those of the gates whose places the job holds, `-` for none; one with a `!` is tried by this job, its
-- breaker being half open. A job leaves the gates that were written at its claim, whatever the limits are by then. The lane
-- stands last, because it alone may be empty.
local M = {}

-- What all jobs of one claim have in common, before and after the attempt.
function M.parts(fence, worker, started)
  return fence .. ' ' .. worker .. ' ', ' ' .. started .. ' '
end

-- What all jobs of one claim and one lane have in common, after the score.
function M.ending(dimensions, lane) return ' ' .. dimensions .. ' ' .. lane end

-- Whether this run is the one that `start`, the first of M.parts, tells.
function M.is_of(record, start) return string.find(record, start, 1, true) == 1 end

-- Reads `worker id fence`, the first arguments of what a handler calls, and refuses the call if that run is over. Returns the id.
function M.own(q, args)
  local queue = require('queue')
  local worker, id, fence = queue.word(args[1], 'worker'), queue.word(args[2], 'id'), queue.word(args[3], 'fence')
  local record = redis.call('HGET', q.keys.executing, id)
  if not record or not M.is_of(record, (M.parts(fence, worker, ''))) then
    require('stats').count(q, 'refused', 1)
    queue.refuse('FENCED', 'this run of ' .. id .. ' is over')
  end
  return id
end

-- What the record of a run that begins with `start` says after the score: `dimensions lane`; or nil if it is in no lane, and so
-- at no gate. Cheaper than reading all of the record.
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

-- A record, or a score, as people and clients are shown it: with the place that it would have if the clock had never been wrong.
function M.shown(q, text)
  if not q.config[13] then return text end
  local queue = require('queue')
  local head, score, rest = string.match(text, '^(%d+ %S+ %d+ %d+ )(%d+)(.*)$')
  if not head then return queue.text(queue.unshifted(q, tonumber(text))) end
  return head .. queue.text(queue.unshifted(q, tonumber(score))) .. rest
end

-- The same run, holding places at more gates.
function M.with_dimensions(run, dimensions)
  return table.concat({ run.fence, run.worker, run.attempt, run.started, run.score, dimensions, run.lane }, ' ')
end

return M
