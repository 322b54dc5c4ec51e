-- diagnose section …
--
-- The questions of `sluice doctor`: jobs without workers, jobs that no event releases, messages without carrier. Changes nothing,
-- and looks at a bounded part: `more` tells that there was more, a cursor other than 0 where to go on. Sections:
--   glance              {status of view.lua, workers as below, names of the other sections that have something to tell, among
--                       them dependencies and cron, which are functions of their own}
--   workers             {now, live workers, jobs that could run, running jobs, jobs not ended a minute after their deadline};
--                       if replies to a live worker were lost, also that worker, bytes, and 1 if jobs of that size are
--                       put aside for it (oversize.lua), 0 if it asks for that many
--   kinds               {more, flat list of kind, count, example}: of waiting jobs, those that no live worker declares
--   chains              {more, flat list of gate, job, jobs behind it}: chains that a discarded job holds
--   outbox              {more, flat list of class, target, count, since, example}: messages that do not arrive, their target, and
--                       the time of the oldest. stuck: due a minute ago, 5 s ago if no worker lives, and not carried; slow: ten
--                       minutes old, though it is carried; expired: too old to be carried; unreadable: set aside, since no worker
--                       here can read it: since when, and its number
--   suspended rank      {cursor, flat list of id, class, parent, its state, policy}: followers that may wait for ever. held: the
--                       parent did not complete and the policy is to hold; late: it has ended, and they still wait; gone: it is
--                       not in this queue; bare: they wait for nothing
--   check id…           the same of these jobs
--   whereabouts target id…     a flat list of state (empty for no such job), and 1 if a message for the target names it, or may
--   dimension name      1 if a declared limit, or a job that waits or runs, has that partition or dependency, or if there are too
--                       many to tell; else 0
--   waits               {1 if a worker could be given a job now, runnable jobs, flat list of gate, why it is shut (rate, breaker,
--                       off, concurrency), until when in ms, 0 if unknown}: of gates at which lanes wait, 100 at most, and of the
--                       queue itself
--   links cursor        {cursor, flat list of batch.ID or workflow.ID, example, count}: of jobs that have not ended
-- Errors: BADARG, BADKEY, FORMAT.
local arguments = require('arguments')
local aside = require('aside')
local chains = require('chains')
local columns = require('columns')
local diagnose_suspended = require('diagnose_suspended')
local gates = require('gates')
local keys = require('keys')
local outbox = require('outbox')
local oversize = require('oversize')
local queue = require('queue')
local states = require('states')
local view = require('view')
local digits, refuse = arguments.digits, arguments.refuse

local SAMPLE = 1000           -- jobs of a state, messages, workers
local PAGE = 200              -- links
local LANES = 100             -- of a chain
local BYTES = 8388608         -- of specs
local STUCK, UNSERVED, SLOW = 60000, 5000, 600000

local function push(list, ...)
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end

local sections = {}

function sections.workers(q)
  local counts, now = states.counts(q), digits(q.now)
  local due = redis.call('ZCOUNT', q.keys.scheduled, '-inf', now) + redis.call('ZCOUNT', q.keys.retryable, '-inf', now)
  local late = redis.call('ZCOUNT', q.keys.deadlines, '-inf', digits(q.now - STUCK))
  local live = redis.call('ZCOUNT', q.keys.workers, '(' .. now, '+inf')
  local reply = { q.now, live, counts.available + due, counts.executing, late }
  local worst, meekest, bytes = oversize.worst(q), oversize.meekest(q)
  if worst then
    push(reply, worst.worker, worst.bytes, 1)
  elseif meekest then
    push(reply, meekest, bytes, 0)
  end
  return reply
end

-- The keys of each section: without any of them it has nothing to tell.
local looks_at = {
  { 'kinds', 'lanes', 'scheduled', 'retryable' }, { 'suspended', 'suspended' }, { 'chains', 'hold' },
  { 'outbox', 'outbox', 'aside' }, { 'links', 'links' }, { 'dependencies', 'off' }, { 'cron', 'cron' },
}

function sections.glance(q)
  local found = {}
  for _, look in ipairs(looks_at) do
    local used = {}
    for i = 2, #look do used[i - 1] = q.keys[look[i]] end
    if redis.call('EXISTS', unpack(used)) > 0 then found[#found + 1] = look[1] end
  end
  return { view.status(q), sections.workers(q), found }
end

-- The kinds that live workers declare; nil if one of them takes all, or no worker lives.
local function declared(q)
  local live = redis.call('ZRANGE', q.keys.workers, '(' .. digits(q.now), '+inf', 'BYSCORE', 'LIMIT', 0, SAMPLE)
  if #live == 0 or #live == SAMPLE then return nil end
  local kinds = {}
  for i = 1, #live do
    local read, info = pcall(cjson.decode, redis.call('HGET', keys.worker(q.keys, live[i]), 'info') or '{}')
    if not read or type(info) ~= 'table' or type(info.kinds) ~= 'table' then return nil end
    for _, kind in ipairs(info.kinds) do
      if kind == '*' then return nil end
      kinds[kind] = true
    end
  end
  return kinds
end

-- The first waiting jobs of each state, and whether there are more.
local function waiting(q)
  local ids, more = {}, 0
  for _, state in ipairs({ 'available', 'scheduled', 'retryable' }) do
    local some, next = view.page(q, state, '0', SAMPLE)
    for i = 1, #some do ids[#ids + 1] = some[i] end
    if next ~= '0' then more = 1 end
  end
  return ids, more
end

function sections.kinds(q)
  local known, flat, at, bytes = declared(q), {}, {}, 0
  if not known then return { 0, flat } end
  local ids, more = waiting(q)
  for i = 1, #ids do
    local spec = redis.call('HGET', q.keys.spec, ids[i]) or ''
    local kind = columns.kind_of(spec)
    bytes = bytes + #spec
    if kind and not known[kind] then
      if not at[kind] then
        push(flat, kind, 0, ids[i])
        at[kind] = #flat - 1
      end
      flat[at[kind]] = flat[at[kind]] + 1
    end
    if bytes > BYTES then return { 1, flat } end
  end
  return { more, flat }
end

-- The number of waiting jobs of a chain: those in the lane of its holder and in lanes parked at it.
local function behind(q, gate, lane)
  local lanes = { [lane] = true }
  local parked, count = redis.call('ZRANGE', keys.parked(q.keys, gate), 0, LANES - 1), 0
  for i = 1, #parked do lanes[parked[i]] = true end
  for name in pairs(lanes) do count = count + redis.call('ZCARD', keys.wait(q.keys, name)) end
  return count
end

function sections.chains(q)
  local ids, flat = redis.call('ZRANGE', q.keys.discarded, 0, SAMPLE - 1, 'REV'), {}
  local holds = columns.read(q, 'hold', ids)
  for i = 1, #ids do
    if holds[i] and chains.holds(q, ids[i]) then
      local lane = redis.call('HGET', q.keys.lane, ids[i])
      local count = behind(q, chains.gate(lane), lane)
      if count > 0 then push(flat, chains.gate(lane), ids[i], count) end
    end
  end
  return { #ids == SAMPLE and 1 or 0, flat }
end

-- Why a message does not arrive, and the time since which it is true; nil if it is on its way.
local function trouble(q, number, due, target, message, patience)
  local since = outbox.since(q, number, message) or due
  if string.find(target, '^queue%.') and outbox.is_given_up(q, since) then return 'expired', since end
  if due <= q.now - patience then return 'stuck', since end
  return since <= q.now - SLOW and 'slow' or nil, since
end

function sections.outbox(q)
  local numbers, flat, at = redis.call('ZRANGE', q.keys.outbox, 0, SAMPLE - 1, 'WITHSCORES'), {}, {}
  local is_served = redis.call('ZCOUNT', q.keys.workers, '(' .. digits(q.now), '+inf') > 0
  for i = 1, #numbers, 2 do
    local message = redis.call('HGET', q.keys.messages, numbers[i]) or ''
    local target, example = string.match(message, '^(%S+) (%S+)')
    target = target or ''
    local class, since = trouble(q, numbers[i], tonumber(numbers[i + 1]), target, message, is_served and STUCK or UNSERVED)
    if class then
      local name = class .. ' ' .. target
      if not at[name] then
        push(flat, class, target, 0, since, example or '')
        at[name] = #flat - 2
      end
      flat[at[name]], flat[at[name] + 1] = flat[at[name]] + 1, math.min(flat[at[name] + 1], since)
    end
  end
  local unreadable, texts = aside.list(q, SAMPLE)
  for i = 1, #texts do
    local target = string.match(texts[i], '^([%w._-]+) ') or ''
    local name = 'unreadable ' .. target
    if not at[name] then
      push(flat, 'unreadable', target, 0, tonumber(unreadable[2 * i]), unreadable[2 * i - 1])
      at[name] = #flat - 2
    end
    flat[at[name]] = flat[at[name]] + 1
  end
  return { #numbers == 2 * SAMPLE and 1 or 0, flat }
end

local function rest(args, first)
  local ids = { unpack(args, first) }
  if #ids < 1 or #ids > queue.MOST then refuse('BADARG', 'give 1 to 1000 ids') end
  return ids
end

function sections.suspended(q, args)
  return diagnose_suspended.page(q, arguments.number(args[2], 0, 1e9, 'rank'))
end

function sections.check(q, args) return diagnose_suspended.check(q, rest(args, 2)) end

-- The words of messages for a target; nil if there are too many messages.
local function named(q, target)
  if redis.call('HLEN', q.keys.messages) > SAMPLE then return nil end
  local words = {}
  for _, number in ipairs(redis.call('HKEYS', q.keys.messages)) do
    local of, line = string.match(redis.call('HGET', q.keys.messages, number), '^(%S+) ([^\n]*)')
    if of == target then
      for word in string.gmatch(line, '%S+') do words[word] = true end
    end
  end
  return words
end

function sections.whereabouts(q, args)
  local ids, words, flat = rest(args, 3), named(q, args[2]), {}
  for i = 1, #ids do
    push(flat, states.of(q, ids[i]) or '', (not words or words[ids[i]]) and 1 or 0)
  end
  return flat
end

function sections.links(q, args)
  local flat, at = {}, {}
  local found = redis.call('HSCAN', q.keys.links, arguments.cursor(args[2]), 'COUNT', PAGE)
  for i = 1, #found[2], 2 do
    local state = states.of(q, found[2][i])
    for target in string.gmatch(state and not states.is_ended(state) and found[2][i + 1] or '', '[^\n%s]+') do
      if string.find(target, '^batch%.') or string.find(target, '^workflow%.') then
        if not at[target] then
          push(flat, target, found[2][i], 0)
          at[target] = #flat
        end
        flat[at[target]] = flat[at[target]] + 1
      end
    end
  end
  return { found[1], flat }
end

-- Whether a lane, or the name of a limit, has a part of that name.
local function has_part(lane, name)
  for part in string.gmatch(lane, '[^&]+') do
    if string.match(part, '^[^=?]*') == name then return true end
  end
  return false
end

function sections.dimension(q, args)
  local name, limits = args[2] or '', redis.call('HKEYS', q.keys.limits)
  for i = 1, #limits do
    if has_part(string.match(limits[i], '/(.*)$') or '', name) then return 1 end
  end
  local lanes = redis.call('HSCAN', q.keys.lane, '0', 'COUNT', SAMPLE)
  for i = 2, #lanes[2], 2 do
    if has_part(lanes[2][i], name) then return 1 end
  end
  return lanes[1] ~= '0' and 1 or 0
end

function sections.waits(q)
  q.is_looking = true
  local flat, seen, now = {}, {}, digits(q.now)
  local room, till = gates.star(q)
  local is_ready = redis.call('EXISTS', q.keys.ready) == 1
  local could = not q.paused and (is_ready and room > 0 or redis.call('ZCOUNT', q.keys.timed, '-inf', now) > 0)
  if is_ready and room <= 0 then push(flat, '*', till and 'rate' or 'concurrency', till and digits(till) or '0') end
  for _, gate in ipairs(redis.call('HVALS', q.keys.where)) do
    if not seen[gate] and #flat < 3 * LANES then
      seen[gate] = true
      local free, opens, why = gates.room(q, gates.named(q, gate))
      if free == 0 then push(flat, gate, why, opens and digits(opens) or '0') end
    end
  end
  return { could and 1 or 0, states.counts(q).available, flat }
end

function M.run(q, args)
  local section = sections[args[1] or '']
  if not section then refuse('BADARG', 'no such section: ' .. tostring(args[1])) end
  return section(q, args)
end
