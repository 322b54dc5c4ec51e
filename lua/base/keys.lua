-- Names of the keys of a queue. Nothing else in the library joins key names.
-- A function is called with the base, such as sluice:{mail}, and derives the rest, which is all in one slot.
local M = {}

local names = {
  'spec', 'lane', 'lanes', 'where', 'ready', 'vtime', 'scheduled', 'retryable', 'suspended', 'executing',
  'completed', 'cancelled', 'discarded', 'workers', 'suspects', 'attempts', 'crashes', 'waits', 'errors',
  'progress', 'result', 'priority', 'place', 'created', 'run', 'events', 'stats', 'config', 'seq', 'beat', 'wake', 'watch',
  'limits', 'overrides', 'off', 'timed', 'reserve', 'turned', 'aged',
  'links', 'after', 'target', 'hold', 'outbox', 'facts', 'aside', 'seen', 'once', 'cron', 'cron_next',
  'unique', 'unique_ends', 'fingerprint', 'next', 'watched', 'durations', 'notified', 'deadline', 'deadlines', 'died',
  'since',
}

local fixed = {}
for i = 1, #names do fixed[names[i]] = true end

-- Joins a name when it is first asked for: a look at one of many queues needs few.
local joining = {
  __index = function(keys, name)
    if not fixed[name] then return nil end
    local key = keys.prefix .. name
    rawset(keys, name, key)
    return key
  end,
}

-- Kept between calls. Dropped whole when there are many queues.
local cache, cached = {}, 0

-- Returns a table of the fixed names, with `base` and the `prefix` for the names that carry an argument.
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

-- What is used outside jobs has a slot of its own: the base is NAMESPACE:{KIND.NAME}. No name is one of a queue's keys, since a
-- queue may be called so. Returns a table of the `names`, with the `prefix` for those that carry an argument.
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

-- The workflows of a namespace, by when somebody has to look at them.
function M.workflow_index(base)
  local namespace = string.match(base, '^([%w._-]+):{workflows}$')
  return namespace and #namespace <= 64 and { all = base .. ':all', at = base .. ':at' } or nil
end

-- The batches of a namespace.
function M.batch_index(base)
  local namespace = string.match(base, '^([%w._-]+):{batches}$')
  return namespace and #namespace <= 64 and { all = base .. ':all', ends = base .. ':ends' } or nil
end

-- Of a node of a workflow: what it waits for, what of that ended otherwise than completed, and what waits for it.
function M.need(keys, node) return keys.prefix .. 'need:' .. node end
function M.bad(keys, node) return keys.prefix .. 'bad:' .. node end
function M.down(keys, node) return keys.prefix .. 'down:' .. node end

-- What a client is told of its waiters; expires by itself.
function M.grants(keys, client) return keys.prefix .. 'grants:' .. client end

-- Runnable jobs of a lane; the lane of jobs without partitions is the empty text.
function M.wait(keys, lane) return keys.prefix .. 'wait:' .. lane end

-- What a gate has: the jobs that hold its places, the lanes that wait there, its rate, its breaker.
function M.gate(keys, gate) return keys.prefix .. 'gate:' .. gate end
function M.parked(keys, gate) return keys.prefix .. 'parked:' .. gate end
function M.rate(keys, gate) return keys.prefix .. 'rate:' .. gate end
function M.breaker(keys, gate) return keys.prefix .. 'breaker:' .. gate end

-- What runs on a worker: the jobs it holds, its record, the cancellations it has to hear of, its bell.
function M.held(keys, worker) return keys.prefix .. 'held:' .. worker end
function M.worker(keys, worker) return keys.prefix .. 'worker:' .. worker end
function M.cancel(keys, worker) return keys.prefix .. 'cancel:' .. worker end
function M.bell(keys, worker) return keys.prefix .. 'bell:' .. worker end

-- The followers of a job; what a client that waits for results is told, which expires by itself.
function M.after(keys, parent) return keys.prefix .. 'after:' .. parent end
function M.inbox(keys, client) return keys.prefix .. 'inbox:' .. client end

-- Of an entry that recurs: what changes with it, what became of its ticks.
function M.cron_state(keys, name) return keys.prefix .. 'cron_state:' .. name end
function M.cron_history(keys, name) return keys.prefix .. 'cron_history:' .. name end

-- The last call of a producer; expires by itself.
function M.producer(keys, producer) return keys.prefix .. 'producer:' .. producer end

-- History of one minute, for charts.
function M.minute(keys, minute) return keys.prefix .. 'stats:' .. minute end

return M
