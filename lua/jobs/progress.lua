-- progress worker id fence fraction note      The progress of a run, for display only. A webhook may hear of it.
-- `fraction` is 0 to 1, `note` a JSON string. Returns 1. Errors: FENCED, BADARG, BADKEY, FORMAT. No event.
local M = {}

function M.run(q, args)
  local queue, id = require('queue'), require('record').own(q, args)
  local fraction, note = tonumber(args[4]), args[5] or '""'
  if not (fraction and fraction >= 0 and fraction <= 1) then queue.refuse('BADARG', 'progress is from 0 to 1') end
  redis.call('HSET', q.keys.progress, id,
    '{"at":' .. queue.text(q.now) .. ',"fraction":' .. string.format('%.4g', fraction) .. ',"note":' .. note .. '}')
  require('notices').progressed(q, id)
  -- Its worker relays the message, even if it has no free place and so listens to no token.
  if q.has_left then require('wake').ring(q, args[1]) end
  return 1
end

return M
