-- workflow_step [verb …]…
--
-- Moves a workflow on. The caller brings the nodes it is given into their queues (deliver.lua), cancels the returned jobs, and
-- calls again, with `released`, while there is more. Each verb may be repeated: it tells what shall be.
--   start                          it is complete: nodes that wait for nothing start
--   done NODE JOB STATE OUTPUT     a node's job has ended: completed, cancelled, discarded, deleted. The end of an older run is
--                                  ignored; completed is final
--   released N NODE…               their jobs are in their queues. May be left out: tending brings them again
--   cancel NODE | cancel -         a node, those whose names begin with its name and a dot, and by policy those after them; all
--   retry NODE | retry -           likewise nodes that did not complete, and those cancelled because of them; a node after one
--                                  that failed stays. `retry -` lifts the deadline
--   tend                           gives out again nodes that may have no carrier; removes a workflow that ended long ago
-- At most 1,000 nodes in a call. Returns {now, state, more, flat list of node, id, queue, options, spec, flat list of queue, id
-- of jobs to cancel, ms until the next tend}. The state is missing if there is no such workflow. Errors: BADARG, BADKEY.
local arguments = require('arguments')
local workflow = require('workflow')
local workflow_tell = require('workflow_tell')
local digits = arguments.digits

local ends = { completed = true, cancelled = true, discarded = true, deleted = true }

local function refuse(text) arguments.refuse('BADARG', text) end

local readers, verbs = {}, {}

function readers.start(_, at) return {}, at end
readers.tend = readers.start

function readers.done(args, at)
  local done = { node = args[at], job = args[at + 1], state = args[at + 2], output = args[at + 3] }
  if not done.output or not ends[done.state] then refuse('done needs node, job, state and output') end
  return done, at + 4
end

function readers.released(args, at)
  local n = arguments.number(args[at], 0, 1000, 'nodes')
  if at + n > #args then refuse('released needs a count and that many nodes') end
  return { unpack(args, at + 1, at + n) }, at + 1 + n
end

function readers.cancel(args, at)
  if not args[at] or not string.find(args[at], '^[%w._-]+$') then refuse('cancel and retry need a node, or -') end
  return args[at], at + 1
end
readers.retry = readers.cancel

local function read(args)
  local list, at, names = {}, 1, {}
  while args[at] do
    local verb = args[at]
    if not readers[verb] then refuse('a verb must be start, done, released, cancel, retry or tend') end
    local what
    what, at = readers[verb](args, at + 1)
    list[#list + 1] = { verb = verb, what = what }
    if verb == 'done' then names[#names + 1] = what.node end
  end
  if #names > 1000 then refuse('at most 1000 nodes in a call') end
  return list, names
end

function verbs.start(w)
  if w.state ~= 'building' then return end
  w.state, w.may_end = 'running', true
  redis.call('HSET', w.keys.config, 'state', 'running', 'started', digits(w.now))
  workflow.push_first(w, 'walk start 0 -')
end

function verbs.done(w, done, run)
  local codes, code, new = workflow.codes, w.known[done.node], workflow.codes[done.state]
  if not code or not run or workflow.job_id(w, done.node, run) ~= done.job then return end
  if code == new then w.again = true end
  if code == new or code == codes.completed then return end
  if w.cancelled == nil then w.cancelled = redis.call('EXISTS', w.keys.cancels) == 1 end
  if w.cancelled then redis.call('SREM', w.keys.cancels, done.node) end
  workflow.set(w, done.node, new)
  if new == codes.completed then
    if done.output ~= '' then redis.call('HSET', w.keys.outputs, done.node, done.output) end
    workflow.push(w, 'ok', done.node)
  elseif not workflow.is_bad(code) then
    workflow.push(w, 'bad', done.node)
  end
end

function verbs.released(w, names)
  local found = workflow.codes_of(w, names)
  for i = 1, #names do
    if found[i] == workflow.codes.releasing then workflow.set(w, names[i], workflow.codes.active) end
  end
end

-- Cancels the whole workflow.
local function stop(w, why)
  w.stopped = why
  redis.call('HSET', w.keys.config, 'stopped', why)
  workflow.push_first(w, 'walk cancel 0 -')
end

function verbs.cancel(w, prefix)
  if w.ended then return end
  if prefix == '-' then return stop(w, 'cancelled') end
  workflow.push_first(w, 'walk cancel 0 ' .. prefix)
end

function verbs.retry(w, prefix)
  if w.state == 'building' then return end
  if prefix == '-' then
    redis.call('HDEL', w.keys.config, 'stopped', 'deadline')
    w.stopped, w.deadline = false, nil
  end
  workflow.push_first(w, 'walk retry 0 ' .. prefix)
end

-- Removes the whole workflow, which may take more than this call.
local function remove(w)
  local first = redis.call('LINDEX', w.keys.todo, 0)
  if first and string.find(first, '^walk remove ') then return end
  workflow.push_first(w, 'walk remove 0 -')
end

function verbs.tend(w)
  local kept = workflow.KEPT[w.state]
  w.again, w.may_end = true, true
  local since = w.ended and kept and w.ended + kept
  if w.state == 'building' then since = (w.touched or 0) + workflow.BUILT end
  if since and w.now >= since then return remove(w) end
  local cancels = redis.call('SRANDMEMBER', w.keys.cancels, 100)
  if #cancels > 0 then redis.call('RPUSH', w.keys.stop, unpack(cancels)) end
end

-- The carrier of released nodes may have died: they are given out again.
local function give_again(w)
  local code, given = workflow.codes.releasing, {}
  for i = 1, #w.fresh do given[w.fresh[i]] = true end
  for _, name in ipairs(redis.call('ZRANGE', w.keys.nodes, code, code, 'BYSCORE', 'LIMIT', 0, workflow.PAGE)) do
    if not given[name] and w.changed[name] == nil then w.fresh[#w.fresh + 1] = name end
  end
end

function M.run(w, args)
  local list, names = read(args)
  if not workflow.load(w) then return { w.now, 'missing', 0, {}, {}, -1 } end
  workflow.put_right(w)
  workflow.codes_of(w, names)
  local runs, n = #names > 0 and redis.call('HMGET', w.keys.runs, unpack(names)) or {}, 0
  for _, one in ipairs(list) do
    if one.verb == 'done' then n = n + 1 end
    verbs[one.verb](w, one.what, runs[n])
  end
  if w.deadline and w.now >= w.deadline and w.state == 'running' and not w.stopped then stop(w, 'deadline') end
  if w.again then give_again(w) end
  workflow_tell.work(w)
  return workflow.close(w)
end
