-- The text that `executing` holds for a job that runs: `fence worker attempt started score lane`, the lane last,
-- because it alone may be empty.
local M = {}

-- What all jobs of one claim have in common, before and after the attempt.
function M.parts(fence, worker, started)
  return fence .. ' ' .. worker .. ' ', ' ' .. started .. ' '
end

-- Whether this run is the one that `start`, the first of M.parts, tells.
function M.is_of(record, start) return string.find(record, start, 1, true) == 1 end

function M.read(record)
  local fence, worker, attempt, started, score, lane = string.match(record, '^(%d+) (%S+) (%d+) (%d+) (%d+) (.*)$')
  return {
    text = record, fence = fence, worker = worker, attempt = tonumber(attempt), started = tonumber(started),
    score = score, lane = lane,
  }
end

return M
