-- Names of keys. No other module joins them. A function is called with the base, such as sluice:{mail}, and derives the other
-- names, which all lie in one slot.

local names = {
  'spec', 'lane', 'lanes', 'where', 'ready', 'vtime', 'scheduled', 'retryable', 'suspended', 'executing',
  'completed', 'cancelled', 'discarded', 'workers', 'suspects', 'attempts', 'crashes', 'waits', 'errors',
  'progress', 'result', 'priority', 'place', 'created', 'run', 'events', 'stats', 'config', 'calls', 'beat', 'wake', 'watch',
  'limits', 'overrides', 'off', 'timed', 'reserve', 'turned', 'aged',
  'links', 'after', 'target', 'hold', 'outbox', 'messages', 'aside', 'seen', 'once', 'cron', 'cron_next',
  'unique', 'unique_ends', 'fingerprint', 'next', 'watched', 'durations', 'notified', 'deadline', 'deadlines', 'died',
  'since', 'deadlined',
}

-- Those of the open minute, beside `stats`.
local apart = { before = 'stats:before', runs = 'stats:runs' }

local fixed = { before = true, runs = true }
for i = 1, #names do fixed[names[i]] = true end

-- Joins a name at its first use: a look at one of many queues needs few names.
local joining = {
  __index = function(keys, name)
    if not fixed[name] then return nil end
    local key = keys.prefix .. (apart[name] or name)
    rawset(keys, name, key)
    return key
  end,
}

-- Kept between calls, and dropped whole above 1,000 queues.
local cache, cached = {}, 0

-- Returns a table of the fixed names, with `base`, and `prefix` for names with an argument.
function M.of(base)
  local found = cache[base]
  if found then return found end
  local namespace, queue = string.match(base, '^([%w._-]+):{([%w._-]+)}$')
  if not namespace or #namespace > 64 or #queue > 64 then return nil end
  local keys = setmetatable({ base = base, prefix = base .. ':', name = queue }, joining)
  if cached >= 1000 then cache, cached = {}, 0 end
  cache[base], cached = keys, cached + 1
  return keys
end

-- The keys of objects outside queues: semaphores, limiters, batches, workflows. Each has a slot of its own,
-- NAMESPACE:{KIND.NAME}. No such name is that of a queue's key, because a queue may be called KIND.NAME. Returns a table of the
-- names in `own`, with `prefix`.
local function outside(base, kind, own)
  local namespace, name = string.match(base, '^([%w._-]+):{' .. kind .. '%.([%w._-]+)}$')
  if not namespace or #namespace > 64 or #name > 64 then return nil end
  local keys = { prefix = base .. ':', name = name }
  for i = 1, #own do keys[own[i]] = keys.prefix .. own[i] end
  return keys
end

local semaphore, limiter = { 'permits', 'queue', 'waiting', 'leases', 'state', 'fence' }, { 'slots', 'ahead', 'free', 'state' }

local workflow = {
  'config', 'specs', 'nodes', 'order', 'runs', 'outputs', 'todo', 'ready', 'stop', 'cancels', 'waiters', 'owner',
}

function M.semaphore(base) return outside(base, 'semaphore', semaphore) end
function M.batch(base) return outside(base, 'batch', { 'state', 'pending', 'untried', 'ended', 'callbacks', 'firing' }) end
function M.limiter(base) return outside(base, 'limiter', limiter) end
function M.workflow(base) return outside(base, 'workflow', workflow) end

-- The keys of what a namespace has once, NAMESPACE:{KIND}.
local function index(base, kind, own)
  local namespace = string.match(base, '^([%w._-]+):{' .. kind .. '}$')
  if not namespace or #namespace > 64 then return nil end
  local keys = { prefix = base .. ':' }
  for i = 1, #own do keys[own[i]] = keys.prefix .. own[i] end
  return keys
end

-- The workflows of a namespace: by the time of the next look, and by the time of the first.
function M.workflow_index(base) return index(base, 'workflows', { 'all', 'at', 'born' }) end

-- The batches of a namespace.
function M.batch_index(base) return index(base, 'batches', { 'all', 'ends' }) end

-- Of a node of a workflow: the nodes it waits for, those of them that did not complete, and the nodes that wait for it.
function M.need(keys, node) return keys.prefix .. 'need:' .. node end
function M.bad(keys, node) return keys.prefix .. 'bad:' .. node end
function M.down(keys, node) return keys.prefix .. 'down:' .. node end

-- Grants for a client that waits for permits; expires by itself.
function M.grants(keys, client) return keys.prefix .. 'grants:' .. client end

-- Runnable jobs of a lane. The lane of jobs without partitions is the empty text.
function M.wait(keys, lane) return keys.prefix .. 'wait:' .. lane end

-- The lane of jobs without partitions, whose name is kept.
function M.plain(keys)
  local name = rawget(keys, 'plain')
  if not name then
    name = M.wait(keys, '')
    rawset(keys, 'plain', name)
  end
  return name
end

-- Of a gate: the runs that hold its places, the lanes that wait there, its rate, its breaker.
function M.gate(keys, gate) return keys.prefix .. 'gate:' .. gate end
function M.parked(keys, gate) return keys.prefix .. 'parked:' .. gate end
function M.rate(keys, gate) return keys.prefix .. 'rate:' .. gate end
function M.breaker(keys, gate) return keys.prefix .. 'breaker:' .. gate end

-- Of a worker: the runs it holds, its record, the runs it has to cancel, its bell.
function M.held(keys, worker) return keys.prefix .. 'held:' .. worker end
function M.worker(keys, worker) return keys.prefix .. 'worker:' .. worker end
function M.cancel(keys, worker) return keys.prefix .. 'cancel:' .. worker end
function M.bell(keys, worker) return keys.prefix .. 'bell:' .. worker end

-- The followers of a job; the inbox of a client that waits for results, which expires by itself.
function M.after(keys, parent) return keys.prefix .. 'after:' .. parent end
function M.inbox(keys, client) return keys.prefix .. 'inbox:' .. client end

-- Of a cron entry: its changing state, and its history.
function M.cron_state(keys, name) return keys.prefix .. 'cron_state:' .. name end
function M.cron_history(keys, name) return keys.prefix .. 'cron_history:' .. name end

-- What was counted in one minute or hour since 1970.
function M.minute(keys, minute) return keys.prefix .. 'stats:' .. string.format('%.0f', minute) end
function M.hour(keys, hour) return keys.prefix .. 'stats:h' .. string.format('%.0f', hour) end
