-- cycle worker session call demand idle [fence outcome n flags id… detail… runs]…
--
-- The one call of a worker: it beats, records outcomes, moves due jobs, takes back the jobs of dead workers, and claims.
--   call     rises by one with each cycle of a session; one cycle is in flight for each worker and queue
--   demand   jobs wanted, 0 to 1000
--   idle     ms after which a worker with free places comes again by itself
--   then settlements in groups of one fence and outcome: n, flags (1: details follow, 2: the kinds and waits of completed runs,
--   see history.lua), n ids, n details, the runs. Outcomes:
--   completed, retry, snooze, poll, release, wait, unavailable, cancelled, discarded; settle.lua tells their details.
--   A result above 64 MiB is refused, BADARG. An error above 64 KiB is cut; one that is no JSON on one line becomes a text
--   Groups of `enqueue` may come before them: jobs that the runs enqueue, see commit.lua
-- Moves: executing → completed, retryable, scheduled, available, cancelled, discarded; scheduled, retryable → available;
-- executing of dead workers → available, retryable, discarded; available → executing.
-- The caller carries the outbox messages (outbox.lua) that this call made, and some that no process carries.
-- Returns {now, fence, held, come, resync, declared, gauges}; refused ids; ids to cancel; of claimed jobs the ids, specs, scores,
-- a flat list of position from 0 and attempt for attempts that are not the first, and a flat list of position and names for jobs
-- that run without dependencies that are off; a flat list of number and text of messages; a flat list of id, state, attempt,
-- worker and kind of runs whose outcome this call decided: those of dead workers, and the caller's own that went elsewhere than
-- it said; and 1 if ticks are due that the caller has to fire. `held` is the number of jobs that the worker holds; `come` the ms
-- after which it comes if no token wakes it, -1 for `idle`; `resync` is 1 if it has to resync before it can claim; `declared`
-- rises when a worker declares other limits; `gauges` are those of view.lua, given to one caller every few seconds.
-- Errors: STALE, BADARG, BADKEY, FORMAT. Events: one for each batch that moved.
local arguments = require('arguments')
local aside = require('aside')
local claim = require('claim')
local deliver = require('deliver')
local ended = require('ended')
local events = require('events')
local history = require('history')
local keys = require('keys')
local migration = require('migration')
local outbox = require('outbox')
local parking = require('parking')
local queue = require('queue')
local rewind = require('rewind')
local settle = require('settle')
local unique = require('unique')
local view = require('view')
local waiting = require('waiting')
local wake = require('wake')
local workers = require('workers')
local refuse = arguments.refuse

local SPAN = 5000

-- Whether the beats before and after this call lie in different spans of time. Maintenance is done then: every few seconds, by
-- one worker.
local function opens_span(q, silence)
  return math.floor(q.now / SPAN) ~= math.floor((q.now - silence) / SPAN)
end

-- Maintenance: removes old data.
local function tidy(q)
  ended.tidy(q)
  events.tidy(q)
  deliver.tidy(q)
  aside.tidy(q)
  unique.tidy(q)
  rewind.look(q)
end

-- The ms until a worker should look again, or nil; and the ms until the first deadline.
local function next_look(q, worker)
  local gate, deadline = parking.next(q)
  local due = math.min(waiting.next_due(q) or math.huge, workers.next_end(q, worker) or math.huge,
    gate or math.huge, q.has_messages and outbox.next(q) or math.huge)
  return due < math.huge and math.max(due - q.now, 0) or nil, deadline and math.max(deadline - q.now, 0)
end

-- Makes sure that a worker looks at the next due time. Returns the ms after which the caller should come, or -1.
local function hand_over(q, worker, idle, full)
  local look, deadline = next_look(q, worker)
  if full then
    wake.unwatch(q, worker)
    if look then wake.due(q, q.now + look) end
    -- All workers may be full of runs that have to end by then.
    return deadline and deadline < idle and deadline or -1
  end
  local till = look and math.min(look, idle) or idle
  if wake.watch(q, worker, q.now + till) then return till end
  return -1
end

function M.run(q, args)
  local worker, session = arguments.word(args[1], 'worker'), arguments.number(args[2], 1, 9e15, 'session')
  local call = arguments.number(args[3], 1, 9e15, 'call')
  local demand = arguments.number(args[4], 0, queue.MOST, 'demand')
  local idle = arguments.number(args[5], 0, 86400000, 'idle')
  local settlements = settle.read(args, 6)
  local known = workers.read(q, worker)
  if known and (session < known.session or session == known.session and call <= known.call) then
    refuse('STALE', 'session ' .. session .. ', call ' .. call .. ' of this worker is over')
  end
  local fit = known and session == known.session
  local silence = workers.beat(q, worker, known)
  outbox.open(q, known and known.bytes)
  local refused = settle.run(q, worker, args, settlements)
  if fit then
    redis.call('HSET', keys.worker(q.keys, worker), 'call', call, 'refused', table.concat(refused, ' '))
  end
  waiting.promote(q)
  workers.reclaim(q, silence, known and known.lease or 30000)
  local opens = opens_span(q, silence)
  if opens then tidy(q) end
  if q.config.rewind then rewind.step(q) end
  demand = fit and demand or 0
  outbox.take(q)
  migration.migrate(q)
  parking.run(q)
  -- A message above what the worker asks for goes alone: if the reply is lost, no job is to blame for it.
  local is_full = known and known.bytes and #q.given == 2 and #q.given[2] > known.bytes
  local jobs = claim.run(q, worker, is_full and 0 or demand, known)
  history.write(q)
  if jobs.left then wake.push(q) end
  local come = fit and hand_over(q, worker, idle, #jobs.ids == demand) or -1
  local held = redis.call('SCARD', keys.held(q.keys, worker))
  local cancel = redis.call('SMEMBERS', keys.cancel(q.keys, worker))
  local state = { q.now, jobs.fence, held, come, fit and 0 or 1, tonumber(q.config.declared) or 0,
    opens and view.gauges(q) or nil }
  return { state, refused, cancel, jobs.ids, jobs.specs, jobs.scores, jobs.again, jobs.without, q.given,
    q.decided or {}, q.cron }
end
