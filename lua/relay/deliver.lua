-- deliver valid count [id spec]… [position options]…      with jobs and options as of enqueue
--
-- Takes in jobs that another slot released. They have fixed ids and may come more than once. `seen` remembers the ids, even of
-- jobs that ended and were dropped, until no process can send them again: for an hour, and as long as this queue has messages as
-- old, which may be about them. `valid:ms` asks for longer than an hour; `forget` ends that, once the sender has noted the
-- arrival. With `valid:0` no worker is woken, since the caller is one and makes its cycle next.
-- A delivery after `valid`, in ms by the server's clock, was held up and is refused LATE: the sender looks at its own slot again.
-- A job whose fingerprint is owned here is added and cancelled, since its sender counts it as added. A job whose id another job
-- has is dropped, and counted as `refused`.
-- Moves: nothing → available, scheduled, cancelled. Returns how many were new. Errors: LATE, BADARG, BADKEY, FORMAT; OOM from the
-- server.
local arguments = require('arguments')
local enqueue = require('enqueue')
local enqueue_read = require('enqueue_read')
local outbox = require('outbox')
local queue = require('queue')
local stats = require('stats')
local digits, refuse = arguments.digits, arguments.refuse

local KEPT = 3600000
local ON_THE_WAY = 120000     -- ms after which no delivery of a known id is under way

function M.run(q, args)
  local valid, kept = string.match(args[1] or '', '^(%d+):?(%d*)$')
  if arguments.number(valid, 0, 1e14, 'valid') < q.now then
    refuse('LATE', 'this delivery came after the time until which it is valid')
  end
  q.is_delivery, q.is_stored, q.pushed = true, true, kept == '0'
  local jobs, ids, options, keys = enqueue_read.calls(q, args, 2)
  local known, scored, now = redis.call('ZMSCORE', q.keys.seen, unpack(ids)), {},
    digits(q.now + math.max((tonumber(kept) or KEPT) - KEPT, 0))
  local new, new_ids, new_options, new_keys = {}, {}, {}, keys and {}
  for i = 1, #ids do
    if not known[i] then
      local n = #new_ids + 1
      new_ids[n], new[2 * n - 1], new[2 * n], new_options[n] = ids[i], ids[i], jobs[2 * i], options[i]
      scored[2 * n - 1], scored[2 * n] = now, ids[i]
      if keys then new_keys[n] = keys[i] end
    end
  end
  if #new_ids == 0 then return 0 end
  queue.create(q)
  local not_new = enqueue.add(q, new, new_ids, new_options, new_keys)
  redis.call('ZADD', q.keys.seen, unpack(scored))
  local dropped = 0
  for i = 1, #not_new, 3 do
    if not_new[i + 2] == new_ids[not_new[i] + 1] then dropped = dropped + 1 end
  end
  stats.count(q, 'refused', dropped)
  return #new_ids - #not_new / 3
end

-- forget id…     No process sends these again, but for calls under way. Returns OK. Errors: BADARG, BADKEY, FORMAT.
function M.forget(q, args)
  local scored = {}
  if #args < 1 or #args > queue.MOST then refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' ids') end
  for i = 1, #args do scored[2 * i - 1], scored[2 * i] = digits(q.now + ON_THE_WAY - KEPT), args[i] end
  redis.call('ZADD', q.keys.seen, 'XX', 'LT', unpack(scored))
  return 'OK'
end

-- Forgets ids that no process can send again.
function M.tidy(q)
  if redis.call('EXISTS', q.keys.seen) == 0 then return end
  local oldest = outbox.oldest(q)
  if not oldest then return end
  redis.call('ZREMRANGEBYSCORE', q.keys.seen, '-inf', '(' .. digits(math.min(q.now - KEPT, oldest)))
end
