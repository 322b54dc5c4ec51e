-- Followers: jobs that were enqueued after another one, their parent; and jobs on their way to another queue. Both are
-- `suspended` here, in the slot of the parent. after:<parent> lists the followers of a job, in order, until the parent is
-- dropped. The column `after` holds for each `parent policy delay`, or @time for the delay. The column `target` holds, for jobs
-- of another queue, that queue and their options.
--   policy: the effect of a parent that did not complete: cancel, ignore (it runs), hold (it stays suspended until the parent
--   completes after all, or an operator decides), compensate (it runs then, and is cancelled if the parent completes)
-- A delay counts from the parent's end. A parent that has moved to another queue itself has the link `slot.<this queue>` there,
-- and its followers stay here until it ends.
local arguments = require('arguments')
local columns = require('columns')
local ended = require('ended')
local events = require('events')
local keys = require('keys')
local links = require('links')
local members = require('members')
local outbox = require('outbox')
local queue = require('queue')
local states = require('states')
local stats = require('stats')
local waiting = require('waiting')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

M.PAGE = 500                  -- followers released or cancelled in one call
local BYTES = 524288          -- of specs in one reply

local policies = { cancel = true, ignore = true, hold = true, compensate = true }

-- Reads `after` of a job's options, {parent, policy}, or refuses the call.
function M.read(after)
  if type(after) ~= 'table' then refuse('BADARG', 'after must be {"id":…,"failed":…}') end
  members.check_known(after, { id = true, failed = true }, 'after')
  local policy = after.failed == nil and 'cancel' or after.failed
  if not policies[policy] then refuse('BADARG', 'failed must be cancel, ignore, hold or compensate') end
  return { parent = arguments.word(after.id, 'id of the job before'), policy = policy }
end

-- Whether a suspended job is on its way to its own queue.
function M.is_moving(q, id) return redis.call('HEXISTS', q.keys.after, id) == 0 end

-- The outcome for a follower by the end state of its parent: enter, cancel or hold.
local function outcome(policy, state)
  if policy == 'compensate' then return state == 'completed' and 'cancel' or 'enter' end
  return (state == 'completed' or policy == 'ignore') and 'enter' or policy
end

-- The plan of a follower: wait, enter, cancel, hold; moving, if the parent is on its way elsewhere; nil if there is no such
-- parent. Also the state of the parent.
function M.plan(q, after)
  local state = states.of(q, after.parent)
  if not state then return nil end
  if state == 'suspended' and M.is_moving(q, after.parent) then return 'moving' end
  if not states.is_ended(state) then return 'wait', state end
  return outcome(after.policy, state), state
end

local function error_of(q, parent, state)
  return cjson.encode({ at = q.now, error = 'the job before it, ' .. parent .. ', was ' .. state })
end

-- Puts a new job ({id, option, sequence}), whose spec is written, where its plan says, unless it enters this queue.
function M.add(q, job)
  local id, option, plan = job.id, job.option, job.option.plan
  if option.target then redis.call('HSET', q.keys.target, id, option.target .. ' ' .. option.text) end
  if plan == 'cancel' then
    redis.call('HSET', q.keys.errors, id, error_of(q, option.after.parent, option.parent_was))
    ended.add(q, 'cancelled', { id })
    return events.moved(q, '', 'cancelled', { id })
  end
  redis.call('ZADD', q.keys.suspended, digits(q.now), id)
  redis.call('HSET', q.keys.created, id, queue.moment(q, job.sequence))
  events.moved(q, '', 'suspended', { id })
  if plan == 'enter' then return outbox.put(q, 'queue.' .. option.target .. ' ' .. id) end
  local after, when = option.after, option.at and '@' .. digits(option.at) or digits(option.delay or 0)
  redis.call('HSET', q.keys.after, id, after.parent .. ' ' .. after.policy .. ' ' .. when)
  redis.call('RPUSH', keys.after(q.keys, after.parent), id)
  links.add(q, after.parent, 'follow')
end

-- Lets suspended jobs go: into this queue when they are due, or on their way to their own. `dues` are in ms; `named` are those
-- that a caller named.
local function release(q, ids, dues, named)
  if #ids == 0 then return end
  local targets, away, now = redis.call('HMGET', q.keys.target, unpack(ids)), {}, {}
  for i = 1, #ids do
    local target = targets[i] and string.match(targets[i], '^%S+')
    if target then
      local list = away[target] or {}
      list[#list + 1], away[target] = ids[i], list
      redis.call('ZADD', q.keys.suspended, digits(q.now), ids[i])
    elseif dues[i] > q.now then
      waiting.add(q, 'scheduled', ids[i], dues[i], named[i])
      redis.call('ZREM', q.keys.suspended, ids[i])
      events.moved(q, 'suspended', 'scheduled', { ids[i] })
    else
      now[#now + 1] = ids[i]
    end
  end
  redis.call('HDEL', q.keys.after, unpack(ids))
  if #now > 0 then
    waiting.enter(q, now)
    redis.call('ZREM', q.keys.suspended, unpack(now))
    events.moved(q, 'suspended', 'available', now)
    if q.claimable then wake.push(q) end
  end
  for target, list in pairs(away) do outbox.put(q, 'queue.' .. target .. ' ' .. table.concat(list, ' ')) end
end

local function cancel(q, parent, state, ids)
  for i = 1, #ids do redis.call('HSET', q.keys.errors, ids[i], error_of(q, parent, state)) end
  redis.call('HDEL', q.keys.after, unpack(ids))
  redis.call('ZREM', q.keys.suspended, unpack(ids))
  events.moved(q, 'suspended', 'cancelled', ids)
  ended.add(q, 'cancelled', ids)
  ended.trim(q, 'cancelled')
end

-- Whether this call may handle more followers.
function M.has_room(q) return (q.followed or 0) < M.PAGE end

-- The due time of a follower that is let go now, and whether a caller named it.
local function due(q, when)
  local at = string.match(when, '^@(%d+)')
  return at and tonumber(at) or q.now + tonumber(when), at ~= nil
end

-- Sorts followers of a job: those that go, with their times, those that are cancelled, and whether some are held. An id may be
-- listed twice, if its job came, went and came again.
local function sort(q, parent, state, ids)
  local going, dues, named, over, is_holding, seen = {}, {}, {}, {}, false, {}
  local texts = #ids > 0 and redis.call('HMGET', q.keys.after, unpack(ids)) or {}
  for i = 1, #ids do
    local of, policy, when = string.match(texts[i] or '', '^(%S+) (%S+) (%S+)')
    local own = of == parent and not seen[ids[i]] and outcome(policy, state)
    if own == 'enter' then
      local n = #going + 1
      going[n], dues[n], named[n] = ids[i], due(q, when)
    elseif own == 'cancel' then
      over[#over + 1] = ids[i]
    elseif own then
      is_holding = true
    end
    if own then seen[ids[i]] = true end
  end
  return going, dues, named, over, is_holding
end

-- Releases or cancels the followers of an ended job, from a rank on; the rest is left to the next call. Followers of cancelled
-- followers are left to the next call too, so that no call grows with the length of a row. `is_away`: the parent is in another
-- queue, where it may still be retried.
function M.tell(q, parent, state, rank, is_away)
  if not rank and (q.is_telling or not M.has_room(q)) then return outbox.put_here(q, parent, state) end
  q.is_telling = true
  local key = keys.after(q.keys, parent)
  local ids = redis.call('LRANGE', key, rank or 0, (rank or 0) + M.PAGE - 1)
  q.followed = (q.followed or 0) + #ids + 1
  local going, dues, named, over, is_holding = sort(q, parent, state, ids)
  release(q, going, dues, named)
  if #over > 0 then cancel(q, parent, state, over) end
  if #ids == M.PAGE then
    outbox.put_here(q, parent, state, (rank or 0) + M.PAGE)
  elseif not (is_away and is_holding) and redis.call('HEXISTS', q.keys.spec, parent) == 0 then
    redis.call('DEL', key)
  end
  q.is_telling = false
end

-- Tells jobs that were enqueued in one call with their parent, if that has ended in the same call.
function M.tell_late(q, jobs)
  for i = 1, #jobs do
    local option = jobs[i].option
    local state = option.is_late and states.of(q, option.after.parent)
    if state and states.is_ended(state) then M.tell(q, option.after.parent, state) end
  end
end

-- tell state id…     Jobs that moved from here to another queue have ended there: their followers are released or cancelled.
-- Repeating it is harmless.
-- Returns 1 if that made outbox messages, else 0. Errors: BADARG, BADKEY, FORMAT.
function M.ended_elsewhere(q, args)
  local ends = { completed = true, cancelled = true, discarded = true, deleted = true }
  if #args < 2 or #args > queue.MOST or not ends[args[1]] then
    refuse('BADARG', 'the call needs completed, cancelled, discarded or deleted, and 1 to 999 ids')
  end
  for i = 2, #args do
    -- Their end may be heard of before their arrival.
    if redis.call('ZSCORE', q.keys.suspended, args[i]) and M.is_moving(q, args[i]) then M.handed_over(q, args[i]) end
    if redis.call('HEXISTS', q.keys.spec, args[i]) == 0 then M.tell(q, args[i], args[1], M.has_room(q) and 0 or nil, true) end
  end
  return q.has_left and 1 or 0
end

-- Whether some of the jobs that a message of some time (ms) brings to their queue are still here, and were not let go anew since.
function M.are_here(q, text, since)
  for id in string.gmatch(string.match(text, '^%S+(.*)$'), '%S+') do
    local score = redis.call('ZSCORE', q.keys.suspended, id)
    if score and tonumber(score) <= since + 1000 then return true end
  end
  return false
end

-- Lets one suspended job go at once, by an operator's wish.
function M.let_go(q, id) release(q, { id }, { 0 }, {}) end

-- The options of a job that goes to its own queue. If it has followers here, it takes along the link that tells them.
local function with_slot(q, id, options)
  if redis.call('EXISTS', keys.after(q.keys, id)) == 0 then return options end
  local all = cjson.decode(options)
  all.links = all.links or {}
  all.links[#all.links + 1] = 'slot.' .. string.match(q.keys.base, '{(.+)}')
  return cjson.encode(all)
end

-- Jobs, a text of ids, have arrived in their own queue: nothing of them stays here.
function M.handed_over(q, text)
  local ids = {}
  for id in string.gmatch(text, '%S+') do
    if redis.call('ZREM', q.keys.suspended, id) == 1 then ids[#ids + 1] = id end
  end
  if #ids == 0 then return end
  links.moved(q, ids)
  columns.drop(q, ids)
  stats.count(q, 'passed', #ids)
  events.moved(q, 'suspended', '', ids)
end

-- outgoing id…     The jobs to bring to their own queue: a flat list of id, spec, options for those that are still here, in the
-- order of the ids, 512 KiB at most: ask for the rest again. Errors: BADARG, BADKEY, FORMAT.
function M.outgoing(q, args)
  local reply = {}
  if #args < 1 or #args > queue.MOST then refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' ids') end
  local specs, targets = redis.call('HMGET', q.keys.spec, unpack(args)), redis.call('HMGET', q.keys.target, unpack(args))
  local scores = redis.call('ZMSCORE', q.keys.suspended, unpack(args))
  local bytes = 0
  for i = 1, #args do
    local options = targets[i] and string.match(targets[i], '^%S+ (.*)$')
    bytes = bytes + #(specs[i] or '')
    if #reply > 0 and bytes > BYTES then break end
    if specs[i] and options and scores[i] then
      local at = #reply
      reply[at + 1], reply[at + 2], reply[at + 3] = args[i], specs[i], with_slot(q, args[i], options)
    end
  end
  return reply
end
