-- await client forget id…
--
-- Tells how jobs stand, and lets the client hear of the end of jobs that have not ended: `id state` in inbox:<client>. With
-- `forget` 1 it hears no longer. Asking again is harmless. A job with a kept result, or with a waiting client, stays for at least
-- an hour after its end.
-- Returns a flat list of id, state (`missing` if unknown) and detail, for as many ids as fit in a reply, at least one. The detail
-- is the result of a completed job, the last error (a line of JSON) of a cancelled or discarded one, else empty.
-- Errors: BADARG, BADKEY, FORMAT.
local arguments = require('arguments')
local links = require('links')
local queue = require('queue')
local states = require('states')
local refuse = arguments.refuse

local BYTES = 524288          -- of results, after which a reply ends

local function last_error(q, id)
  return string.match(redis.call('HGET', q.keys.errors, id) or '', '([^\n]*)$')
end

function M.run(q, args)
  local client, forget, reply, bytes = arguments.word(args[1], 'client'), args[2] == '1', {}, 0
  if #args < 3 or #args > queue.MOST then refuse('BADARG', 'the call needs a client, 0 or 1, and 1 to 998 ids') end
  for i = 3, #args do
    local id = args[i]
    local state, at, detail = states.of(q, id), #reply, ''
    if state and states.is_ended(state) then
      detail = state == 'completed' and redis.call('HGET', q.keys.result, id) or state ~= 'completed' and last_error(q, id) or ''
    elseif state and forget then
      links.remove(q, id, 'wait ' .. client)
    elseif state then
      links.add(q, id, 'wait ' .. client)
    end
    reply[at + 1], reply[at + 2], reply[at + 3] = id, state or 'missing', detail
    bytes = bytes + #detail
    if bytes > BYTES and not forget then break end
  end
  return reply
end
