-- Records the outcomes of runs. A settlement by the holder of the fence always succeeds: no other job can make it fail. A
-- settlement with another fence or worker changes nothing and is counted.
local arguments = require('arguments')
local columns = require('columns')
local commit = require('commit')
local deadlines = require('deadlines')
local gates = require('gates')
local history = require('history')
local json = require('json')
local links = require('links')
local polling = require('polling')
local queue = require('queue')
local record = require('record')
local running = require('running')
local stats = require('stats')
local suspects = require('suspects')
local utf8 = require('utf8')
local digits, refuse = arguments.digits, arguments.refuse

local ERROR = 65536           -- bytes of an error in JSON that passes unchanged
local MESSAGE = 4096          -- bytes of each string in another one
local RESULT = 67108864       -- bytes of a result; Settlement.largestResult in Swift

-- An error as JSON on one line. A worker may send any text: a longer one is cut, one that is no JSON becomes a string.
local function error_text(text)
  if text == '' then return '""' end
  if #text <= ERROR and not string.find(text, '\n', 1, true) and json.is_valid(text) then return text end
  local valid, found = pcall(cjson.decode, text)
  local cut = utf8.cut
  if not valid or type(found) ~= 'table' then
    return cjson.encode(cut(valid and type(found) == 'string' and found or text, MESSAGE))
  end
  local kind, message = found.type, type(found.message) == 'string' and found.message or text
  return cjson.encode({ type = type(kind) == 'string' and cut(kind, MESSAGE) or nil, message = cut(message, MESSAGE) })
end

-- The line of the error column for a failed run.
local function error_line(q, run, text)
  return '{"at":' .. digits(q.now) .. ',"attempt":' .. run.attempt .. ',"worker":"' .. run.worker
    .. '","error":' .. error_text(text) .. '}'
end

-- Splits "12 text" into the number and the text.
local function number_and_text(detail)
  local number, text = string.match(detail, '^(%d+) ?(.*)$')
  return tonumber(number) or 0, text or ''
end

-- Bounds of waits, in ms. A handler, a peer or a clock may ask for a wrong wait. No wait makes a job a loop, and none puts it off
-- for ever.
local SOON = 1000             -- the shortest wait that spends no attempt
local LOOK = 100              -- the shortest between two looks, which come ever more slowly by themselves
local ASKED = 86400000        -- the longest that a dependency can ask for
local LONGEST = 31536000000

local function within(delay, least, most) return math.floor(math.min(math.max(delay, least), most or LONGEST)) end

local outcomes = {}

-- retry: `delay error`. The run counts as a failed attempt.
function outcomes.retry(q, job, detail)
  local delay, text = number_and_text(detail)
  redis.call('HSET', q.keys.attempts, job.id, job.record.attempt)
  columns.add_error(q, job.id, error_line(q, job.record, text))
  stats.count(q, 'retried', 1)
  if job.record.attempt == 1 then links.attempted(q, job.id) end
  running.postpone(q, job, 'retryable', q.now + within(delay, 1), false)
end

-- snooze: `delay`. The handler asked to wait; no attempt spent.
function outcomes.snooze(q, job, detail)
  stats.count(q, 'snoozed', 1)
  running.postpone(q, job, 'scheduled', q.now + within(number_and_text(detail), SOON), false)
end

-- poll: `looks least most name`. The handler asked to wait until the next look is worth it; no attempt spent.
function outcomes.poll(q, job, detail)
  local looks, least, most, name = string.match(detail, '^([%d.]+) (%d+) (%d+) (.+)$')
  looks, least, most = tonumber(looks) or 6, within(tonumber(least) or SOON, LOOK), within(tonumber(most) or 60000, LOOK)
  local delay = polling.wait(q, job, string.sub(name or '', 1, 128), looks, least, math.max(most, least))
  stats.count(q, 'snoozed', 1)
  running.postpone(q, job, 'scheduled', q.now + delay, false)
end

-- release: back to its place at once; no attempt spent.
function outcomes.release(q, job)
  stats.count(q, 'released', 1)
  running.give_back(q, job)
end

-- wait: `base cap error`. The worker lacks the kind, the version or the key. Back to its place after base ms, doubling with each
-- wait up to cap. The error, if any, is kept unless it is the last one already.
function outcomes.wait(q, job, detail)
  local base, cap, text = string.match(detail, '^(%d+) (%d+) ?(.*)$')
  local waits = redis.call('HINCRBY', q.keys.waits, job.id, 1)
  local delay = math.min(tonumber(cap) or 300000, (tonumber(base) or SOON) * 2 ^ math.min(waits - 1, 30))
  if text and text ~= '' and not columns.ends_with(q, job.id, ',"error":' .. error_text(text) .. '}') then
    columns.add_error(q, job.id, error_line(q, job.record, text))
  end
  stats.count(q, 'waited', 1)
  running.postpone(q, job, 'scheduled', q.now + within(delay, SOON), true)
end

-- unavailable: `name delay most error`. A dependency is unavailable; no attempt spent. The breaker of its gate counts it. The job
-- comes back to its place when the breaker lets it try, and after a wait that doubles, so that a job which always fails so leaves
-- tries to others. `delay` is the wait that the dependency asked for, in ms, 0 for none. Beyond `most` waits, if that is not 0,
-- the job is discarded.
function outcomes.unavailable(q, job, detail)
  local name, asked, most, text = string.match(detail, '^(%S+) (%d+) (%d+) ?(.*)$')
  asked, most = within(tonumber(asked) or 0, 0, ASKED), tonumber(most) or 0
  local waits = redis.call('HINCRBY', q.keys.waits, job.id, 1)
  local till = gates.failed(q, job, name or '', asked) or 0
  stats.count(q, 'unavailable', 1)
  if most > 0 and waits > most then
    columns.add_error(q, job.id, error_line(q, job.record, text or ''))
    running.note(q, job, 'discarded', true)
    running.finish(q, job, 'discarded')
  else
    local delay = math.min(300000, SOON * 2 ^ math.min(waits - 1, 30))
    running.postpone(q, job, 'scheduled', math.max(till, q.now + math.max(delay, asked)), true)
  end
end

-- cancelled, discarded: `error`. Ends the job.
local function ending_as(state)
  return function(q, job, detail)
    if detail ~= '' then
      redis.call('HSET', q.keys.attempts, job.id, job.record.attempt)
      columns.add_error(q, job.id, error_line(q, job.record, detail))
    end
    running.finish(q, job, state)
  end
end
outcomes.cancelled, outcomes.discarded = ending_as('cancelled'), ending_as('discarded')

-- Outcomes after which the job would run again. A cancellation or a deadline comes before them.
local again = { retry = true, snooze = true, poll = true, release = true, wait = true, unavailable = true }

-- The letters by which runs are counted. Those of `release` and `wait` are not: they did not get as far as a handler.
local letters = { retry = 'r', snooze = 'z', poll = 'z', unavailable = 'u', cancelled = 'x', discarded = 'd' }

local function settle_one(q, worker, id, text, outcome, detail)
  local job = { id = id, record = record.read(text) }
  local is_cancelled = again[outcome] and running.is_cancelled(q, worker, id)
  local letter = is_cancelled and 'x' or letters[outcome]
  if letter then history.ended(q, letter, { job }) end
  if is_cancelled then
    running.note(q, job, 'cancelled', true)
    outcomes.cancelled(q, job, deadlines.is_over(q, id) and deadlines.WHY or '"cancelled while it ran"')
  else
    outcomes[outcome](q, job, detail)
  end
end

-- Ends completed jobs together. `details` are the positions of results, `limited` the jobs that hold places at gates.
local function complete(q, worker, ids, args, details, limited)
  if #ids == 0 then return end
  if details then
    local results = {}
    for i = 1, #ids do
      results[2 * i - 1], results[2 * i] = ids[i], args[details[ids[i]]]
    end
    redis.call('HSET', q.keys.result, unpack(results))
  end
  running.complete(q, worker, ids, limited)
end

-- Refuses a result above RESULT. Its worker has to settle the run otherwise.
local function check_results(args, first, last)
  for i = first, last do
    if args[i] and #args[i] > RESULT then
      refuse('BADARG', 'a result can have at most ' .. RESULT .. ' bytes, not ' .. #args[i])
    end
  end
end

-- Reads settlements: groups of `fence outcome n flags`, n ids, n details if flags has the bit 1, and for completed runs what
-- history.lua reads if flags has the bit 2. Checks them before anything is written. Returns a list of {fence, outcome, n, ids at,
-- details at, runs}.
function M.read(args, first)
  local list, total = {}, 0
  while args[first] do
    local outcome, n = args[first + 1], arguments.number(args[first + 2], 1, queue.MOST, 'size of a group')
    local flags = arguments.number(args[first + 3], 0, outcome == 'completed' and 3 or 1, 'flags of a group')
    if not (outcomes[outcome] or outcome == 'completed' or outcome == 'enqueue') then
      refuse('BADARG', 'no such outcome: ' .. tostring(outcome))
    end
    local group = { fence = args[first], outcome = outcome, n = n, ids = first + 4 }
    first = first + 4 + n
    if flags % 2 == 1 then
      group.details = first
      first = first + n
      if outcome == 'completed' then check_results(args, group.details, first - 1) end
    end
    if flags >= 2 then
      group.runs = history.read(args[first] or '', n)
      if not group.runs then refuse('BADARG', 'the runs must be BUCKET:KIND and a number, and as many as the ids') end
      first = first + 1
    end
    list[#list + 1] = group
    total = total + n
  end
  if first ~= #args + 1 or total > queue.MOST then
    refuse('BADARG', 'a group must be fence, outcome, size, flags, its ids, its details if flags has the bit 1, and its runs '
      .. 'if flags has the bit 2; at most 1000 ids in all')
  end
  return list
end

-- Notes a job by the gates and the lane of its record.
local function note_place(limited, place, id)
  local at = limited[place]
  if at == nil then
    local dimensions, lane = string.match(place, '^(%S+) (.*)$')
    at = dimensions ~= '-' and { ids = {}, dimensions = dimensions, lane = lane }
    limited[place] = at
    if at then limited[#limited + 1] = at end
  end
  if at then at.ids[#at.ids + 1] = id end
end

-- Counts the completed runs of a group: as their worker tells, if all that it tells of have completed.
local function count_completed(q, group, completed, record_of)
  if #completed == 0 then return end
  if group.runs and #completed == group.n then
    return history.completed(q, group.runs, record.read(record_of[completed[1]]).started)
  end
  local jobs = {}
  for i = 1, #completed do jobs[i] = { id = completed[i], record = record.read(record_of[completed[i]]) } end
  history.ended(q, 'c', jobs)
end

-- Enqueues the jobs of runs that are settled further on in this call, unless the runs are over.
local function commit_group(q, worker, args, group)
  local start = record.parts(group.fence, worker, '')
  local records = redis.call('HMGET', q.keys.executing, unpack(args, group.ids, group.ids + group.n - 1))
  for i = 1, group.details and group.n or 0 do
    if records[i] and record.is_of(records[i], start) then commit.run(q, args[group.details + i - 1]) end
  end
end

-- Settles one group. Adds the ids of runs that are over to `refused`.
local function settle_group(q, worker, args, group, refused)
  local outcome, details = group.outcome, group.details
  local start = record.parts(group.fence, worker, '')
  local records = redis.call('HMGET', q.keys.executing, unpack(args, group.ids, group.ids + group.n - 1))
  local completed, detail_of, record_of, limited = {}, details and {}, {}, {}
  for i = 1, group.n do
    local id, text = args[group.ids + i - 1], records[i]
    if not text or record_of[id] or not record.is_of(text, start) then
      refused[#refused + 1] = id
    else
      record_of[id] = text
      if outcome == 'completed' then
        completed[#completed + 1] = id
        if details then detail_of[id] = details + i - 1 end
        local place = record.place(text, start)
        if place then note_place(limited, place, id) end
      else
        settle_one(q, worker, id, text, outcome, details and args[details + i - 1] or '')
      end
    end
  end
  count_completed(q, group, completed, record_of)
  complete(q, worker, completed, args, detail_of, limited)
end

-- Settles the groups that M.read returned. Returns the refused ids.
function M.run(q, worker, args, groups)
  local refused = {}
  for i = 1, #groups do
    if groups[i].outcome == 'enqueue' then
      commit_group(q, worker, args, groups[i])
    else
      local harmless = suspects.among(q, worker, args, groups[i])
      settle_group(q, worker, args, groups[i], refused)
      if harmless then suspects.next(q) end
    end
  end
  stats.count(q, 'refused', #refused)
  return refused
end
