-- Facts that the workers here cannot read (outbox.lua): a newer version wrote them, or something else did. Whoever is given one
-- sets it aside, so that it is not given out again and again, and `sluice doctor` shows it. `aside` has their numbers, by the
-- time; their texts stay in `facts`. A worker of another version may come, so they are given out once more to each worker that
-- starts, and every ten minutes.
local M = {}

local AGAIN = 600000          -- ms
local function checked(args)
  if #args < 1 or #args > require('queue').MOST then require('queue').refuse('BADARG', 'give 1 to 1000 facts') end
  return args
end

-- The number by which a fact is kept: whoever carries notices is given one with their last version.
local function kept(q, number)
  if redis.call('HEXISTS', q.keys.facts, number) == 1 then return number end
  local id = string.match(number, '^notify:%d+:(.+)$')
  return id and 'notify:' .. id or number
end

-- set_aside number…      Facts that cannot be read are not given out any more. Returns how many were.
-- Errors: BADARG, BADKEY, FORMAT.
function M.run(q, args)
  local count = 0
  for _, number in ipairs(checked(args)) do
    number = kept(q, number)
    if redis.call('ZREM', q.keys.outbox, number) == 1 then
      redis.call('ZADD', q.keys.aside, require('queue').text(q.now), number)
      count = count + 1
    end
  end
  return count
end

-- Gives all of them out once more.
function M.again(q)
  if redis.call('EXISTS', q.keys.aside) == 0 then return end
  local numbers, due = redis.call('ZRANGE', q.keys.aside, 0, require('queue').MOST - 1), {}
  for i = 1, #numbers do due[2 * i - 1], due[2 * i] = require('queue').text(q.now), numbers[i] end
  redis.call('ZADD', q.keys.outbox, unpack(due))
  redis.call('ZREM', q.keys.aside, unpack(numbers))
  require('wake').push(q)
end

-- Gives them out once more when they have been aside for long, or, since the clock was set back, until a time to come.
function M.tidy(q)
  local first = tonumber(redis.call('ZRANGE', q.keys.aside, 0, 0, 'WITHSCORES')[2])
  if first and (first <= q.now - AGAIN or first > q.now) then M.again(q) end
end

-- What is set aside, `most` at most: a flat list of number and time, and the texts. One that has grown since is on its way again.
function M.list(q, most)
  local scored, flat, texts = redis.call('ZRANGE', q.keys.aside, 0, most - 1, 'WITHSCORES'), {}, {}
  for i = 1, #scored, 2 do
    if not redis.call('ZSCORE', q.keys.outbox, scored[i]) then
      flat[#flat + 1], flat[#flat + 2] = scored[i], scored[i + 1]
      texts[#texts + 1] = redis.call('HGET', q.keys.facts, scored[i]) or ''
    end
  end
  return flat, texts
end

-- drop_facts number…      Facts that are set aside go for good: nobody hears of them. Returns how many.
-- Errors: BADARG, BADKEY, FORMAT.
function M.drop(q, args)
  local count = 0
  for _, number in ipairs(checked(args)) do
    if redis.call('ZREM', q.keys.aside, number) == 1 and not redis.call('ZSCORE', q.keys.outbox, number) then
      redis.call('HDEL', q.keys.facts, number)
      count = count + 1
    end
  end
  return count
end

return M
