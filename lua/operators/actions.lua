-- The log of what operators did. Programs append to it with XADD; this is for a full server, where jobs still have to be deleted.
local refuse = require('arguments').refuse

local MOST = 20000            -- entries, about: each action has two

-- note_action field value…     on NAMESPACE:actions. Appends an entry; the oldest go. Returns its id.
-- Errors: BADARG, BADKEY.
function M.note(given, args)
  local key = given[1]
  if #given ~= 1 or not string.find(key, '^[%w._-]+:actions$') then
    refuse('BADKEY', 'the call needs one key, NAMESPACE:actions')
  end
  if #args == 0 or #args % 2 == 1 or #args > 40 then refuse('BADARG', 'the call needs up to 20 pairs of field and value') end
  return redis.call('XADD', key, 'MAXLEN', '~', MOST, '*', unpack(args))
end
