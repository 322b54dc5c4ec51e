-- Changes of cron entries: added, changed, removed, paused, resumed; and one job by hand. Clients compute ticks, and give the
-- first one.
local arguments = require('arguments')
local cron = require('cron')
local cron_entry = require('cron_entry')
local enqueue = require('enqueue')
local keys = require('keys')
local options = require('options')
local queue = require('queue')
local signed = require('signed')
local digits, refuse = arguments.digits, arguments.refuse

-- Whether two entries have the same ticks.
local function is_same_time(one, other)
  return one.expression == other.expression and one.zone == other.zone and one.start == other.start and one['end'] == other['end']
end

-- Why an entry stays as it is; nil if it changes.
local function refusal(q, state, text, before, source, deploy)
  if before == nil or before == false then return nil end
  if source == 'operator' and state.source == 'code' then return 'declared' end
  if before == text then return 'same' end
  if state.source ~= 'code' or deploy >= (tonumber(state.deploy) or 0) then return nil end
  return redis.call('ZCOUNT', q.keys.workers, digits(q.now), '+inf') > 0 and 'kept' or nil
end

-- cron_put name entry next source deploy
--   next     the first tick from now on, in ms, or empty for none
--   source   code or operator; operators do not change entries of code, other than pause and remove
--   deploy   of a declaration by code; one lower than the standing one changes nothing while a worker of the queue lives
-- A known entry is changed: its runs go on being counted, a pause stays, and so does the next tick, unless its times changed.
-- Returns `added`, `changed`, `same`, `kept` (a higher deploy stands), `declared` (by code), and the revision.
-- Errors: BADARG, BADKEY, FORMAT.
function M.put(q, args)
  local name, text, entry = cron.name(args[1]), args[2], cron_entry.read(q, args[2] or '')
  local first = args[3] ~= '' and arguments.number(args[3], 0, 1e14, 'next') or nil
  local source, deploy = args[4], arguments.number(args[5] or 0, 0, 9e15, 'deploy')
  if source ~= 'code' and source ~= 'operator' then
    refuse('BADARG', 'source must be code or operator, not ' .. arguments.shown(source))
  end
  local state, before = cron.state(q, name), redis.call('HGET', q.keys.cron, name)
  local word = refusal(q, state, text, before, source, deploy)
  local key = keys.cron_state(q.keys, name)
  if word then
    if word == 'same' and source == 'code' then
      redis.call('HSET', key, 'source', source, 'deploy', digits(math.max(deploy, tonumber(state.deploy) or 0)))
    end
    return { word, state.revision or '0' }
  end
  if not before and redis.call('HLEN', q.keys.cron) >= cron.MOST then
    refuse('BADARG', 'the queue has ' .. cron.MOST .. ' cron entries, the most it can have: remove one first')
  end
  queue.create(q)
  -- A number of the queue, so that none comes twice, even if an entry is removed and added again.
  local revision = digits(redis.call('HINCRBY', q.keys.config, 'cron', 1))
  redis.call('HSET', q.keys.cron, name, text)
  redis.call('HSET', key, 'revision', revision, 'source', source, 'deploy', digits(deploy))
  if before and is_same_time(cjson.decode(before), entry) then
    first = tonumber(redis.call('ZSCORE', q.keys.cron_next, name)) or first
  end
  if entry.limit and (tonumber(state.runs) or 0) >= entry.limit then first = nil end
  cron.set_next(q, name, state, first)
  cron.rearm(q)
  return { before and 'changed' or 'added', revision }
end

-- cron_remove name      Its existing jobs stay. Returns 1, or 0 if there was none.
-- Errors: BADARG, BADKEY, FORMAT.
function M.remove(q, args)
  local name = cron.name(args[1])
  local removed = redis.call('HDEL', q.keys.cron, name)
  redis.call('ZREM', q.keys.cron_next, name)
  redis.call('DEL', keys.cron_state(q.keys, name), keys.cron_history(q.keys, name))
  cron.rearm(q)
  return removed
end

-- cron_pause name [reason]      No tick fires until it is resumed; ticks that pass are not made up for.
-- Returns 1, 0 if it was paused already, -1 if there is no such entry. A reason replaces the one of an earlier pause.
-- Errors: BADARG, BADKEY, FORMAT.
function M.pause(q, args)
  local name = cron.name(args[1])
  local reason, key = arguments.reason(args[2]), keys.cron_state(q.keys, name)
  if redis.call('HEXISTS', q.keys.cron, name) == 0 then return -1 end
  local since = string.match(redis.call('HGET', key, 'paused') or '', '^%d+')
  if not since or reason ~= '' then redis.call('HSET', key, 'paused', (since or digits(q.now)) .. ' ' .. reason) end
  redis.call('ZREM', q.keys.cron_next, name)
  cron.rearm(q)
  return since and 0 or 1
end

-- cron_resume name revision next      Ends a pause; the next tick as for cron_put.
-- Returns `resumed`, `running` if it was not paused, `changed` if the revision is another one, or `missing`.
-- Errors: BADARG, BADKEY, FORMAT.
function M.resume(q, args)
  local name = cron.name(args[1])
  local first = args[3] ~= '' and arguments.number(args[3], 0, 1e14, 'next') or nil
  local state = cron.state(q, name)
  if redis.call('HEXISTS', q.keys.cron, name) == 0 then return 'missing' end
  if state.revision ~= args[2] then return 'changed' end
  if not state.paused then return 'running' end
  redis.call('HDEL', keys.cron_state(q.keys, name), 'paused')
  state.paused = nil
  local limit = tonumber(cjson.decode(redis.call('HGET', q.keys.cron, name)).limit)
  if limit and (tonumber(state.runs) or 0) >= limit then first = nil end
  cron.set_next(q, name, state, first)
  cron.rearm(q)
  return 'resumed'
end

-- cron_run name revision id spec      Enqueues a job of the entry now, whatever its ticks, pause and overlap; it does not count
-- for its limit. The same id again adds nothing.
-- Moves: nothing → available. Returns `added`, `exists`, `changed` if the revision is another one, or `missing`.
-- Errors: BADARG, BADKEY, FORMAT; OOM from the server.
function M.by_hand(q, args)
  local name, id = cron.name(args[1]), arguments.word(args[3], 'id')
  if not args[4] then refuse('BADARG', 'the call needs name, revision, id and spec') end
  signed.refuse(q.keys.name, args[4])
  local text = redis.call('HGET', q.keys.cron, name)
  if not text then return 'missing' end
  if cron.state(q, name).revision ~= args[2] then return 'changed' end
  q.is_stored = true
  local stored = cjson.decode(text).options or {}
  local option = options.read(q, next(stored) and cjson.encode(stored) or '{}')
  if #enqueue.add(q, { id, args[4] }, { id }, { option }) > 0 then return 'exists' end
  local now = digits(q.now)
  cron.note(q, name, { '{"tick":' .. now .. ',"at":' .. now .. ',"outcome":"by hand","job":"' .. id .. '"}' })
  return 'added'
end
