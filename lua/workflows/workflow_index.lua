-- workflow_index most [id delay]…
--
-- The workflows of a namespace, by the time of their next look, so that none is stranded by the death of its carrier. Puts
-- workflows in, to be looked at after `delay` ms; -1 takes one out. Returns the ms until the next is due, -1 for none, and up to
-- `most` due ones for the caller to look at. They are given out again after 15 s unless the caller says otherwise.
-- One entry is no workflow, and does not count as next: `outboxes:`. The first call that takes entries puts it in. The caller
-- that gets it looks at the outboxes of all queues of the namespace, and says when to do so again.
-- Errors: BADARG, BADKEY.
local arguments = require('arguments')
local expiry = require('expiry')
local queue = require('queue')
local digits, refuse = arguments.digits, arguments.refuse

local CLAIMED = 15000
local OUTBOXES = 'outboxes:'

-- After the clock went back all are due, a page in each call, which is harmless. `at` is the time of the last call.
local function rewind(w)
  local before = tonumber(redis.call('SET', w.keys.at, digits(w.now), 'GET'))
  if not before or before < w.now + 1000 then return end
  local now, scored = digits(w.now), {}
  local later = redis.call('ZRANGE', w.keys.all, '(' .. now, '+inf', 'BYSCORE', 'LIMIT', 0, queue.MOST)
  for i = 1, #later do scored[2 * i - 1], scored[2 * i] = now, later[i] end
  if #later > 0 then redis.call('ZADD', w.keys.all, unpack(scored)) end
  if #later == queue.MOST then redis.call('SET', w.keys.at, digits(before)) end
end

-- Notes workflows at their first look, for listings. Those older than the list have no time there: they come last, by id.
local function note(w, ids)
  if redis.call('EXISTS', w.keys.born) == 0 then
    redis.call('ZUNIONSTORE', w.keys.born, 1, w.keys.all, 'WEIGHTS', 0)
    redis.call('ZREM', w.keys.born, OUTBOXES)
  end
  local scored, now = {}, digits(w.now)
  for i = 1, #ids do scored[2 * i - 1], scored[2 * i] = now, ids[i] end
  if #ids > 0 then redis.call('ZADD', w.keys.born, 'NX', unpack(scored)) end
end

function M.run(w, args)
  local most, scored, gone, ids = arguments.number(args[1], 0, queue.MOST, 'most'), {}, {}, {}
  if #args % 2 == 0 or #args > 2 * queue.MOST + 1 then
    refuse('BADARG', 'workflows must be pairs of id and delay, at most 1000')
  end
  for i = 2, #args, 2 do
    local id, delay = arguments.word(args[i], 'id'), arguments.number(args[i + 1], -1, 1e14, 'delay')
    if delay < 0 then
      gone[#gone + 1] = id
    else
      local n = #scored
      scored[n + 1], scored[n + 2] = digits(w.now + delay), id
      -- An id with a colon is no workflow's.
      if not string.find(id, ':', 1, true) then ids[#ids + 1] = id end
    end
  end
  rewind(w)
  if #scored > 0 then
    note(w, ids)
    redis.call('ZADD', w.keys.all, unpack(scored))
  end
  if #gone > 0 then
    redis.call('ZREM', w.keys.all, unpack(gone))
    redis.call('ZREM', w.keys.born, unpack(gone))
  end
  if most > 0 then redis.call('ZADD', w.keys.all, 'NX', digits(w.now), OUTBOXES) end
  local due = most > 0 and redis.call('ZRANGE', w.keys.all, '-inf', digits(w.now), 'BYSCORE', 'LIMIT', 0, most) or {}
  local later = {}
  for i = 1, #due do later[2 * i - 1], later[2 * i] = digits(w.now + CLAIMED), due[i] end
  if #later > 0 then redis.call('ZADD', w.keys.all, unpack(later)) end
  local heads = redis.call('ZRANGE', w.keys.all, 0, 1, 'WITHSCORES')
  local first = heads[1] == OUTBOXES and heads[4] or heads[1] ~= OUTBOXES and heads[2]
  return { first and math.max(tonumber(first) - w.now, 0) or -1, due }
end

-- workflow_list cursor most      {cursor of the next page, empty at the end; ids}: workflows, the newest first. The first page
-- has an empty cursor. Errors: BADARG, BADKEY.
function M.list(w, args)
  local cursor, most = args[1] or '', arguments.number(args[2], 1, queue.MOST, 'most')
  -- Nothing was noted yet since the server got this version.
  local key = redis.call('EXISTS', w.keys.born) == 1 and w.keys.born or w.keys.all
  local from, ids = 0, {}
  if cursor ~= '' then
    local score, id = string.match(cursor, '^(%d+) (%S+)$')
    if not score then refuse('BADARG', 'no such cursor: ' .. arguments.shown(cursor)) end
    local rank = redis.call('ZREVRANK', key, id)
    from = rank and rank + 1 or redis.call('ZCOUNT', key, '(' .. score, '+inf')
  end
  local found = redis.call('ZRANGE', key, from, from + most - 1, 'REV', 'WITHSCORES')
  for i = 1, #found, 2 do
    if not string.find(found[i], ':', 1, true) then ids[#ids + 1] = found[i] end
  end
  local last = #found == 2 * most and digits(tonumber(found[#found])) .. ' ' .. found[#found - 1]
  return { last or '', ids }
end

-- workflow_claim id before      On NAMESPACE:{workflow.NAME}: makes workflow `id` the bearer of this name, if there is none, or
-- if `before` is, which has ended. Returns the bearer. A name is kept for 90 days. Errors: BADARG, BADKEY; OOM.
function M.claim(w, args)
  local id = arguments.word(args[1], 'id')
  local owner = redis.call('GET', w.keys.owner)
  if owner and owner ~= id and owner ~= args[2] then return owner end
  expiry.put(w.keys.owner, id, 7776000000)
  return id
end
