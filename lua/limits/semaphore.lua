-- semaphore client limit lease [verb id]…
--
-- Permits outside jobs: at most `limit` at a time, in the order of the requests. It is the one call of a client for one
-- semaphore. It may be repeated, since each verb tells what shall be and not what shall change.
--   client   the caller; an id is CLIENT.NUMBER and stands for one permit, wanted or held
--   limit    1 to 1000000; a call that acquires sets it. Above it no permit is granted until enough came back
--   lease    ms, for new ids; acquire and keep renew an id for the lease it has
--   verbs    acquire: wants a permit, once; keep: still wants or holds one; release: does not. At most 1000
-- A permit whose lease ended is taken away when a waiter needs it, not before. A waiter whose lease ended is dropped.
-- Returns the ms after which a waiting client should call again, -1 without waiters; for each verb the fence of the permit that
-- the id holds (or held, if released), 0 if it waits, -1 if it is unknown; and a flat list of id and fence for grants to this
-- client in this call.
-- Other clients read theirs, `id fence`, from a list of grants on which they block.
-- Errors: BADARG, BADKEY. Keys: permits and waiting (id by lease end), queue (id by place), leases (id to `lease fence`, fence 0
-- while it waits), state, fence. All go when no permit is held or wanted. The last fence goes a minute later, so that fences rise
-- over a failover to a server whose clock is behind.
local arguments = require('arguments')
local expiry = require('expiry')
local fences = require('fences')
local keys = require('keys')
local digits, refuse = arguments.digits, arguments.refuse

local GRACE = 5000            -- ms by which leases last longer that ended while no client could call
local PAGE = 1000             -- ids of a kind handled in one call
local SKEW = 60000            -- ms by which clocks of servers may differ
local RECORD = 3600000        -- ms for which leases of dead clients are kept beyond their end

local verbs = { acquire = true, keep = true, release = true }

local function read(args)
  local wishes = { ids = {}, verbs = {} }
  if #args % 2 == 0 or #args > 3 + 2 * PAGE then refuse('BADARG', 'verbs must be pairs of verb and id, at most 1000') end
  for i = 4, #args, 2 do
    if not verbs[args[i]] then refuse('BADARG', 'a verb must be acquire, keep or release') end
    wishes.verbs[#wishes.verbs + 1] = args[i]
    wishes.ids[#wishes.ids + 1] = arguments.word(args[i + 1], 'id')
  end
  return wishes
end

-- Places and fences are one sequence. It rises for ever and tells the microsecond of each.
local function sequence(s, n)
  local first = fences.next(tonumber(redis.call('GET', s.keys.fence)) or 0, s.micros)
  redis.call('SET', s.keys.fence, digits(first + n - 1))
  return first
end

local function forget(s, ids)
  if #ids == 0 then return end
  redis.call('ZREM', s.keys.permits, unpack(ids))
  redis.call('ZREM', s.keys.queue, unpack(ids))
  redis.call('ZREM', s.keys.waiting, unpack(ids))
  redis.call('HDEL', s.keys.leases, unpack(ids))
end

-- Lease and fence of ids; nil for an unknown id.
local function known(s, ids)
  local found = {}
  local texts = #ids > 0 and redis.call('HMGET', s.keys.leases, unpack(ids)) or {}
  for i = 1, #ids do
    local lease, fence = string.match(texts[i] or '', '^(%d+) (%d+)$')
    found[i] = lease and { lease = tonumber(lease), fence = fence } or nil
  end
  return found
end

-- Puts new ids at the end of the queue.
local function line_up(s, ids, lease)
  if #ids == 0 then return end
  local first = sequence(s, #ids)
  local places, ends, leases = {}, {}, {}
  for i = 1, #ids do
    places[2 * i - 1], places[2 * i] = digits(first + i - 1), ids[i]
    ends[2 * i - 1], ends[2 * i] = digits(s.now + lease), ids[i]
    leases[2 * i - 1], leases[2 * i] = ids[i], lease .. ' 0'
  end
  redis.call('ZADD', s.keys.queue, unpack(places))
  redis.call('ZADD', s.keys.waiting, unpack(ends))
  redis.call('HSET', s.keys.leases, unpack(leases))
end

-- Applies the verbs. Returns the standing of each id.
local function apply(s, wishes, lease)
  local found = known(s, wishes.ids)
  local standings, fresh, gone, added = {}, {}, {}, {}
  local renewed = { permits = {}, waiting = {} }
  for i, id in ipairs(wishes.ids) do
    local own = found[i]
    standings[i] = own and own.fence or '-1'
    if wishes.verbs[i] == 'release' then
      gone[#gone + 1] = id
    elseif own then
      local of = renewed[own.fence == '0' and 'waiting' or 'permits']
      of[#of + 1], of[#of + 2] = digits(s.now + own.lease), id
    elseif wishes.verbs[i] == 'acquire' then
      standings[i] = '0'
      if not added[id] then fresh[#fresh + 1] = id end
      added[id] = true
    end
  end
  for name, flat in pairs(renewed) do
    if #flat > 0 then redis.call('ZADD', s.keys[name], 'XX', unpack(flat)) end
  end
  forget(s, gone)
  line_up(s, fresh, lease)
  return standings
end

-- Silence is not death: leases that ended while no client could call, because Redis was away, last a little longer, once. A
-- fraction marks such an end. Returns false if there are too many for one call.
local function forgive(s, key)
  local ended = redis.call('ZRANGE', key, '(' .. digits(s.beat), digits(s.now), 'BYSCORE', 'LIMIT', 0, PAGE, 'WITHSCORES')
  local ends = {}
  for i = 1, #ended, 2 do
    local twice = tonumber(ended[i + 1]) % 1 ~= 0
    ends[i], ends[i + 1] = twice and digits(s.beat) or digits(s.now + GRACE) .. '.5', ended[i]
  end
  if #ends > 0 then redis.call('ZADD', key, unpack(ends)) end
  return #ended < 2 * PAGE
end

-- After the clock went back, leases end no later than if they had been renewed now.
local function shorten(s, key)
  local latest = digits(s.now + s.most)
  local far = redis.call('ZRANGE', key, '(' .. latest, '+inf', 'BYSCORE', 'LIMIT', 0, PAGE)
  local ends = {}
  for i, id in ipairs(far) do ends[2 * i - 1], ends[2 * i] = latest, id end
  if #ends > 0 then redis.call('ZADD', key, unpack(ends)) end
  return #far < PAGE
end

-- Corrects leases after a silence or a jump of the clock. False: call again before any grant.
local function settle_leases(s)
  local silence, mend = s.now - (s.beat or s.now), nil
  if silence < 0 then mend = shorten elseif silence > s.least * 2 / 3 then mend = forgive end
  if not mend then return true end
  local permits, waiting = mend(s, s.keys.permits), mend(s, s.keys.waiting)
  return permits and waiting
end

local function ended(s, key, most)
  return redis.call('ZRANGE', key, '-inf', digits(s.now), 'BYSCORE', 'LIMIT', 0, most)
end

-- Tells other clients of their grants. Returns those of the caller.
local function tell(s, client, granted)
  local own, lists = {}, {}
  for i = 1, #granted, 2 do
    local of = string.match(granted[i], '^(.+)%.%d+$') or granted[i]
    if of == client then
      own[#own + 1], own[#own + 2] = granted[i], granted[i + 1]
    else
      lists[of] = lists[of] or {}
      lists[of][#lists[of] + 1] = granted[i] .. ' ' .. granted[i + 1]
    end
  end
  for of, list in pairs(lists) do
    redis.call('RPUSH', keys.grants(s.keys, of), unpack(list))
    expiry.set(keys.grants(s.keys, of), 60000)
  end
  return own
end

-- Gives permits to the first in the queue. Returns a flat list of ids and fences.
local function hand_out(s, n)
  local first = sequence(s, n)
  local ids = redis.call('ZRANGE', s.keys.queue, 0, n - 1)
  local found = known(s, ids)
  local ends, leases, granted = {}, {}, {}
  for i, id in ipairs(ids) do
    local lease, fence = found[i] and found[i].lease or s.least, digits(first + i - 1)
    ends[2 * i - 1], ends[2 * i] = digits(s.now + lease), id
    leases[2 * i - 1], leases[2 * i] = id, lease .. ' ' .. fence
    granted[2 * i - 1], granted[2 * i] = id, fence
  end
  redis.call('ZREM', s.keys.queue, unpack(ids))
  redis.call('ZREM', s.keys.waiting, unpack(ids))
  redis.call('ZADD', s.keys.permits, unpack(ends))
  redis.call('HSET', s.keys.leases, unpack(leases))
  return granted
end

-- Drops dead waiters, takes from dead holders the permits that others wait for, and grants. Returns the grants, and whether
-- another call is needed.
local function grant(s)
  local dead = ended(s, s.keys.waiting, PAGE)
  forget(s, dead)
  if #dead == PAGE then return {}, true end
  local waiting = redis.call('ZCARD', s.keys.queue)
  if waiting == 0 then return {}, false end
  local taken, some = redis.call('ZCARD', s.keys.permits), math.min(waiting, PAGE)
  if taken + some > s.limit then
    local freed = ended(s, s.keys.permits, math.min(taken + some - s.limit, PAGE))
    forget(s, freed)
    taken = taken - #freed
    -- So far above the limit that even these made no room.
    if #freed == PAGE and taken >= s.limit then return {}, true end
  end
  local n = math.min(some, s.limit - taken)
  if n <= 0 then return {}, false end
  return hand_out(s, n), n == PAGE and waiting > PAGE
end

-- When a waiting client should call again: when the first lease of a holder ends, and often enough to notice a silence.
local function come(s)
  if redis.call('EXISTS', s.keys.queue) == 0 then return -1 end
  local first = redis.call('ZRANGE', s.keys.permits, 0, 0, 'WITHSCORES')[2]
  local wait = first and math.ceil(tonumber(first) - s.now) or 0
  return math.max(math.min(wait, math.floor(s.least / 2)), 1)
end

-- Writes the state back, or drops it when the semaphore is at rest.
local function store(s, settled)
  if redis.call('EXISTS', s.keys.permits, s.keys.queue) == 0 then
    redis.call('DEL', s.keys.state, s.keys.leases, s.keys.waiting)
    expiry.set(s.keys.fence, SKEW)
    return
  end
  local beat = settled and s.now or s.beat
  redis.call('HSET', s.keys.state, 'limit', s.limit, 'beat', digits(beat), 'least', s.least, 'most', s.most)
  for _, name in ipairs({ 'permits', 'queue', 'waiting', 'leases', 'state', 'fence' }) do
    expiry.set(s.keys[name], s.most + RECORD)
  end
end

function M.run(s, args)
  local client = arguments.word(args[1], 'client')
  local limit = arguments.number(args[2], 1, 1000000, 'limit')
  local lease = arguments.number(args[3], 1000, 86400000, 'lease')
  local wishes = read(args)
  local state = redis.call('HMGET', s.keys.state, 'limit', 'beat', 'least', 'most')
  local acquires = false
  for _, verb in ipairs(wishes.verbs) do acquires = acquires or verb == 'acquire' end
  s.limit = not acquires and tonumber(state[1]) or limit
  s.beat = tonumber(state[2])
  s.least = acquires and math.min(tonumber(state[3]) or lease, lease) or tonumber(state[3]) or lease
  s.most = acquires and math.max(tonumber(state[4]) or lease, lease) or tonumber(state[4]) or lease
  local standings = apply(s, wishes, lease)
  local settled = settle_leases(s)
  local granted, more = {}, true
  if settled then granted, more = grant(s) end
  store(s, settled)
  return { more and 0 or come(s), standings, tell(s, client, granted) }
end
