-- enqueue producer n count [id spec]… [position options]… [keys key…]       for clients
-- enqueue [id spec options]…                                                for people, as sluice_enqueue
--
-- Puts `count` jobs in. `spec` is the job as JSON and is kept as it is. Only jobs out of the plain case have options, by position
-- from 0, or `*` for all jobs without options of their own. Options are empty or JSON:
--   delay     ms from now         at   ms since 1970         priority   0 (first) to 9, default 5         lane   its partitions
--   after     {"id":…,"failed":…}: suspended until that job of this queue ends; see followers.lua
--   target    its own queue, to which it goes when its parent has ended; needs `after`
--   links     a list of lines: the parties that hear of its end; see links.lua
--   notify    {"url":…,"on":["progress","ended" or "failed"]}: a webhook for the job; see notices.lua
--   deadline  ms from now, or deadline_at, ms since 1970: it is cancelled then unless it has ended; see deadlines.lua
--   hold      true: discarded, it holds its chain until an operator decides
--   unique    {"key":…,"until":"end|start","period":ms,"conflict":"keep|replace|again|fail"}; see unique.lua, conflicts.lua
-- Clients give the keys of unique jobs behind `keys`, one for each job, `*` for none, so that jobs which differ only in that
-- share options.
-- The parent may come before its follower in the same call.
-- An empty id is made here. `n` rises with each call of a producer, which has one call in flight. A repeated call is answered as
-- before and changes nothing, even if its jobs have come and gone.
-- Moves: nothing → available, scheduled, suspended, cancelled.
-- Returns, for clients, a flat list of position, word, id for jobs that were not added: `exists`; for those that met an equal
-- job, with its id, `exists`, `replaced`, `next` or `duplicate`; `orphan` if the parent is unknown; `moving` if the parent is on
-- its way to its own queue, where to try again; `full`, with the ms after which to try again instead of an id, if the queue is at
-- its depth limit: see depth.lua.
-- For people, a line for each job: `added ID`, `exists ID` and so on.
-- Errors: BADARG, BADKEY, FORMAT; OOM from the server. Events: one a batch.
local arguments = require('arguments')
local calls = require('calls')
local conflicts = require('conflicts')
local deadlines = require('deadlines')
local depth = require('depth')
local enqueue_read = require('enqueue_read')
local events = require('events')
local followers = require('followers')
local lanes = require('lanes')
local queue = require('queue')
local signed = require('signed')
local stats = require('stats')
local unique = require('unique')
local waiting = require('waiting')
local wake = require('wake')
local digits = arguments.digits

local PLAIN = queue.PRIORITY * queue.CLASS

-- An id: S and eleven digits of a sequence, so that ids of one queue differ and sort by age.
local DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
function M.new_id(q)
  local parts, number = {}, queue.sequence(q, 1)
  for i = 1, 11 do
    local digit = number % 32
    parts[12 - i], number = string.sub(DIGITS, digit + 1, digit + 1), (number - digit) / 32
  end
  return 'S' .. table.concat(parts)
end

local function append(lists, name, first, second)
  local list = lists[name]
  if not list then
    list = {}
    lists[name] = list
  end
  local at = #list
  list[at + 1], list[at + 2] = first, second
end

-- Whether a job has no options but links and a deadline.
local function is_plain(option)
  return not (option.due or option.after or option.target or option.hold) and option.lane == ''
    and option.priority == queue.PRIORITY
end

-- Notes the options that jobs of all cases may have: links, and a deadline.
local function note(new, id, option)
  if option.links then append(new.columns, 'links', id, option.links) end
  if not option.deadline then return end
  local at = digits(option.deadline)
  append(new.columns, 'deadline', id, at)
  local set = deadlines.note_of(option)
  if set then append(new.columns, 'deadlined', id, set) end
  new.deadlines[#new.deadlines + 1], new.deadlines[#new.deadlines + 2] = at, id
end

-- Sorts a job that has options.
local function sort_one(new, id, option, sequence)
  if option.plan == 'enter' and option.target or option.plan and option.plan ~= 'enter' then
    new.after[#new.after + 1] = { id = id, option = option, sequence = sequence }
  end
  note(new, id, option)
  if option.target then return end
  if option.lane ~= '' then append(new.columns, 'lane', id, option.lane) end
  if option.hold then append(new.columns, 'hold', id, '1') end
  if option.priority ~= queue.PRIORITY then append(new.columns, 'priority', id, option.priority) end
  if option.plan and option.plan ~= 'enter' then return end
  if option.due then
    new.later[#new.later + 1] = { id = id, due = option.due, sequence = sequence, is_named = option.at ~= nil, set = option.set }
  else
    append(new.others, option.lane, digits(option.priority * queue.CLASS + sequence), id)
    new.runnable[#new.runnable + 1] = id
  end
end

-- Plans a job with a parent. Returns why it cannot be added, if so.
local function plan(q, option, seen)
  if seen[option.after.parent] then
    option.plan, option.is_late = 'wait', true
    return nil
  end
  option.plan, option.parent_was = followers.plan(q, option.after)
  return not option.plan and 'orphan' or option.plan == 'moving' and 'moving' or nil
end

-- Whether the queue has no room for a job; `n` jobs of this call go in before it. A follower goes in, unless its parent is
-- refused. A job that meets an equal one adds none.
local function is_full(n, room, refused, option, wanted, i)
  if option and option.after then return refused[option.after.parent] end
  if n < room then return false end
  local fingerprint = wanted and wanted.of[i]
  return not (fingerprint and wanted.owner[fingerprint])
end

-- Notes a job that met an equal one, until the new jobs are in.
local function meet(wanted, at, owner, id, spec, option, fingerprint)
  wanted.met[#wanted.met + 1] = {
    at = at, owner = owner, id = id, spec = spec, option = option, is_ended = wanted.ended[fingerprint],
  }
end

-- Sorts new jobs into the writes: specs, columns, runnable jobs by lane, later jobs. Returns also a flat list of jobs that are
-- not new.
local function sort(q, jobs, ids, options, wanted, room)
  local n = #ids
  local known, sequence = redis.call('HMGET', q.keys.spec, unpack(ids)), queue.sequence(q, n)
  local scores = queue.scores(queue.PRIORITY, sequence, n)
  local new = { specs = {}, columns = {}, plain = {}, others = {}, runnable = {}, later = {}, after = {}, deadlines = {} }
  local not_new, seen, refused, claim = {}, {}, {}, wanted and not wanted.is_plain and unique.claim
  -- Most jobs of a call have the same options.
  local last, is_last_plain = nil, true
  local specs, runnable, plain, at = new.specs, new.runnable, new.plain, 0
  for i = 1, n do
    local id, option = ids[i], options[i]
    local word = (known[i] or seen[id]) and 'exists'
    if room and not word and is_full(at / 2, room, refused, option, wanted, i) then
      word, refused[id] = 'full', true
    end
    word = word or option and option.after and plan(q, option, seen)
    local owner = not word and claim and claim(q, wanted, i, id, option)
    if word or owner then
      local k = #not_new
      not_new[k + 1], not_new[k + 2], not_new[k + 3] = i - 1, word or 'exists', owner or id
      if owner then meet(wanted, k + 2, owner, id, jobs[2 * i], option, wanted.of[i]) end
    else
      seen[id], at = true, at + 2
      specs[at - 1], specs[at] = id, jobs[2 * i]
      if option ~= last then
        last, is_last_plain = option, not option or is_plain(option)
      end
      if is_last_plain then
        if option then note(new, id, option) end
        runnable[#runnable + 1] = id
        plain[#plain + 1] = scores[i]
        plain[#plain + 1] = id
      else
        sort_one(new, id, option, sequence + i - 1)
      end
    end
  end
  return new, not_new
end

local function schedule(q, jobs)
  if #jobs == 0 then return end
  local created, noted, since = {}, {}, waiting.since
  local moment = queue.moment
  local scored, ids, earliest = {}, {}, jobs[1].due
  for i = 1, #jobs do
    local job = jobs[i]
    scored[2 * i - 1], scored[2 * i], ids[i] = digits(job.due), job.id, job.id
    created[2 * i - 1], created[2 * i] = job.id, moment(q, job.sequence)
    local set = since(q, job.due, job.is_named, job.set)
    if set then noted[#noted + 1], noted[#noted + 2] = job.id, set end
    earliest = math.min(earliest, job.due)
  end
  redis.call('HSET', q.keys.created, unpack(created))
  if #noted > 0 then redis.call('HSET', q.keys.since, unpack(noted)) end
  redis.call('ZADD', q.keys.scheduled, unpack(scored))
  wake.due(q, earliest)
  events.moved(q, '', 'scheduled', ids)
end

-- Writes new jobs.
local function write(q, new)
  redis.call('HSET', q.keys.spec, unpack(new.specs))
  for column, values in pairs(new.columns) do redis.call('HSET', q.keys[column], unpack(values)) end
  if new.columns.links then q.has_links = true end
  if #new.deadlines > 0 then deadlines.added(q, new.deadlines) end
  for i = 1, #new.after do
    followers.add(q, new.after[i])
  end
  schedule(q, new.later)
  if #new.plain > 0 then lanes.add(q, '', new.plain, queue.PRIORITY) end
  for lane, scored in pairs(new.others) do lanes.add(q, lane, scored) end
  if #new.runnable > 0 then
    events.moved(q, '', 'available', new.runnable)
    if q.claimable then wake.push(q) end
  end
  local visiting = 0
  for i = 1, #new.after do
    if new.after[i].option.target then visiting = visiting + 1 end
  end
  stats.count(q, 'enqueued', #new.specs / 2 - visiting)
  stats.count(q, 'visiting', visiting)
  if #new.after > 0 then followers.tell_late(q, new.after) end
end

-- Adds new jobs. `prints` are the keys of unique jobs, by position from 1; `room` is the number that may be added, if limited.
-- Returns the flat list of jobs that are not new.
function M.add(q, jobs, ids, options, prints, room)
  local wanted = (prints or next(options) ~= nil) and unique.look(q, options, prints, #ids)
  local new, not_new = sort(q, jobs, ids, options, wanted, room)
  if wanted and wanted.is_plain and not (#not_new == 0 and unique.claim_all(q, wanted, ids)) then
    wanted = unique.look(q, options, prints, #ids, true)
    new, not_new = sort(q, jobs, ids, options, wanted, room)
  end
  if wanted then unique.write(q, wanted) end
  if #new.specs > 0 then write(q, new) end
  if wanted then conflicts.settle(q, wanted, not_new) end
  if room then depth.tell(q, not_new) end
  return not_new
end

-- Whether a call has one job that is plain: with an id, without options, in a queue without a depth limit. It is what a web
-- request enqueues, and takes the straight way.
local function is_one(q, args)
  return #args == 5 and args[3] == '1' and args[4] ~= '' and not depth.is_limited(q) and not signed.is_queue(q)
end

-- Adds one plain job, as M.add does, but for the note of its sequence. Returns the flat list of jobs that are not new.
local function add_one(q, id, spec)
  if redis.call('HSETNX', q.keys.spec, id, spec) == 0 then return { 0, 'exists', id } end
  lanes.add_plain(q, digits(PLAIN + queue.take(q, 1)), id)
  events.moved(q, '', 'available', { id })
  if q.claimable then wake.push(q) end
  stats.count(q, 'enqueued', 1)
  return {}
end

-- The form for clients.
function M.run(q, args)
  local producer, call = arguments.word(args[1], 'producer'), arguments.number(args[2], 1, 9e15, 'n')
  local not_new = calls.answer(q, producer, call)
  if not_new then return not_new end
  if is_one(q, args) then
    enqueue_read.check_id(args[4])
    queue.create(q)
    not_new = add_one(q, args[4], args[5])
  else
    local jobs, ids, options, prints = enqueue_read.calls(q, args, 3)
    signed.refuse_any(q, jobs, options)
    queue.create(q)
    not_new = M.add(q, jobs, ids, options, prints, depth.room(q))
  end
  calls.note(q, producer, call, not_new)
  return not_new
end

-- The form for people.
function M.by_hand(q, args)
  local jobs, ids, options = enqueue_read.by_hand(q, args)
  signed.refuse_any(q, jobs, options)
  queue.create(q)
  local not_new, lines = M.add(q, jobs, ids, options, nil, depth.room(q)), {}
  for i = 1, #ids do lines[i] = 'added ' .. ids[i] end
  for i = 1, #not_new, 3 do lines[not_new[i] + 1] = not_new[i + 1] .. ' ' .. not_new[i + 2] end
  return lines
end
