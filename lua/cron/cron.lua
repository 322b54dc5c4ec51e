-- Recurring jobs. Entries live in the slot of the queue that they enqueue into: `cron` holds them by name, as JSON made by a
-- client; `cron_state:<name>` their changing state; `cron_next` the next tick of those that are neither paused nor finished;
-- `cron_history:<name>` the last hundred ticks. The library knows no calendars and no zones: the worker that is asked computes
-- ticks, and a tick is an idempotent insert under an id made of entry and tick.
-- `timed` has the member `@cron` at the first tick of all, where each cycle looks anyway. A cycle that finds it due hands it to
-- its caller, and to no other for LEASE ms.
local arguments = require('arguments')
local keys = require('keys')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

M.MARK = '@cron'
M.LEASE = 2000                -- ms for which only one worker gets the due ticks
M.KEPT = 100                  -- lines of history of each entry
M.MOST = 1000                 -- entries of a queue
local PAGE = 50               -- due entries in one reply
local BYTES = 524288          -- of entries in one reply; the first comes whatever its size

-- Reads the name of an entry, or refuses the call.
function M.name(value)
  if type(value) ~= 'string' or #value > 64 or not string.find(value, '^[%w._-]+$') then
    refuse('BADARG', 'the name of a cron entry must be 1 to 64 letters, digits, dots, dashes or underscores')
  end
  return value
end

-- Has the first tick of all looked at in time.
function M.rearm(q)
  local first = redis.call('ZRANGE', q.keys.cron_next, 0, 0, 'WITHSCORES')[2]
  if not first then return redis.call('ZREM', q.keys.timed, M.MARK) end
  redis.call('ZADD', q.keys.timed, first, M.MARK)
  wake.due(q, tonumber(first))
end

-- Ticks are due: the caller of this cycle gets them. They are looked for again if it does not fire them.
function M.hand_out(q)
  redis.call('ZADD', q.keys.timed, digits(q.now + M.LEASE), M.MARK)
  q.cron = 1
end

-- The state of an entry: revision, runs, last (id of its newest job), paused (`ms reason`), finished, source, deploy.
function M.state(q, name)
  local flat, state = redis.call('HGETALL', keys.cron_state(q.keys, name)), {}
  for i = 1, #flat, 2 do state[flat[i]] = flat[i + 1] end
  return state
end

-- Sets the next tick of an entry, or removes it from an entry that is finished.
function M.set_next(q, name, state, next)
  local key = keys.cron_state(q.keys, name)
  if next then
    redis.call('HDEL', key, 'finished')
  else
    redis.call('HSET', key, 'finished', digits(q.now))
  end
  if next and not state.paused then
    redis.call('ZADD', q.keys.cron_next, digits(next), name)
  else
    redis.call('ZREM', q.keys.cron_next, name)
  end
end

-- Adds lines to the history of an entry, oldest first.
function M.note(q, name, lines)
  local key = keys.cron_history(q.keys, name)
  for i = math.max(#lines - M.KEPT, 0) + 1, #lines do redis.call('LPUSH', key, lines[i]) end
  redis.call('LTRIM', key, 0, M.KEPT - 1)
end

-- cron_due [skip]      The due entries behind the first `skip`, which the caller cannot fire: {now, a flat list of name, entry,
-- revision, next tick}, 50 entries and 512 KiB at most. Errors: BADARG, BADKEY, FORMAT.
function M.due(q, args)
  local key, skip = q.keys.cron_next, arguments.number(args[1] or 0, 0, M.MOST, 'skip')
  local due = redis.call('ZRANGE', key, '-inf', digits(q.now), 'BYSCORE', 'LIMIT', skip, PAGE, 'WITHSCORES')
  if #due == 0 and skip == 0 then
    M.rearm(q)
    return { q.now, {} }
  end
  redis.call('ZADD', q.keys.timed, digits(q.now + M.LEASE), M.MARK)
  local reply, bytes = {}, 0
  for i = 1, #due, 2 do
    local entry, at = redis.call('HGET', q.keys.cron, due[i]) or '', #reply
    bytes = bytes + #entry
    if bytes > BYTES and at > 0 then break end
    reply[at + 1], reply[at + 2] = due[i], entry
    reply[at + 3], reply[at + 4] = M.state(q, due[i]).revision or '0', due[i + 1]
  end
  return { q.now, reply }
end

-- The names of the entries behind a name, in order.
local function names_after(q, after)
  local names, rest = redis.call('HKEYS', q.keys.cron), {}
  table.sort(names)
  for i = 1, #names do
    if names[i] > after then rest[#rest + 1] = names[i] end
  end
  return rest
end

-- Appends the fields of an entry.
local function put(q, reply, name, entry)
  local state, at = M.state(q, name), #reply
  reply[at + 1], reply[at + 2] = name, entry
  reply[at + 3] = redis.call('ZSCORE', q.keys.cron_next, name) or ''
  reply[at + 4], reply[at + 5], reply[at + 6] = state.revision or '0', state.runs or '0', state.source or ''
  reply[at + 7], reply[at + 8] = state.paused or '', state.finished or ''
  reply[at + 9] = redis.call('LINDEX', keys.cron_history(q.keys, name), 0) or ''
end

-- cron [name]      One entry, or all by name.        cron '' name      The entries behind a name.
-- Returns the time; a flat list of name, entry, next tick in ms or nothing, revision, runs, source, `ms reason` if paused, the
-- time it finished, the newest line of its history; and the name to go on behind, empty at the end. 512 KiB of entries at most.
-- Errors: BADARG, BADKEY, FORMAT.
function M.list(q, args)
  local now, reply, bytes = digits(q.now), {}, 0
  local is_page = not args[1] or args[1] == '' and args[2]
  local names = is_page and names_after(q, args[2] and M.name(args[2]) or '') or { M.name(args[1]) }
  for i = 1, #names do
    local entry = redis.call('HGET', q.keys.cron, names[i])
    if entry then
      bytes = bytes + #entry
      if bytes > BYTES and #reply > 0 then return { now, reply, names[i - 1] } end
      put(q, reply, names[i], entry)
    end
  end
  return { now, reply, '' }
end

-- cron_history name [count]      Its last ticks, the newest first, a JSON object each: `tick` and `at` in ms; `outcome`:
-- enqueued, exists, skipped, missed, by hand; `job`; `until` and `count` for several missed at once.
-- Errors: BADARG, BADKEY, FORMAT.
function M.history(q, args)
  local count = arguments.number(args[2] or M.KEPT, 1, M.KEPT, 'count')
  return redis.call('LRANGE', keys.cron_history(q.keys, M.name(args[1])), 0, count - 1)
end
