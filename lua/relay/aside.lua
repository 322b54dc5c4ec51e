-- Messages (outbox.lua) that no worker here can read: a newer version wrote them, or a fault did. The process that is given one
-- sets it aside, so that it is not given out again and again, and `sluice doctor` shows it. `aside` has their numbers by time;
-- the texts stay in `messages`. A worker of another version may come, so they are given out once more to each worker that starts,
-- and every ten minutes.
local arguments = require('arguments')
local queue = require('queue')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

local AGAIN = 600000          -- ms
local function checked(args)
  if #args < 1 or #args > queue.MOST then refuse('BADARG', 'give 1 to 1000 numbers of messages') end
  return args
end

-- The number under which a message is kept. Notices are given out under one with their last version.
local function kept(q, number)
  if redis.call('HEXISTS', q.keys.messages, number) == 1 then return number end
  local id = string.match(number, '^notify:%d+:(.+)$')
  return id and 'notify:' .. id or number
end

-- set_aside number…      Unreadable messages are no longer given out. Returns how many were set aside.
-- Errors: BADARG, BADKEY, FORMAT.
function M.run(q, args)
  local count = 0
  for _, number in ipairs(checked(args)) do
    number = kept(q, number)
    if redis.call('ZREM', q.keys.outbox, number) == 1 then
      redis.call('ZADD', q.keys.aside, digits(q.now), number)
      count = count + 1
    end
  end
  return count
end

-- Gives all of them out once more.
function M.again(q)
  if redis.call('EXISTS', q.keys.aside) == 0 then return end
  local numbers, due = redis.call('ZRANGE', q.keys.aside, 0, queue.MOST - 1), {}
  for i = 1, #numbers do due[2 * i - 1], due[2 * i] = digits(q.now), numbers[i] end
  redis.call('ZADD', q.keys.outbox, unpack(due))
  redis.call('ZREM', q.keys.aside, unpack(numbers))
  wake.push(q)
end

-- Gives them out once more after ten minutes, or at once if their time lies ahead since the clock went back.
function M.tidy(q)
  local first = tonumber(redis.call('ZRANGE', q.keys.aside, 0, 0, 'WITHSCORES')[2])
  if first and (first <= q.now - AGAIN or first > q.now) then M.again(q) end
end

-- The messages set aside, `most` at most: a flat list of number and time, and the texts. A message that has grown since is given
-- out again.
function M.list(q, most)
  local scored, flat, texts = redis.call('ZRANGE', q.keys.aside, 0, most - 1, 'WITHSCORES'), {}, {}
  for i = 1, #scored, 2 do
    if not redis.call('ZSCORE', q.keys.outbox, scored[i]) then
      flat[#flat + 1], flat[#flat + 2] = scored[i], scored[i + 1]
      texts[#texts + 1] = redis.call('HGET', q.keys.messages, scored[i]) or ''
    end
  end
  return flat, texts
end

-- drop_messages number…      Removes messages that are set aside, for good. Returns how many.
-- Errors: BADARG, BADKEY, FORMAT.
function M.drop(q, args)
  local count = 0
  for _, number in ipairs(checked(args)) do
    if redis.call('ZREM', q.keys.aside, number) == 1 and not redis.call('ZSCORE', q.keys.outbox, number) then
      redis.call('HDEL', q.keys.messages, number)
      count = count + 1
    end
  end
  return count
end
