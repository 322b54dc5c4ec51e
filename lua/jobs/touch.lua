-- touch       Writes, whatever is there, and leaves nothing behind.
-- A client that waits for replicas by WAIT calls it right behind the call that is to be confirmed, on the same connection. WAIT
-- tells what has been replicated of what its connection wrote, and a call that finds its job already there writes nothing.
-- Takes the key of a queue, a batch or a workflow. Returns OK. Errors: BADKEY, MOVING. No event.
local refuse = require('arguments').refuse
local slot = require('slot')

function M.run(given)
  local base = given[1]
  if #given ~= 1 or not string.find(base, '^[%w._-]+:{[%w._-]+}$') then
    refuse('BADKEY', 'the call needs one key, NAMESPACE:{NAME}')
  end
  if slot.can_move then slot.check(base, base .. ':') end
  local key = base .. ':touch'
  redis.call('SET', key, '1')
  redis.call('DEL', key)
  return redis.status_reply('OK')
end
