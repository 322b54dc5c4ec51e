-- The outbox: messages on their way to another slot. The call that makes one true writes it. It stays until its carrier
-- reports its arrival; so it arrives at least once, and receivers take a repeated one as one. `messages` holds texts by number,
-- `outbox` the numbers by the time at which another process should carry them. A worker gets the messages of its own calls at
-- once, and those that no process carries. A process that calls another function which may write messages calls `relay` after it.
--   workflow.ID STATE NODE JOB, a line feed, output     batch.ID STATE JOB…
--   queue.NAME JOB…        jobs that are suspended here and belong there; dropped here when they have arrived
--   slot.NAME STATE JOB    a job that moved from there to here has ended; its followers are there
--   notify.QUEUE JOB …     notices for a webhook of that job, see notices.lua. Its number is notify:JOB, one for each job;
--                          it is given out as notify:VERSION:JOB, with the last version in it
--   follow JOB STATE RANK  a job's other followers, from a rank on: the next call here releases or cancels them. Its number is
--                          follow:JOB, so that each job has one
local arguments = require('arguments')
local followers = require('followers')
local notices = require('notices')
local queue = require('queue')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

local CARRIED = 5000          -- ms that a carrier has for a message
M.SLOWEST = 300000         -- most ms between two tries of a message
local BYTES = 524288          -- of messages in one reply; the first goes out whatever its size
local MOST = 100              -- messages without carrier that one call gives out
local PRESSING = 20           -- notices of a job; with more, progress waits for the next try
local OLDEST = 561600000      -- ms for which jobs are brought to their queue: half a day less than it remembers them

-- Whether this call may give a message of that text to its caller.
local function is_given(q, text)
  if not q.given then return false end
  q.given_bytes = q.given_bytes - #text
  return q.given_bytes >= 0 or #q.given == 0
end

-- Writes a message. A worker's own call carries it; else the next worker that calls does.
function M.put(q, text)
  local is_mine = is_given(q, text)
  local number = digits(queue.sequence(q, 1))
  redis.call('HSET', q.keys.messages, number, text)
  redis.call('ZADD', q.keys.outbox, digits(is_mine and q.now + CARRIED or q.now), number)
  if is_mine then
    q.given[#q.given + 1], q.given[#q.given + 2] = number, text
  else
    M.leave(q)
  end
end

-- A message stays in the outbox for the next process that comes.
function M.leave(q)
  q.has_left = true
  wake.push(q)
end

-- Leaves a job's other followers, from a rank on, to the next call.
function M.put_here(q, parent, state, rank)
  local number = 'follow:' .. parent
  redis.call('HSET', q.keys.messages, number, 'follow ' .. parent .. ' ' .. state .. ' ' .. (rank or 0))
  redis.call('ZADD', q.keys.outbox, digits(q.now), number)
  q.has_messages = true
  M.leave(q)
end

-- Gives a message to the caller. One that grew in this call replaces its earlier text.
local function give(q, number, text, key)
  q.given_at = q.given_at or {}
  local at = key and q.given_at[key] or #q.given + 1
  q.given[at], q.given[at + 1] = number, text
  if key then q.given_at[key] = at end
end

local function wire(number, last) return 'notify:' .. digits(last) .. ':' .. string.sub(number, 8) end

-- Adds a notice to those of a job that have not arrived.
function M.put_notice(q, id, about, spec)
  local number = 'notify:' .. id
  local before = notices.parse(redis.call('HGET', q.keys.messages, number))
  local list, given = before and before.list or {}, before and before.given or 0
  notices.add(list, about, spec, given)
  local message, last = notices.join(about.queue, id, list, given)
  local is_mine = is_given(q, message)
  if is_mine then message = notices.join(about.queue, id, list, last) end
  redis.call('HSET', q.keys.messages, number, message)
  if is_mine then
    redis.call('ZADD', q.keys.outbox, digits(q.now + CARRIED), number)
    give(q, wire(number, last), message, number)
  elseif about.event == 'progress' and #list > PRESSING then
    redis.call('ZADD', q.keys.outbox, 'NX', digits(q.now), number)
  else
    redis.call('ZADD', q.keys.outbox, digits(q.now), number)
    M.leave(q)
  end
end

-- Notices of a job have arrived, up to a version. Later ones stay.
local function acknowledge_notices(q, version, id)
  local number = 'notify:' .. id
  local found = notices.parse(redis.call('HGET', q.keys.messages, number))
  if not found or found.first > tonumber(version) then return end
  local left = {}
  for i = 1, #found.list do
    if found.list[i].version > tonumber(version) then left[#left + 1] = found.list[i] end
  end
  local message = notices.join(found.queue, id, left, found.given)
  if message then
    redis.call('HSET', q.keys.messages, number, message)
  else
    redis.call('HDEL', q.keys.messages, number)
    redis.call('ZREM', q.keys.outbox, number)
  end
end

-- Whether followers of a job are left to the next call.
function M.is_telling(q, parent) return redis.call('HEXISTS', q.keys.messages, 'follow:' .. parent) == 1 end

-- From now on this call gives messages out: its own, and some that no process carries, of at most `bytes` if given.
function M.open(q, bytes) q.given, q.given_bytes = {}, math.min(bytes or BYTES, BYTES) end

-- The time at which a message became true, in ms; nil for one without a time.
function M.since(q, number, text)
  local sequence = tonumber(number) or tonumber(string.match(text or '', '^notify%.%S+ %S+ (%d+)'))
  if not sequence then return nil end
  local _, since = queue.read_score(q, sequence)
  return since
end

-- The next try: the later, the longer a message has not arrived. Also the time since which it is true.
local function next_try(q, number, text)
  local since = M.since(q, number, text) or 0
  return digits(q.now + math.min(math.max((q.now - since) / 2, CARRIED), M.SLOWEST)), since
end

local function drop(q, numbers)
  if #numbers == 0 then return end
  redis.call('HDEL', q.keys.messages, unpack(numbers))
  redis.call('ZREM', q.keys.outbox, unpack(numbers))
end

-- Gives out messages that no process carries, and tells followers, within the bound of a call.
function M.take(q)
  q.has_messages = redis.call('EXISTS', q.keys.outbox) == 1
  if not q.has_messages then return end
  local due = redis.call('ZRANGE', q.keys.outbox, '-inf', digits(q.now), 'BYSCORE', 'LIMIT', 0, MOST)
  if #due == 0 then return end
  local texts, later, over = redis.call('HMGET', q.keys.messages, unpack(due)), {}, {}
  for i = 1, #due do
    local parent, state, rank = string.match(texts[i] or '', '^follow (%S+) (%S+) (%d+)$')
    if not texts[i] then
      over[#over + 1] = due[i]
    elseif parent and followers.has_room(q) then
      M.acknowledge(q, { due[i] })
      followers.tell(q, parent, state, tonumber(rank))
    elseif not parent then
      local next, since = next_try(q, due[i], texts[i])
      local is_live = q.now - since < OLDEST or not string.find(texts[i] or '', '^queue%.')
      local is_mine = is_live and is_given(q, texts[i] or '')
      if is_mine then
        local notified, text = notices.parse(texts[i]), texts[i]
        if notified and notified.given < notified.last then
          text = notices.join(notified.queue, string.sub(due[i], 8), notified.list, notified.last)
          redis.call('HSET', q.keys.messages, due[i], text)
        end
        give(q, notified and wire(due[i], notified.last) or due[i], text, notified and due[i])
      elseif not is_live and M.is_given_up(q, since) and not followers.are_here(q, texts[i], since) then
        over[#over + 1] = due[i]
      end
      -- A message without room in the reply stays due.
      if is_mine or not is_live then later[#later + 1], later[#later + 2] = next, due[i] end
    end
  end
  if #later > 0 then redis.call('ZADD', q.keys.outbox, unpack(later)) end
  drop(q, over)
end

-- relay     Gives the caller the messages that are due, to carry and then to acknowledge, and tells followers, within the bound
-- of a call. Messages are given out again after a while. Returns {now, flat list of number and text, 1 if more is due}.
-- Moves: those of followers. Errors: BADARG, BADKEY, FORMAT.
function M.relay(q)
  M.open(q)
  M.take(q)
  local next = q.has_messages and M.next(q)
  return { q.now, q.given, next and next <= q.now and 1 or 0 }
end

-- The time of the next try, in ms, or nil.
function M.next(q) return tonumber(redis.call('ZRANGE', q.keys.outbox, 0, 0, 'WITHSCORES')[2]) end

-- Whether jobs that were let go at a time (ms) are no longer brought to their queue, and no process is on the way with them.
function M.is_given_up(q, since) return q.now - since >= OLDEST + 120000 end

-- Messages have arrived. Jobs that moved to another queue leave this one.
function M.acknowledge(q, numbers)
  if #numbers == 0 then return end
  local texts = redis.call('HMGET', q.keys.messages, unpack(numbers))
  for i = 1, #numbers do
    local ids = string.match(texts[i] or '', '^queue%.%S+ (.*)$')
    if ids then followers.handed_over(q, ids) end
    local version, id = string.match(numbers[i], '^notify:(%d+):(.+)$')
    if version then acknowledge_notices(q, version, id) end
  end
  drop(q, numbers)
end

-- acknowledge number…     At most 1,000. Returns OK. Errors: BADARG, BADKEY, FORMAT. Events: suspended → nothing for moved jobs.
function M.run(q, args)
  if #args < 1 or #args > queue.MOST then refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' numbers of messages') end
  M.acknowledge(q, args)
  return 'OK'
end

-- The time of the oldest message that has not arrived, or now; nil if there are too many to tell.
function M.oldest(q)
  local numbers = redis.call('ZRANGE', q.keys.outbox, 0, 999)
  if #numbers == 1000 then return nil end
  local oldest = q.now
  for i = 1, #numbers do
    local number = tonumber(numbers[i])
    if number then
      local _, since = queue.read_score(q, number)
      oldest = math.min(oldest, since)
    end
  end
  return oldest
end
