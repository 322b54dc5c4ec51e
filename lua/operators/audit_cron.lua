-- I10: a cron entry has one next tick, unless it is paused or finished, and a bounded history; the first tick of all is looked
-- for in time. `wrong` is called with each finding and its cure in repair.lua.
local cron = require('cron')
local keys = require('keys')

-- Whether the first tick of all is looked for, judged at one instant.
function M.mark(q, wrong)
  local first = tonumber(redis.call('ZRANGE', q.keys.cron_next, 0, 0, 'WITHSCORES')[2])
  local mark = tonumber(redis.call('ZSCORE', q.keys.timed, cron.MARK))
  if first and not mark then wrong('cron entries have a next tick, but no look at it is due', 'rearm') end
  if mark and not first then wrong('a look at the next tick is due, but no cron entry has one', 'rearm') end
  if first and mark and mark > math.max(first, q.now + cron.LEASE) then
    wrong('the look at the next tick is due too late', 'rearm')
  end
end

-- Some entries, a flat list of name and text.
function M.entries(q, flat, wrong)
  for i = 1, #flat, 2 do
    local name = flat[i]
    local function entry_wrong(what) wrong(what, 'entry', name) end
    local state, next = cron.state(q, name), redis.call('ZSCORE', q.keys.cron_next, name)
    if not state.revision then entry_wrong('cron entry ' .. name .. ' has no revision') end
    local runs = not (state.paused or state.finished)
    if runs and not next then entry_wrong('cron entry ' .. name .. ' has no next tick') end
    if next and not runs then entry_wrong('cron entry ' .. name .. ' is paused or finished, but has a next tick') end
    if redis.call('LLEN', keys.cron_history(q.keys, name)) > cron.KEPT then
      entry_wrong('the history of cron entry ' .. name .. ' is too long')
    end
  end
end

-- Some names that have a next tick.
function M.ticks(q, names, wrong)
  for i = 1, #names do
    if redis.call('HEXISTS', q.keys.cron, names[i]) == 0 then
      wrong(names[i] .. ' has a next tick, but there is no such cron entry', 'entry', names[i])
    end
  end
end
