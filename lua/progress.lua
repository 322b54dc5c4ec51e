-- progress worker id fence fraction note      How far a run has come; for display only, it decides nothing.
-- `fraction` is 0 to 1, `note` a JSON string. Returns 1. Errors: FENCED, BADARG, BADKEY, FORMAT. No event.
local M = {}

function M.run(q, args)
  local queue = require('queue')
  local worker, id, fence, fraction = args[1], args[2], args[3], tonumber(args[4])
  if not fraction or fraction < 0 or fraction > 1 then queue.refuse('BADARG', 'progress is from 0 to 1') end
  local record = redis.call('HGET', q.keys.executing, id)
  if not record or not require('record').is_of(record, fence, worker) then
    require('stats').count(q, 'refused', 1)
    queue.refuse('FENCED', 'this run of ' .. id .. ' is over')
  end
  redis.call('HSET', q.keys.progress, id,
    '{"at":' .. queue.text(q.now) .. ',"fraction":' .. string.format('%.4g', fraction) .. ',"note":' .. args[5] .. '}')
  return 1
end

return M
