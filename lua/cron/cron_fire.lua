-- cron_fire name revision expected following more spec [tick…]
--
-- Enqueues the jobs of due ticks, and sets the next tick.
--   expected   the next tick, as it stands
--   following  the first tick after these, or empty if there is none
--   more       1 if there were more ticks from `expected` on: the oldest are not listed
--   spec       of the jobs
--   ticks      ms since 1970, rising, none later than now; at most 1000
-- It acts only if revision and next tick are still those: a second caller, and a repeated call, change nothing. A tick more than
-- GRACE late was missed: the entry says which of those fire. Whether the job of the tick before has ended is judged here.
-- Moves: nothing → available, scheduled, suspended.
-- Returns `fired`, the number of enqueued jobs, the number of other ticks; or `past`.
-- Errors: BADARG, BADKEY, FORMAT; OOM from the server.
local arguments = require('arguments')
local cron = require('cron')
local enqueue = require('enqueue')
local keys = require('keys')
local options = require('options')
local queue = require('queue')
local signed = require('signed')
local states = require('states')
local digits, refuse = arguments.digits, arguments.refuse

local GRACE = 60000

-- The id of the job of a tick: entry and UTC time, such as cron:digest:20261122T120000Z. Days by Howard Hinnant's algorithm.
function M.id(name, tick)
  local seconds = math.floor(tick / 1000)
  local shifted = math.floor(seconds / 86400) + 719468
  local rest = seconds % 86400
  local era = math.floor(shifted / 146097)
  local doe = shifted - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local day, month = doy - math.floor((153 * mp + 2) / 5) + 1, mp < 10 and mp + 3 or mp - 9
  return string.format('cron:%s:%04d%02d%02dT%02d%02d%02dZ', name, yoe + era * 400 + (month <= 2 and 1 or 0), month, day,
    math.floor(rest / 3600), math.floor(rest / 60) % 60, rest % 60)
end

local function read_ticks(q, args, expected)
  local ticks, last = {}, expected - 1
  if #args > 6 + queue.MOST then refuse('BADARG', 'a call can fire at most 1000 ticks') end
  for i = 7, #args do
    last = arguments.number(args[i], last + 1, q.now, 'tick')
    ticks[#ticks + 1] = last
  end
  return ticks, last
end

-- The number of the oldest ticks that do not fire, since no worker came in time.
local function count_missed(q, ticks, catch_up)
  local late = 0
  while late < #ticks and q.now - ticks[late + 1] > GRACE do late = late + 1 end
  if catch_up == 'latest' then return late < #ticks and late or math.max(late - 1, 0) end
  local limit = tonumber(string.match(tostring(catch_up), '^all=(%d+)$'))
  return limit and math.max(late - limit, 0) or late
end

local function line_of_missed(q, ticks, n, expected, more)
  local first, last = more and expected or ticks[1], ticks[n]
  local count = more and '' or ',"count":' .. n
  return '{"tick":' .. digits(first) .. ',"until":' .. digits(last) .. count .. ',"at":' .. digits(q.now)
    .. ',"outcome":"missed"}'
end

-- The state of an entry's newest job, or nil if it has ended.
local function state_of_last(q, id)
  local state = id and states.of(q, id)
  return state and not states.is_ended(state) and state or nil
end

-- The options of the job of a tick, or nil if it does not go in, since the job before has not ended.
local function options_of(q, round, tick)
  local own = {}
  for name, value in pairs(round.entry.options or {}) do own[name] = value end
  if round.last_state and round.entry.overlap == 'skip' then return nil end
  if round.last_state and round.entry.overlap == 'queue-one' then
    if round.last_state ~= 'executing' and round.last_state ~= 'retryable' then return nil end
    own.after = { id = round.last, failed = 'ignore' }
  else
    local jitter = tonumber(round.entry.jitter_ms) or 0
    local hash = tonumber(string.sub(redis.sha1hex(round.name .. ' ' .. digits(tick)), 1, 8), 16)
    if jitter > 0 then own.delay = math.max(tick + hash % (jitter + 1) - q.now, 0) end
  end
  return options.read(q, next(own) and cjson.encode(own) or '{}')
end

-- Plans the job of one tick, or notes why there is none.
local function plan(q, round, tick)
  local option = options_of(q, round, tick)
  if not option then
    round.skipped = round.skipped + 1
    round.lines[#round.lines + 1] = '{"tick":' .. digits(tick) .. ',"at":' .. digits(q.now)
      .. ',"outcome":"skipped","job":"' .. round.last .. '","state":"' .. round.last_state .. '"}'
    return
  end
  local n, id = #round.ids + 1, M.id(round.name, tick)
  round.ids[n], round.jobs[2 * n - 1], round.jobs[2 * n], round.options[n] = id, id, round.spec, option
  round.lines[#round.lines + 1] = { tick = tick, id = id }
  round.last, round.last_state = id, option.due and 'scheduled' or 'available'
end

-- Enqueues the planned jobs, and completes the lines. Returns the number of new jobs.
local function enqueue_all(q, round)
  local known = {}
  if #round.ids > 0 then
    local not_new = enqueue.add(q, round.jobs, round.ids, round.options)
    for i = 1, #not_new, 3 do known[not_new[i + 2]] = true end
  end
  local added = 0
  for i, line in ipairs(round.lines) do
    if type(line) == 'table' then
      if not known[line.id] then added = added + 1 end
      round.lines[i] = '{"tick":' .. digits(line.tick) .. ',"at":' .. digits(q.now) .. ',"outcome":"'
        .. (known[line.id] and 'exists' or 'enqueued') .. '","job":"' .. line.id .. '"}'
    end
  end
  return added
end

-- Plans due ticks, no more than the runs that are left. Returns whether any are left then.
local function plan_all(q, round, ticks, missed, left)
  for i = missed + 1, #ticks do
    if left and #round.ids >= left then break end
    plan(q, round, ticks[i])
  end
  return not left or #round.ids < left
end

function M.run(q, args)
  q.is_stored = true
  local name, expected = cron.name(args[1]), arguments.number(args[3], 0, 1e14, 'expected')
  local ticks, last = read_ticks(q, args, expected)
  signed.refuse(q.keys.name, args[6])
  local following = args[4] ~= '' and arguments.number(args[4], math.max(last, expected) + 1, 1e14, 'following') or nil
  local state, entry = cron.state(q, name), redis.call('HGET', q.keys.cron, name)
  local next = redis.call('ZSCORE', q.keys.cron_next, name)
  if not entry or state.revision ~= args[2] or tonumber(next) ~= expected then return { 'past', 0, 0 } end
  local round = { name = name, spec = args[6], entry = cjson.decode(entry), ids = {}, jobs = {}, options = {}, lines = {} }
  round.last, round.skipped = state.last, 0
  round.last_state = state_of_last(q, state.last)
  local missed = count_missed(q, ticks, round.entry.catch_up)
  if missed > 0 then round.lines[1] = line_of_missed(q, ticks, missed, expected, args[5] == '1') end
  local limit = tonumber(round.entry.limit)
  local is_on = plan_all(q, round, ticks, missed, limit and math.max(limit - (tonumber(state.runs) or 0), 0))
  local added = enqueue_all(q, round)
  local key = keys.cron_state(q.keys, name)
  if #round.ids > 0 then
    redis.call('HSET', key, 'last', round.last)
    redis.call('HINCRBY', key, 'runs', #round.ids)
  end
  cron.note(q, name, round.lines)
  cron.set_next(q, name, state, is_on and following or nil)
  cron.rearm(q)
  return { 'fired', added, missed + round.skipped }
end
