-- Unique jobs: at most one live job has a fingerprint. The life of that job owns the lock, not a time.
-- `unique` has the owner of each fingerprint. The column `fingerprint` has a job's own, so that other jobs cost nothing:
--   FINGERPRINT         owned until the job ends       >FINGERPRINT      until it is claimed; then the column goes
--   @MS FINGERPRINT     until it ends, and not before that time: from its end to that time `unique_ends` holds the fingerprint,
--                       whether or not the job is still kept
-- conflicts.lua has the effects of an enqueue that meets an owner. The configuration `unique` is 1 if the queue ever had such
-- jobs, 2 if it had some until their claim.
local arguments = require('arguments')
local columns = require('columns')
local conflicts = require('conflicts')
local members = require('members')
local digits, refuse = arguments.digits, arguments.refuse

M.MOST = 22                   -- characters of a fingerprint
local BOUND = 1000            -- fingerprints freed in one step
local known = { key = true, ['until'] = true, period = true, conflict = true }
local known_conflicts = { keep = true, replace = true, again = true, fail = true }

M.plain = { till = 'end', conflict = 'keep' }

function M.is_fingerprint(text)
  return type(text) == 'string' and #text >= 1 and #text <= M.MOST and not string.find(text, '[^%w._-]')
end

-- Reads `unique` of a job's options, {key, till, period, conflict}, or refuses the call. Clients may give the key elsewhere.
function M.read(given)
  if type(given) ~= 'table' then refuse('BADARG', 'unique must be an object, such as {"key":"a"}') end
  members.check_known(given, known, 'unique')
  local till, conflict = given['until'], given.conflict
  if till == nil then till = 'end' end
  if conflict == nil then conflict = 'keep' end
  if given.key ~= nil and not M.is_fingerprint(given.key) then
    refuse('BADARG', 'the key of a unique job must be 1 to 22 letters, digits, _ . -: a Sluice client shortens longer ones')
  end
  if till ~= 'end' and till ~= 'start' then refuse('BADARG', 'until must be end or start') end
  if not known_conflicts[conflict] then refuse('BADARG', 'conflict must be keep, replace, again or fail') end
  local period = given.period ~= nil and arguments.whole(given.period, 1, 1e13, 'period') or nil
  if period and till == 'start' then refuse('BADARG', 'a job that is unique until its start cannot have a period') end
  return { key = given.key, till = till, period = period, conflict = conflict }
end

-- Reads the keys of n jobs from the end of a call's arguments, `*` for none. `are_all` if each job has one.
function M.keys(args, n)
  local keys, longest = { unpack(args, #args - n + 1) }, 0
  keys.are_all = true
  for i = 1, n do
    local length = #keys[i]
    if length > longest then longest = length end
    if length == 0 then longest = math.huge end
  end
  -- Refuses characters that would be misread. A pattern would cost as much as storing the keys.
  local text = table.concat(keys)
  local function has(character) return string.find(text, character, 1, true) end
  if longest > M.MOST or has(' ') or has('>') or has('@') then
    refuse('BADARG', 'a key must be 1 to 22 letters, digits, _ . -')
  end
  for i = 1, has('*') and n or 0 do
    if keys[i] == '*' then keys[i], keys.are_all = nil, false end
  end
  return keys
end

-- Whether the queue has fingerprints; looked up at most once a call.
function M.is_used(q)
  if not q.config.unique then return false end
  if q.has_fingerprints == nil then q.has_fingerprints = redis.call('EXISTS', q.keys.fingerprint) == 1 end
  return q.has_fingerprints
end

-- Parses the column: the fingerprint, the time until which it holds at least, and whether the claim frees it.
function M.parse(text)
  local first = string.byte(text)
  if first == 62 then return string.sub(text, 2), nil, true end
  if first ~= 64 then return text end
  local till, fingerprint = string.match(text, '^@(%d+) (.*)$')
  return fingerprint, tonumber(till)
end

-- Those of some fingerprints that ended jobs hold: true within their time, false after it.
local function ended(q, fingerprints)
  local of = {}
  if #fingerprints == 0 or redis.call('EXISTS', q.keys.unique_ends) == 0 then return of end
  local ends = redis.call('ZMSCORE', q.keys.unique_ends, unpack(fingerprints))
  for i = 1, #fingerprints do
    if ends[i] then of[fingerprints[i]] = tonumber(ends[i]) > q.now end
  end
  return of
end

-- The fingerprints that new jobs of a call want, by position, and their list.
local function wishes(options, keys, n)
  if keys and next(options) == nil and keys.are_all then return keys, keys end
  local of, list = {}, {}
  for i = 1, n do
    local option = options[i]
    local own = option and option.unique
    local wanted = keys and keys[i] or own and own.key
    if wanted and not (option and option.target) then of[i], list[#list + 1] = wanted, wanted end
  end
  return of, list
end

-- The owners of the fingerprints that new jobs of a call want, by their options and keys; nil if they want none. Jobs on their
-- way to another queue want theirs there. `is_plain` if all jobs want one by the plain rule and none has an owner: M.claim_all
-- is enough then, unless `must_claim` tells that it was not.
function M.look(q, options, keys, n, must_claim)
  local of, list = wishes(options, keys, n)
  if #list == 0 then return nil end
  local owner, found, owned = {}, redis.call('HMGET', q.keys.unique, unpack(list)), {}
  for i = 1, #list do
    if found[i] then owner[list[i]], owned[#owned + 1] = found[i], list[i] end
  end
  local over = ended(q, owned)
  for fingerprint, is_within in pairs(over) do
    if not is_within then owner[fingerprint] = nil end
  end
  local is_plain = of == keys and #owned == 0 and not must_claim
  return { of = of, owner = owner, ended = over, is_plain = is_plain, n = 0, taken = {}, columns = {}, free = {}, met = {} }
end

-- The text of the column for a rule other than the plain one.
local function column(q, wanted, rule, fingerprint)
  if rule.till == 'start' then
    wanted.is_until_start = true
    return '>' .. fingerprint
  end
  if not rule.period then return fingerprint end
  if rule.period > (wanted.longest or 0) then wanted.longest = rule.period end
  return '@' .. digits(q.now + rule.period) .. ' ' .. fingerprint
end

-- Notes the longest period. A fingerprint held for longer was held by a clock that was ahead, see ahead.lua.
local function note_longest(q, period)
  if period <= (tonumber(redis.call('HGET', q.keys.config, 'period')) or 0) then return end
  redis.call('HSET', q.keys.config, 'period', digits(period))
end

-- Claims the fingerprint of the i-th job. Returns the owner, if that is another job.
function M.claim(q, wanted, i, id, option)
  local fingerprint = wanted.of[i]
  if not fingerprint then return nil end
  local owner = wanted.owner[fingerprint]
  if owner then return owner end
  wanted.owner[fingerprint] = id
  local taken, entries, at, rule = wanted.taken, wanted.columns, wanted.n, option and option.unique
  taken[at + 1], taken[at + 2], wanted.n = fingerprint, id, at + 2
  entries[at + 1], entries[at + 2] = id, rule and column(q, wanted, rule, fingerprint) or fingerprint
  if wanted.ended[fingerprint] == false then
    wanted.free[#wanted.free + 1] = fingerprint
    wanted.ended[fingerprint] = nil
  end
  return nil
end

-- Frees fingerprints of ended jobs whose time is over, at most `most`.
local function let_go_old(q, most)
  local over = redis.call('ZRANGE', q.keys.unique_ends, '-inf', digits(q.now), 'BYSCORE', 'LIMIT', 0, most)
  if #over == 0 then return end
  redis.call('HDEL', q.keys.unique, unpack(over))
  redis.call('ZREM', q.keys.unique_ends, unpack(over))
end

-- Notes in the configuration that the queue has fingerprints.
local function note_use(q, flag)
  q.has_fingerprints = true
  if (q.config.unique or '0') >= flag then return end
  redis.call('HSET', q.keys.config, 'unique', flag)
  q.config.unique = flag
end

-- Claims and writes the fingerprints of all jobs of a call, if `is_plain`. Returns false, and writes none, if two jobs want the
-- same one.
function M.claim_all(q, wanted, ids)
  local of, taken, entries = wanted.of, {}, {}
  for i = 1, #ids do
    local fingerprint, id, at = of[i], ids[i], 2 * i
    taken[at - 1], taken[at], entries[at - 1], entries[at] = fingerprint, id, id, fingerprint
  end
  if redis.call('HSET', q.keys.unique, unpack(taken)) < #ids then
    redis.call('HDEL', q.keys.unique, unpack(of, 1, #ids))
    return false
  end
  note_use(q, '1')
  redis.call('HSET', q.keys.fingerprint, unpack(entries))
  return true
end

-- Writes the claimed fingerprints.
function M.write(q, wanted)
  if #wanted.taken == 0 then return end
  note_use(q, wanted.is_until_start and '2' or '1')
  if wanted.longest then note_longest(q, wanted.longest) end
  if #wanted.free > 0 then redis.call('ZREM', q.keys.unique_ends, unpack(wanted.free)) end
  redis.call('HSET', q.keys.unique, unpack(wanted.taken))
  redis.call('HSET', q.keys.fingerprint, unpack(wanted.columns))
  if #wanted.free > 0 or next(wanted.ended) ~= nil then let_go_old(q, BOUND) end
end

local function append(list, first, second)
  local at = #list
  list[at + 1], list[at + 2] = first, second
end

-- Sorts jobs that own their fingerprint into those freed now and those held for a time.
local function sort(q, ids, texts, keep)
  local owners, of, list, free, held = {}, {}, {}, {}, {}
  for i = 1, #ids do
    if texts[i] then list[#list + 1], of[#of + 1] = M.parse(texts[i]), i end
  end
  if #list == 0 then return owners, free, held end
  local found = redis.call('HMGET', q.keys.unique, unpack(list))
  for k = 1, #list do
    local i = of[k]
    if found[k] == ids[i] then
      owners[i] = list[k]
      local _, till = M.parse(texts[i])
      if keep and till and till > q.now then
        append(held, digits(till), list[k])
      else
        free[#free + 1] = list[k]
      end
    end
  end
  return owners, free, held
end

local function release(q, free, held)
  if #free > 0 then redis.call('HDEL', q.keys.unique, unpack(free)) end
  if #held == 0 then return end
  redis.call('ZADD', q.keys.unique_ends, unpack(held))
  let_go_old(q, #held + 10)
end

-- Jobs have ended: their fingerprints are freed, or held until their time is over. A job with `next` is succeeded by a new one,
-- which owns the fingerprint in the same call.
function M.ended(q, ids)
  if not M.is_used(q) then return end
  local owners, free, held = sort(q, ids, redis.call('HMGET', q.keys.fingerprint, unpack(ids)), true)
  release(q, free, held)
  local texts = columns.read(q, 'next', ids)
  for i = 1, #ids do
    if texts[i] then conflicts.succeed(q, ids[i], texts[i], owners[i]) end
  end
end

-- A job is deleted: its fingerprint is freed, whatever its time.
function M.deleted(q, id)
  if not M.is_used(q) then return end
  local owners, free = sort(q, { id }, redis.call('HMGET', q.keys.fingerprint, id), false)
  release(q, free, {})
  if owners[1] then redis.call('ZREM', q.keys.unique_ends, owners[1]) end
end

-- Jobs are claimed: frees those that are unique until then.
function M.started(q, ids)
  if q.config.unique ~= '2' or not M.is_used(q) then return end
  local texts, over, free = redis.call('HMGET', q.keys.fingerprint, unpack(ids)), {}, {}
  for i = 1, #ids do
    local fingerprint, _, is_until_start = M.parse(texts[i] or '')
    if is_until_start then over[#over + 1], free[#free + 1] = ids[i], fingerprint end
  end
  if #over == 0 then return end
  redis.call('HDEL', q.keys.unique, unpack(free))
  redis.call('HDEL', q.keys.fingerprint, unpack(over))
end

-- An ended job is to live again: it owns its fingerprint, unless another live job does, which is returned.
function M.revived(q, id)
  local text = M.is_used(q) and redis.call('HGET', q.keys.fingerprint, id)
  if not text then return nil end
  local fingerprint = M.parse(text)
  local owner = redis.call('HGET', q.keys.unique, fingerprint)
  if owner and owner ~= id and not redis.call('ZSCORE', q.keys.unique_ends, fingerprint) then return owner end
  redis.call('HSET', q.keys.unique, fingerprint, id)
  redis.call('ZREM', q.keys.unique_ends, fingerprint)
  return nil
end

-- Frees fingerprints whose time is over, a bounded step.
function M.tidy(q)
  if q.config.unique then let_go_old(q, BOUND) end
end
