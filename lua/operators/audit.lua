-- audit [cursor]
--
-- Checks the invariants of the data, a page at a time, each page at one instant. Start with no cursor, go on with the returned
-- one until it is `0`. Returns the next cursor, the number checked, and a flat list of invariant, what is wrong.
--   I1  each job is in exactly one index            I2  gate sets hold exactly the runs, and chain holders, with a place there
--   I4  each lane with runnable jobs is listed, and ready by its head, or parked at a gate that will be looked at again
--   I5  a fingerprint is owned by a live job, or held by an ended one for its time; see audit_unique.lua
--   I6  columns have no id that spec has not        I7  held sets and executing agree
--   I8  came = live + kept ended + gone             I10 a cron entry has one next tick, and it is looked for
--   I11 a live job is looked at by its deadline     I12 no time lies further ahead than it can have been set
local ahead = require('ahead')
local arguments = require('arguments')
local audit_cron = require('audit_cron')
local audit_deadlines = require('audit_deadlines')
local audit_gates = require('audit_gates')
local audit_jobs = require('audit_jobs')
local audit_unique = require('audit_unique')
local columns = require('columns')
local keys = require('keys')
local queue = require('queue')
local states = require('states')
local stats = require('stats')
local refuse = arguments.refuse

local PAGE = 200              -- checked in one call, about
local CALLS = 100             -- steps of one call, where there is little to check
local phases = {}
local order = {
  'totals', 'spec', 'lanes', 'ready', 'parked', 'gates', 'executing', 'workers', 'timed', 'suspects', 'ended', 'columns',
  'unique', 'fingerprints', 'held', 'successions', 'cron', 'ticks', 'deadline', 'deadlines', 'ahead',
}

-- Phases that go through several sets.
local are_split = { timed = true, ended = true, columns = true, ahead = true }

-- Notes a finding, and its cure in repair.lua: the name, and the arguments.
local function wrong(found, invariant, what, ...)
  found[#found + 1], found[#found + 2] = invariant, what
  found.cures[#found / 2] = select('#', ...) > 0 and { ... } or nil
end

-- I8, and sums that hold at one instant.
function phases.totals(q, _, found)
  local came, gone = stats.balance(q)
  local jobs = redis.call('HLEN', q.keys.spec)
  if came ~= jobs + gone then
    wrong(found, 'I8', came .. ' enqueued, but ' .. jobs .. ' are there and ' .. gone .. ' were removed', 'recount')
  end
  local counts = states.counts(q)
  if counts.available < 0 then wrong(found, 'I1', 'the indexes hold ' .. -counts.available .. ' ids more than there are jobs') end
  return '0', 1
end

local function zset_page(key, cursor)
  local page = redis.call('ZSCAN', key, cursor, 'COUNT', PAGE)
  local members = {}
  for i = 1, #page[2], 2 do members[#members + 1] = page[2][i] end
  return page[1], members
end

-- What a check calls with what it finds; with the invariant first, if that is not always the same.
local function teller(found, invariant)
  if not invariant then return function(...) wrong(found, ...) end end
  return function(...) wrong(found, invariant, ...) end
end

-- A phase that goes through a hash by pages; a function of another module checks them.
local function by_hash(name, invariant, module, check)
  return function(q, cursor, found)
    local page = redis.call('HSCAN', q.keys[name], cursor, 'COUNT', PAGE)
    module[check](q, page[2], teller(found, invariant))
    return page[1], #page[2] / 2
  end
end

local function by_zset(name, invariant, module, check)
  return function(q, cursor, found)
    local next, members = zset_page(q.keys[name], cursor)
    module[check](q, members, teller(found, invariant))
    return next, #members
  end
end

-- I1 from the jobs' side; I7 and I2 from those that run, and from their workers.
phases.spec = by_hash('spec', nil, audit_jobs, 'indexed')
phases.executing = by_hash('executing', nil, audit_jobs, 'running')
phases.workers = by_zset('workers', nil, audit_jobs, 'held')

-- I4: a lane is served in the class of its head, and listed by the head's age.
local function check_head(q, lane, score, found)
  local CLASS = queue.CLASS
  local head = tonumber(redis.call('ZRANGE', keys.wait(q.keys, lane), 0, 0, 'WITHSCORES')[2])
  local listed = redis.call('ZSCORE', q.keys.lanes, lane)
  if not (head and score) then return end
  if math.floor(head / CLASS) ~= math.floor(score / CLASS) or head % CLASS ~= tonumber(listed) then
    wrong(found, 'I4', 'lane "' .. lane .. '" is not sorted by its first job', 'lane', lane)
  end
end

-- I4: a listed lane has jobs, and is ready or parked where `where` says.
function phases.lanes(q, cursor, found)
  local next, lanes = zset_page(q.keys.lanes, cursor)
  for _, lane in ipairs(lanes) do
    local ids = redis.call('ZRANGE', keys.wait(q.keys, lane), 0, 499)
    audit_jobs.must_be_jobs(q, ids, teller(found), 'lane "' .. lane .. '"', 'drop_waiting', lane)
    local function misplaced(how) wrong(found, 'I4', 'lane "' .. lane .. '" ' .. how, 'lane', lane) end
    if #ids == 0 then misplaced('is listed, but has no jobs') end
    local ready, gate = redis.call('ZSCORE', q.keys.ready, lane), redis.call('HGET', q.keys.where, lane)
    local parked = gate and redis.call('ZSCORE', keys.parked(q.keys, gate), lane)
    if gate and not parked then misplaced('is not parked at ' .. gate .. ', although `where` says so') end
    if ready and gate then misplaced('is both ready and parked at ' .. gate) end
    if not ready and not gate then misplaced('has jobs, but is neither ready nor parked') end
    check_head(q, lane, tonumber(ready or parked), found)
  end
  return next, #lanes
end

-- I4: a ready lane is listed; a parked lane has jobs, and its gate will be looked at.
phases.ready = by_zset('ready', 'I4', audit_gates, 'ready')
phases.parked = by_hash('where', 'I4', audit_gates, 'parked')

-- I2 from the gates' side: the gates of a page of jobs.
function phases.gates(q, cursor, found)
  local page = redis.call('HSCAN', q.keys.lane, cursor, 'COUNT', PAGE)
  -- A queue of several pages meets each gate often, so some of its members do each time.
  local most = cursor == '0' and page[1] == '0' and 1000 or 20
  audit_gates.of_jobs(q, page[2], most, teller(found, 'I2'))
  return page[1], #page[2] / 2
end

-- A phase that goes through several sets, the cursor being `number of the set/cursor in it`.
local function over(names, check)
  return function(q, cursor, found)
    local at, inner = string.match(cursor, '^(%d+)/(%d+)$')
    at, inner = tonumber(at) or 1, inner or '0'
    if not names[at] then refuse('BADARG', 'no such cursor: ' .. cursor) end
    local next, checked = check(q, names[at], inner, found)
    if next ~= '0' then return at .. '/' .. next, checked end
    return at < #names and (at + 1) .. '/0' or '0', checked
  end
end

local function check_zset(q, name, cursor, found)
  local next, ids = zset_page(q.keys[name], cursor)
  audit_jobs.must_be_jobs(q, ids, teller(found), name)
  audit_gates.kept(q, ids, teller(found, 'I2'))
  return next, #ids
end

-- I1: a suspect waits in `retryable`.
phases.suspects = by_zset('suspects', 'I1', audit_gates, 'suspects')
phases.timed = over({ 'scheduled', 'retryable', 'suspended' }, check_zset)
phases.ended = over({ 'completed', 'cancelled', 'discarded' }, check_zset)

-- I6.
local function check_column(q, name, cursor, found)
  local page = redis.call('HSCAN', q.keys[name], cursor, 'COUNT', PAGE)
  local checked = 0
  for i = 1, #page[2], 2 do
    checked = checked + 1
    if redis.call('HEXISTS', q.keys.spec, page[2][i]) == 0 then
      wrong(found, 'I6', 'column ' .. name .. ' has an entry for ' .. page[2][i] .. ', but there is no such job', 'empty',
        name, page[2][i])
    end
  end
  return page[1], checked
end
local check_columns = over(columns.all, check_column)

function phases.columns(q, cursor, found)
  if cursor == '0' and not columns.is_any(q) then return '0', 0 end
  return check_columns(q, cursor, found)
end

-- I10.
phases.cron = by_hash('cron', 'I10', audit_cron, 'entries')

function phases.ticks(q, cursor, found)
  local tick_wrong = teller(found, 'I10')
  if cursor == '0' then audit_cron.mark(q, tick_wrong) end
  local next, names = zset_page(q.keys.cron_next, cursor)
  audit_cron.ticks(q, names, tick_wrong)
  return next, #names
end

-- I5.
phases.unique = by_hash('unique', 'I5', audit_unique, 'owners')
phases.fingerprints = by_hash('fingerprint', 'I5', audit_unique, 'owned')
phases.successions = by_hash('next', 'I5', audit_unique, 'successions')
phases.held = by_zset('unique_ends', 'I5', audit_unique, 'held')

-- I11.
phases.deadline = by_hash('deadline', 'I11', audit_deadlines, 'jobs')
phases.deadlines = by_zset('deadlines', 'I11', audit_deadlines, 'looked_at')

-- I12.
function phases.ahead(q, cursor, found)
  return ahead.audit(q, cursor, over, teller(found, 'I12'))
end

-- One page, with the cures of its findings.
function M.page(q, args)
  local cursor = args[1] or ''
  if cursor == '' or cursor == '0' then cursor = '1|0' end
  local number, inner = string.match(cursor, '^(%d+)|([%d/]+)$')
  number = tonumber(number)
  if not order[number or 0] then refuse('BADARG', 'no such cursor') end
  arguments.cursor(are_split[order[number]] and string.match(inner, '^%d+/(%d+)$') or inner)
  local found, checked = { cures = {} }, 0
  for _ = 1, CALLS do
    local next, some = phases[order[number]](q, inner, found)
    checked, inner = checked + some, next
    if next == '0' then number = number + 1 end
    if checked >= PAGE or not order[number] then break end
  end
  return { next = order[number] and number .. '|' .. inner or '0', checked = checked, found = found }
end

function M.run(q, args)
  local page = M.page(q, args)
  page.found.cures = nil
  return { page.next, page.checked, page.found }
end
