-- I11: a live job with a deadline is looked at by then; a run that was asked to stop, or a job on its way, a while later. No
-- other job is looked at, and the first look of all is due in time. `wrong` is called with each finding and its cure in
-- repair.lua.
local deadlines = require('deadlines')
local manage = require('manage')
local states = require('states')

-- Whether the first look of all is due in time, judged at one instant.
local function mark(q, wrong)
  local MARK = deadlines.MARK
  local first = tonumber(redis.call('ZRANGE', q.keys.deadlines, 0, 0, 'WITHSCORES')[2])
  local at = first and tonumber(redis.call('ZSCORE', q.keys.timed, MARK))
  if first and (not at or at > math.max(first, q.now)) then
    wrong('the look at the first deadline is due too late, or not at all', 'deadlines')
  end
end

-- The state of a live job and its value in that index; nil for other jobs.
local function live(q, id)
  local state, found = states.of(q, id)
  if state and not states.is_ended(state) then return state, found end
end

-- Entries of the column.
function M.jobs(q, entries, wrong)
  mark(q, wrong)
  for i = 1, #entries, 2 do
    local id, at = entries[i], tonumber(entries[i + 1])
    local state, found = live(q, id)
    local look = state and tonumber(redis.call('ZSCORE', q.keys.deadlines, id))
    if state and not look then
      wrong(id .. ' has a deadline, but no look at it is due', 'deadline', id)
    elseif state and look ~= at
      and (look < at or state ~= 'executing' and not manage.is_moving(q, id, state, found)) then
      wrong(id .. ' has a deadline, but the look at it is due too late', 'deadline', id)
    end
  end
end

-- Some ids of `deadlines`.
function M.looked_at(q, ids, wrong)
  for i = 1, #ids do
    if redis.call('HEXISTS', q.keys.deadline, ids[i]) == 0 or not live(q, ids[i]) then
      wrong('a look at the deadline of ' .. ids[i] .. ' is due, but it has none, or has ended', 'deadline', ids[i])
    end
  end
end
