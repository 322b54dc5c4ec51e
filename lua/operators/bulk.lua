-- Changes and counts jobs by conditions. One call is one step over one state: it looks and changes in the same call, so no job is
-- changed that no longer matches. A step ends after 500 jobs or a ms of the server's time, whichever comes first, and tells where
-- to go on.
--
-- change_where action due state cursor bound most n [name value]… [lane]…
-- count_where  action due state cursor bound most n [name value]… [lane]…     the same, changing nothing
--   action    cancel, retry, delete, reschedule        due    for reschedule: ms from the first step, or @ and the time in ms
--   cursor    empty, or from the step before      bound  likewise; for the first step of another state the first two of
--             its words and `?`, so that all states of one change have the same beginning
--   most      matches after which to stop, 0 for no end
--   n         the number of names and values that follow: kind; part, such as account=42, of its lane; error, a part of its last
--             error; age, the ms since its end, or else since the start of its run, or else since it was enqueued
--   lane…     for available jobs, which are gone through lane by lane; see lanes_where
-- Jobs are gone through by score and id, so jobs that were there at the first step are seen once, whatever comes and goes; runs,
-- which have no order, at least once. Jobs that enter a state after the first step are left alone, except those that become due
-- before others that were there.
-- Returns {cursor, bound, lanes, looked, matched, changed, cancelling, refused, groups}. The cursor is empty at the end; `lanes`
-- is the number of lanes done with. When counting, `groups` is a flat list of kind, last error, jobs, the id of one.
--
-- lanes_where cursor [part]…      A page of lanes with runnable jobs that have these parts: {cursor, bound, lanes}. The cursor is
--                                 0 at first and at the end. A lane may come twice.
-- Errors: BADARG, also if there is no such queue; BADKEY, FORMAT. Events: those of the changes.
local arguments = require('arguments')
local bulk_filter = require('bulk_filter')
local ended = require('ended')
local keys = require('keys')
local manage = require('manage')
local queue = require('queue')
local record = require('record')
local states = require('states')
local stats = require('stats')
local wake = require('wake')
local digits, refuse = arguments.digits, arguments.refuse

local PAGE = 100              -- read at a time
local MOST = 500              -- looked at in a step
local MICROS = 1000           -- after which a step ends
local TEXT = 200              -- bytes of an error by which failures are grouped

local states_of = {
  cancel = { available = true, scheduled = true, retryable = true, suspended = true, executing = true, discarded = true },
  retry = { scheduled = true, retryable = true, suspended = true, completed = true, cancelled = true, discarded = true },
  reschedule = { available = true, scheduled = true, retryable = true },
}

-- The real time, by which work is measured: that of tests stands still.
local function micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1e6 + tonumber(time[2])
end

-- Whether an id comes after another one of the same score, as Redis compares them: byte by byte, whatever the locale.
local function is_behind(id, other)
  for i = 1, math.min(#id, #other) do
    local byte, others = string.byte(id, i), string.byte(other, i)
    if byte ~= others then return byte > others end
  end
  return #id > #other
end

-- The rank behind `score id`, whether or not that is still there.
local function rank_after(key, cursor)
  if cursor == '' then return 0 end
  local score, id = string.match(cursor, '^(%S+) (%S+)$')
  if not tonumber(score) then refuse('BADARG', 'no such cursor') end
  local low, high = redis.call('ZCOUNT', key, '-inf', '(' .. score), redis.call('ZCOUNT', key, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if is_behind(redis.call('ZRANGE', key, middle, middle)[1], id) then high = middle else low = middle + 1 end
  end
  return low
end

-- Notes the beginning of the whole change, time and sequence, and the highest score of the state at its first step.
local function read_bound(q, want, text)
  local now, sequence, last = string.match(text, '^(%d+) (%d+) (%S+)$')
  if now and last ~= '?' and last ~= 'inf' and not tonumber(last) or not now and text ~= '' then
    refuse('BADARG', 'no such bound')
  end
  if not now then now, sequence = digits(q.now), digits(queue.last(q)) end
  if not last or last == '?' then
    local has_order = want.state ~= 'available' and want.state ~= 'executing'
    last = has_order and redis.call('ZRANGE', q.keys[want.state], -1, -1, 'WITHSCORES')[2] or 'inf'
  end
  want.bound = now .. ' ' .. sequence .. ' ' .. last
  want.now, want.sequence, want.last = tonumber(now), tonumber(sequence), last == 'inf' and math.huge or tonumber(last)
end

local function read(q, args, is_counting)
  queue.known(q)
  local want = {
    action = args[1], state = args[3], cursor = args[4] or '', parts = {}, is_counting = is_counting,
    scanned = 0, looked = 0, matched = 0, changed = 0, timed = 0, cancelling = 0, refused = 0,
    groups = {}, order = {}, lanes = {}, seen = {},
  }
  local known = states_of[want.action]
  if not (known and known[want.state] or want.action == 'delete' and states.counts(q)[want.state]) then
    refuse('BADARG', 'cannot ' .. tostring(want.action) .. ' jobs that are ' .. tostring(want.state))
  end
  read_bound(q, want, args[5] or '')
  local most, n = arguments.number(args[6], 0, 1e14, 'most'), arguments.number(args[7], 0, 50, 'n')
  want.most = most > 0 and most or math.huge
  if #args < 7 + 2 * n then refuse('BADARG', 'conditions must be pairs of name and value') end
  bulk_filter.read(want, args, 8, n)
  for i = 8 + 2 * n, #args do want.lanes[#want.lanes + 1] = args[i] end
  if want.action == 'reschedule' then
    local at = string.match(args[2], '^@(%d+)$')
    want.is_named = at ~= nil
    want.due = at and arguments.number(at, 0, 1e14, 'time') or want.now + arguments.number(args[2], 0, 1e14, 'delay')
  end
  want.ends = micros() + MICROS
  return want
end

-- Looking costs less than reading the time, so the time is read after each change and now and then.
local function is_over(want)
  if want.scanned >= MOST or want.matched >= want.most then return true end
  if want.scanned == 0 or want.timed == want.changed and want.scanned % 10 > 0 then return false end
  want.timed = want.changed
  return micros() > want.ends
end

-- Whether a job came after the first step, as far as that is known.
local function is_new(want, found)
  local state = want.state
  if state == 'available' then return tonumber(found) % queue.CLASS > want.sequence end
  if state == 'executing' then return record.read(found).started > want.now end
  if state == 'suspended' then return tonumber(found) > want.now end
  if states.is_ended(state) then return ended.time(found) > want.now end
  return want.action == 'reschedule' and tonumber(found) == want.due
end

local function count(want, id, kind, error)
  error = string.sub(error, 1, TEXT)
  local name = kind .. '\n' .. error
  local group = want.groups[name]
  if not group then
    group = { kind, error, 0, id }
    want.groups[name], want.order[#want.order + 1] = group, group
  end
  group[3] = group[3] + 1
end

-- Whether a job that was retried since the change began has failed again.
local function has_failed_since(q, want, id)
  if want.action ~= 'retry' or want.state ~= 'retryable' then return false end
  local at = string.match(redis.call('HGET', q.keys.errors, id) or '', '{"at":(%d+)[^\n]*$')
  return at and tonumber(at) > want.now or false
end

-- Changes a job, unless this call has moved it already.
local function change(q, want, key, id, found)
  local now = redis.call(want.state == 'executing' and 'HGET' or 'ZSCORE', key, id)
  if now ~= found or redis.call('HEXISTS', q.keys.spec, id) == 0 then return false end
  local result = manage.steps[want.action](q, id, want.state, found, want.due, want.is_named)
  local counted = not result and 'refused' or result == 'cancelling' and 'cancelling' or 'changed'
  want[counted] = want[counted] + 1
  return true
end

local function look(q, want, key, of, i, id, found)
  want.scanned = want.scanned + 1
  if want.seen[id] or is_new(want, found) or has_failed_since(q, want, id) then return end
  want.seen[id] = true
  want.looked = want.looked + 1
  local is_wanted, kind, error = bulk_filter.matches(q, want, of, i, found)
  if not is_wanted then return end
  if want.is_counting then
    count(want, id, kind, error)
  elseif not change(q, want, key, id, found) then
    return
  end
  want.matched = want.matched + 1
end

-- Goes through a sorted set from a cursor on. Returns the next cursor, or nil at the end.
local function through_zset(q, want, key, cursor)
  repeat
    local rank = rank_after(key, cursor)
    local page = redis.call('ZRANGE', key, rank, rank + PAGE - 1, 'WITHSCORES')
    local ids = {}
    for i = 1, #page, 2 do ids[#ids + 1] = page[i] end
    local of = #ids > 0 and bulk_filter.columns(q, want, ids)
    for i = 1, #ids do
      local score = page[2 * i]
      if tonumber(score) > want.last then return nil end
      if is_over(want) then return cursor end
      look(q, want, key, of, i, ids[i], score)
      cursor = score .. ' ' .. ids[i]
    end
    if #ids < PAGE then return nil end
  until is_over(want)
  return cursor
end

-- Runs have no order: a page of the scan is a step.
local function through_runs(q, want)
  local cursor = want.cursor == '' and '0' or arguments.cursor(want.cursor)
  local page = redis.call('HSCAN', q.keys.executing, cursor, 'COUNT', PAGE)
  for first = 1, #page[2], 2 * PAGE do
    local ids = {}
    for i = first, math.min(first + 2 * PAGE, #page[2]) - 1, 2 do ids[#ids + 1] = page[2][i] end
    local of = bulk_filter.columns(q, want, ids)
    for i = 1, #ids do
      if want.matched < want.most then look(q, want, q.keys.executing, of, i, ids[i], page[2][first + 2 * i - 1]) end
    end
  end
  return page[1] ~= '0' and page[1] or nil
end

-- Returns the cursor, and the number of lanes done with.
local function through_lanes(q, want)
  for i = 1, #want.lanes do
    if i > 1 and is_over(want) then return '', i - 1 end
    local cursor = through_zset(q, want, keys.wait(q.keys, want.lanes[i]), i == 1 and want.cursor or '')
    if cursor then return cursor, i - 1 end
  end
  return '', #want.lanes
end

local function step(q, want)
  local cursor, lanes
  if want.state == 'available' then
    cursor, lanes = through_lanes(q, want)
  elseif want.state == 'executing' then
    cursor = through_runs(q, want)
  else
    cursor = through_zset(q, want, q.keys[want.state], want.cursor)
  end
  local groups = {}
  for i = 1, #want.order do
    for k = 1, 4 do groups[4 * i - 4 + k] = want.order[i][k] end
  end
  return {
    cursor or '', want.bound, lanes or 0, want.looked, want.matched, want.changed, want.cancelling, want.refused, groups,
  }
end

function M.change(q, args)
  local want = read(q, args, false)
  local reply = step(q, want)
  stats.count(q, 'refused', want.refused)
  if q.claimable then wake.push(q) end
  return reply
end

function M.count(q, args)
  q.is_looking = true
  return step(q, read(q, args, true))
end

function M.lanes(q, args)
  local cursor, parts, found = arguments.cursor(args[1] or '0'), {}, {}
  for i = 2, #args do parts[i - 1] = '&' .. args[i] .. '&' end
  local page = redis.call('ZSCAN', q.keys.lanes, cursor, 'COUNT', MOST)
  for i = 1, #page[2], 2 do
    if bulk_filter.has_parts(parts, page[2][i]) then found[#found + 1] = page[2][i] end
  end
  local want = { state = 'available' }
  read_bound(q, want, '')
  return { page[1], want.bound, found }
end
