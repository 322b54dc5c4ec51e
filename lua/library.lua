-- Registers the functions: by protocol for programs, so that two protocols can stand side by side, and by plain name for people.
-- While a library loads, Redis offers almost nothing (no string, no pairs, no redis.call), so modules reach for it when they run.
--
-- Layers. Each folder uses those below it; the article Internals lists the few uses against that, with their reasons.
--   operators                        views, explain, audit, repair, changes, times after a clock jump
--   workers, cron, workflows         the cycle; ticks; records of workflows. They do not use each other, but for wake in cron
--   jobs, relay                      enqueue, follow-ups, ends; outbox, deliveries, batches. They use each other, and wake
--   limits                           lanes, gates, rates, breakers
--   base                             queue, keys, time, records, JSON

-- Flags: `no-writes` may be called read-only; `allow-oom` runs on a full server, so that it can drain.
local function opening(run)
  return function(keys, args)
    local done, reply = pcall(run, keys, args)
    if done then return reply end
    -- To what is raised Redis adds the line of the script, which helps with a fault and is in the way of a refusal.
    if type(reply) == 'table' then return { err = reply.refusal } end
    error({ err = string.find(reply, '^%u+ ') and reply or 'ERR ' .. reply })
  end
end

local function open(name, of, asks)
  return opening(function(keys, args) return require(name)[of](require('queue').open(keys, asks), args) end)
end

-- For what has no queue: the kind of the key is the name of the module, unless another one is given.
local function open_outside(kind, of, module)
  return opening(function(keys, args) return require(module or kind)[of](require('queue').open_outside(keys, kind), args) end)
end

-- For several keys of one kind: a list of the replies. What is told of a key needs no other one, so that a caller could make a
-- call for each slot.
local function open_each(kind, of, module)
  return opening(function(keys, args)
    local queue, list = require('queue'), {}
    if #keys < 1 or #keys > queue.MOST then require('arguments').refuse('BADKEY', 'the call needs 1 to 1000 keys') end
    for i = 1, #keys do
      local one = { keys[i] }
      list[i] = require(module or kind)[of](kind == 'queue' and queue.open(one) or queue.open_outside(one, kind), args)
    end
    return list
  end)
end

local function register(name, flags, callback)
  redis.register_function({ function_name = 'sluice1_' .. name, callback = callback, flags = flags })
end

local function register_plain(name, flags, callback)
  redis.register_function({ function_name = 'sluice_' .. name, callback = callback, flags = flags })
end

local function both(name, flags, callback)
  register(name, flags, callback)
  register_plain(name, flags, callback)
end

register('enqueue', {}, open('enqueue', 'run'))
register_plain('enqueue', {}, open('enqueue', 'by_hand'))

register('cycle', { 'allow-oom' }, open('cycle', 'run', true))
register('resync', { 'allow-oom' }, open('resync', 'run'))
register('leave', { 'allow-oom' }, open('resync', 'leave'))
register('deliver', {}, open('deliver', 'run'))
register('forget', { 'allow-oom' }, open('deliver', 'forget'))
register('tell', { 'allow-oom' }, open('followers', 'ended_elsewhere'))
register('relay', { 'allow-oom' }, open('outbox', 'relay'))
register('acknowledge', { 'allow-oom' }, open('outbox', 'run'))
register('set_aside', { 'allow-oom' }, open('aside', 'run'))
both('drop_messages', { 'allow-oom' }, open('aside', 'drop'))
register('outgoing', { 'no-writes' }, open('followers', 'outgoing'))
register('await', { 'allow-oom' }, open('await', 'run'))
register('once', { 'allow-oom' }, open('once', 'run'))
register('progress', { 'allow-oom' }, open('progress', 'run'))
register('configure', { 'allow-oom' }, open('manage', 'configure'))
register('declare', { 'allow-oom' }, open('declare', 'run'))

register('semaphore', { 'allow-oom' }, open_outside('semaphore', 'run'))
register('batch', { 'allow-oom' }, open_outside('batch', 'run'))
register('batch_status', { 'no-writes' }, open_outside('batch', 'status'))
register('batch_statuses', { 'no-writes' }, open_each('batch', 'status'))
register('batch_view', { 'no-writes' }, open_outside('batch', 'view'))
register('batch_index', { 'allow-oom' }, open_outside('batch_index', 'run'))
register('batch_list', { 'no-writes' }, open_outside('batch_index', 'list'))
register('limiter', { 'allow-oom' }, open_outside('limiter', 'take'))
register('limiter_return', { 'allow-oom' }, open_outside('limiter', 'give_back'))
register('note_action', { 'allow-oom' }, opening(function(keys, args) return require('actions').note(keys, args) end))

register('workflow_add', {}, open_outside('workflow', 'run', 'workflow_add'))
register('workflow_step', { 'allow-oom' }, open_outside('workflow', 'run', 'workflow_step'))
register('workflow_await', { 'allow-oom' }, open_outside('workflow', 'await', 'workflow_view'))
register('workflow_claim', {}, open_outside('workflow', 'claim', 'workflow_index'))
register('workflow_index', { 'allow-oom' }, open_outside('workflow_index', 'run'))
register('workflow_list', { 'no-writes' }, open_outside('workflow_index', 'list'))
register('workflow_statuses', { 'no-writes' }, open_each('workflow', 'status', 'workflow_view'))
register('workflow_graph', { 'no-writes' }, open_outside('workflow', 'run', 'workflow_graph'))
register('workflow_status', { 'no-writes' }, open_outside('workflow', 'status', 'workflow_view'))
register('workflow_nodes', { 'no-writes' }, open_outside('workflow', 'nodes', 'workflow_view'))
register('workflow_down', { 'no-writes' }, open_outside('workflow', 'down', 'workflow_view'))
register('workflow_stuck', { 'no-writes' }, open_outside('workflow', 'stuck', 'workflow_view'))
register('workflow_kinds', { 'no-writes' }, open_outside('workflow', 'kinds', 'workflow_view'))
register('workflow_outputs', { 'no-writes' }, open_outside('workflow', 'outputs', 'workflow_view'))

both('touch', { 'allow-oom' }, opening(function(keys, args) return require('touch').run(keys, args) end))

both('cancel', { 'allow-oom' }, open('manage', 'cancel'))
both('retry', { 'allow-oom' }, open('manage', 'retry'))
both('delete', { 'allow-oom' }, open('manage', 'delete'))
both('reschedule', { 'allow-oom' }, open('manage', 'reschedule'))
register('change_where', { 'allow-oom' }, open('bulk', 'change'))
register('count_where', { 'no-writes' }, open('bulk', 'count'))
register('lanes_where', { 'no-writes' }, open('bulk', 'lanes'))

both('pause', { 'allow-oom' }, open('manage', 'pause'))
both('resume', { 'allow-oom' }, open('manage', 'resume'))
both('override', { 'allow-oom' }, open('overrides', 'override'))
both('restore', { 'allow-oom' }, open('overrides', 'restore'))
both('switch', { 'allow-oom' }, open('overrides', 'switch'))

register('cron_put', {}, open('cron_change', 'put'))
register('cron_resume', { 'allow-oom' }, open('cron_change', 'resume'))
register('cron_run', {}, open('cron_change', 'by_hand'))
register('cron_due', { 'allow-oom' }, open('cron', 'due'))
register('cron_fire', {}, open('cron_fire', 'run'))
both('cron_remove', { 'allow-oom' }, open('cron_change', 'remove'))
both('cron_pause', { 'allow-oom' }, open('cron_change', 'pause'))
both('cron', { 'no-writes' }, open('cron', 'list'))
both('cron_history', { 'no-writes' }, open('cron', 'history'))

both('status', { 'no-writes' }, open('view', 'status'))
register('outlines', { 'no-writes' }, open_each('queue', 'outline', 'view'))
both('job', { 'no-writes' }, open('view', 'job'))
register('linked', { 'no-writes' }, open_each('queue', 'linked', 'view'))
both('moves', { 'no-writes' }, open('view', 'moves'))
both('list', { 'no-writes' }, open('view', 'list'))
both('workers', { 'no-writes' }, open('view', 'workers'))
both('history', { 'no-writes' }, open('view', 'history'))
both('limits', { 'no-writes' }, open('limits_list', 'limits'))
both('dependencies', { 'no-writes' }, open('limits_list', 'dependencies'))
both('explain', { 'no-writes' }, open('explain', 'run'))
register('holders', { 'no-writes' }, open('explain', 'holders'))
both('audit', { 'no-writes' }, open('audit', 'run'))
both('repair_plan', { 'no-writes' }, open('repair', 'plan'))
both('repair', { 'allow-oom' }, open('repair', 'run'))
both('diagnose', { 'no-writes' }, open('diagnose', 'run'))
both('help', { 'no-writes' }, function() return require('help').run() end)
both('version', { 'no-writes' }, function() return { PROTOCOL, REVISION, PINNED } end)
