-- Jobs that were enqueued after another one, and jobs on their way to another queue: `suspended` here, in the slot of the parent.
-- after:<parent> lists the followers of a job, in order, until the parent is dropped; the column `after` holds for each what it
-- waits for, `parent policy delay`; the column `target`, for those of another queue, that queue and their options.
--   policy: what becomes of it if the parent ends otherwise than completed: cancel, ignore (it runs), hold (it stays suspended
--   until the parent completes after all, or an operator decides)
-- A delay counts from the parent's end.
local M = {}

M.PAGE = 500                  -- followers told in one call

local policies = { cancel = true, ignore = true, hold = true }

-- Reads what a job's options say of it: {parent, policy}, or the call is refused.
function M.read(after)
  local queue = require('queue')
  if type(after) ~= 'table' then queue.refuse('BADARG', 'after must be {"id":…,"failed":…}') end
  local policy = after.failed or 'cancel'
  if not policies[policy] then queue.refuse('BADARG', 'failed must be cancel, ignore or hold') end
  return { parent = queue.word(after.id, 'id of the job before'), policy = policy }
end

-- What becomes of a follower now: wait, enter, cancel, hold; or nil if there is no such parent.
function M.plan(q, after)
  local states = require('states')
  local state = states.of(q, after.parent)
  if not state then return nil end
  if not states.is_ended(state) then return 'wait' end
  if state == 'completed' or after.policy == 'ignore' then return 'enter' end
  return after.policy
end

local function error_of(q, parent, state)
  return cjson.encode({ at = q.now, error = 'the job before it, ' .. parent .. ', was ' .. state })
end

-- Puts a new job, whose spec is written, where its plan says, unless that is to enter this queue.
function M.add(q, id, option, plan)
  local text = require('queue').text
  if option.target then redis.call('HSET', q.keys.target, id, option.target .. ' ' .. option.text) end
  if plan == 'cancel' then
    redis.call('HSET', q.keys.errors, id, error_of(q, option.after.parent, 'not completed'))
    require('ended').add(q, 'cancelled', { id })
    return require('events').moved(q, '', 'cancelled', { id })
  end
  redis.call('ZADD', q.keys.suspended, text(q.now), id)
  redis.call('HSET', q.keys.created, id, text(q.now))
  require('events').moved(q, '', 'suspended', { id })
  if plan == 'enter' then return require('outbox').put(q, 'queue.' .. option.target .. ' ' .. id) end
  local after = option.after
  redis.call('HSET', q.keys.after, id, after.parent .. ' ' .. after.policy .. ' ' .. text(option.delay or 0))
  redis.call('RPUSH', require('keys').after(q.keys, after.parent), id)
  require('links').add(q, after.parent, 'follow')
end

-- Lets suspended jobs go: into this queue, or on their way to theirs. `delays` are in ms.
local function release(q, ids, delays)
  if #ids == 0 then return end
  local targets, away, now, waiting = redis.call('HMGET', q.keys.target, unpack(ids)), {}, {}, require('waiting')
  for i = 1, #ids do
    local target = targets[i] and string.match(targets[i], '^%S+')
    if target then
      local list = away[target] or {}
      list[#list + 1], away[target] = ids[i], list
    elseif delays[i] > 0 then
      waiting.add(q, 'scheduled', ids[i], q.now + delays[i])
      redis.call('ZREM', q.keys.suspended, ids[i])
      require('events').moved(q, 'suspended', 'scheduled', { ids[i] })
    else
      now[#now + 1] = ids[i]
    end
  end
  redis.call('HDEL', q.keys.after, unpack(ids))
  if #now > 0 then
    waiting.enter(q, now)
    redis.call('ZREM', q.keys.suspended, unpack(now))
    require('events').moved(q, 'suspended', 'available', now)
    if q.claimable then require('wake').push(q) end
  end
  for target, list in pairs(away) do require('outbox').put(q, 'queue.' .. target .. ' ' .. table.concat(list, ' ')) end
end

local function cancel(q, parent, state, ids)
  for i = 1, #ids do redis.call('HSET', q.keys.errors, ids[i], error_of(q, parent, state)) end
  redis.call('HDEL', q.keys.after, unpack(ids))
  redis.call('ZREM', q.keys.suspended, unpack(ids))
  require('events').moved(q, 'suspended', 'cancelled', ids)
  require('ended').add(q, 'cancelled', ids)
  require('ended').trim(q, 'cancelled')
end

-- Tells the followers of a job that has ended, from a rank on; the rest, if there are many, is left to the next call.
-- Followers that are cancelled have followers too: those are told by the next call, so that none grows with the length of a row.
function M.tell(q, parent, state, rank)
  if not rank and q.is_telling then return require('outbox').put_here(q, parent, state) end
  q.is_telling = true
  local key = require('keys').after(q.keys, parent)
  local ids = redis.call('LRANGE', key, rank or 0, (rank or 0) + M.PAGE - 1)
  local going, delays, over = {}, {}, {}
  local texts = #ids > 0 and redis.call('HMGET', q.keys.after, unpack(ids)) or {}
  for i = 1, #ids do
    local of, policy, delay = string.match(texts[i] or '', '^(%S+) (%S+) (%d+)')
    if of == parent and (state == 'completed' or policy == 'ignore') then
      going[#going + 1], delays[#delays + 1] = ids[i], tonumber(delay)
    elseif of == parent and policy == 'cancel' then
      over[#over + 1] = ids[i]
    end
  end
  release(q, going, delays)
  if #over > 0 then cancel(q, parent, state, over) end
  if #ids == M.PAGE then
    require('outbox').put_here(q, parent, state, (rank or 0) + M.PAGE)
  elseif redis.call('HEXISTS', q.keys.spec, parent) == 0 then
    redis.call('DEL', key)
  end
  q.is_telling = false
end

-- Lets one suspended job go at once, by an operator's wish.
function M.let_go(q, id) release(q, { id }, { 0 }) end

-- Jobs, as a text of ids, have arrived in their own queue: nothing of them stays here.
function M.handed_over(q, text)
  local ids = {}
  for id in string.gmatch(text, '%S+') do
    if redis.call('ZREM', q.keys.suspended, id) == 1 then ids[#ids + 1] = id end
  end
  if #ids == 0 then return end
  require('columns').drop(q, ids)
  require('stats').count(q, 'removed', #ids)
  require('events').moved(q, 'suspended', '', ids)
end

-- outgoing id…     What whoever carries suspended jobs to their own queue needs: a flat list of id, spec, options, for those
-- that are still here. Errors: BADARG, BADKEY, FORMAT.
function M.outgoing(q, args)
  local queue, reply = require('queue'), {}
  if #args < 1 or #args > queue.MOST then queue.refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' ids') end
  local specs, targets = redis.call('HMGET', q.keys.spec, unpack(args)), redis.call('HMGET', q.keys.target, unpack(args))
  local scores = redis.call('ZMSCORE', q.keys.suspended, unpack(args))
  for i = 1, #args do
    local options = targets[i] and string.match(targets[i], '^%S+ (.*)$')
    if specs[i] and options and scores[i] then
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3] = args[i], specs[i], options
    end
  end
  return reply
end

return M
