-- The batches of a namespace, for listings: `all` by opening time; `ends`, finished ones, by the time when their records vanish.
-- Both in ms since 1970.
local arguments = require('arguments')
local queue = require('queue')
local digits, refuse = arguments.digits, arguments.refuse

local KEPT = 86400000         -- as long as a finished batch is kept
local SWEPT = 100             -- entries taken out in a call
local OPENING = 60000         -- ms from the entry here to the record

local function drop(b, ids)
  if #ids == 0 then return end
  redis.call('ZREM', b.keys.all, unpack(ids))
  redis.call('ZREM', b.keys.ends, unpack(ids))
end

-- batch_index verb id…
--   open       it is about to be opened          finished   its record vanishes in a day
--   gone       it was looked for and is not there; counts a minute after `open`
-- Removes vanished batches in passing. Repeating a call is harmless. Errors: BADARG, BADKEY.
function M.run(b, args)
  local verb, ids = args[1], { unpack(args, 2) }
  if #ids < 1 or #ids > queue.MOST then refuse('BADARG', 'give 1 to 1000 ids') end
  for i = 1, #ids do
    local id = arguments.word(ids[i], 'id')
    if verb == 'open' then
      redis.call('ZADD', b.keys.all, 'NX', digits(b.now), id)
    elseif verb == 'finished' then
      redis.call('ZADD', b.keys.ends, digits(b.now + KEPT), id)
    elseif verb == 'gone' then
      if (tonumber(redis.call('ZSCORE', b.keys.all, id)) or 0) <= b.now - OPENING then drop(b, { id }) end
    else
      refuse('BADARG', 'no such verb: ' .. tostring(verb))
    end
  end
  drop(b, redis.call('ZRANGE', b.keys.ends, '-inf', digits(b.now), 'BYSCORE', 'LIMIT', 0, SWEPT))
  return redis.status_reply('OK')
end

-- batch_list rank most      Ids of batches, the newest first, from a rank on. Errors: BADARG, BADKEY.
function M.list(b, args)
  local rank = arguments.number(args[1], 0, 1e9, 'rank')
  return redis.call('ZRANGE', b.keys.all, rank, rank + arguments.number(args[2], 1, queue.MOST, 'most') - 1, 'REV')
end
