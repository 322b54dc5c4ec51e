-- Workflows: nodes of a directed graph. Each is a job that starts once, when all nodes before it have ended. The record of a
-- workflow has a slot of its own. A node's job enters its queue when the node is released, with a fixed id: ID:NODE, or
-- ID:NODE:RUN from the second run on. Its end is reported by an outbox message (links.lua, outbox.lua).
--   config    state (building, running, completed, cancelled, discarded), name, context, token, created, touched, deadline,
--             ended, stopped (why all was cancelled), failed (whether a node ended without completing)
--   nodes     node by the code of its state; the one index of a node's state
--   order     nodes as they were added: each comes after those it waits for, except nodes added before it later on
--   specs     node → queue, options, spec, with line feeds between; a node without queue has no job, and completes when it starts
--   runs      node → how often it was released          outputs   node → its result, as JSON
--   need:N    nodes that N waits for                    bad:N     those of them that did not complete
--   down:N    nodes that wait for N, each as `p NODE`; p is the policy if N does not complete: c, it is cancelled; i, it starts
--             all the same; h, it is held until N completes after all
--   todo      work left to later calls, so that no call is long: `ok|bad|revive NODE RANK`, `walk VERB RANK PREFIX`, in order
--   ready     released nodes that were not yet given out            stop, cancels   nodes whose jobs have to be cancelled
-- This module knows the record and moves single nodes. workflow_tell.lua tells other nodes. workflow_add.lua and
-- workflow_step.lua are the functions.
local expiry = require('expiry')
local keys = require('keys')
local digits = require('arguments').digits

M.PAGE = 500                  -- edges and nodes handled, and nodes given out, in one call
M.BYTES = 524288              -- of specs given out in one call
M.KEPT = { completed = 86400000, cancelled = 604800000, discarded = 604800000 }     -- ms, after the end
M.BUILT = 3600000             -- ms after which one that was never started is dropped

M.codes = {
  building = -1, suspended = 0, held = 1, releasing = 2, active = 3, completed = 4, cancelled = 5, discarded = 6, deleted = 7,
}
local codes = M.codes

-- Whether a node ended without completing.
function M.is_bad(code) return code and code >= codes.cancelled end

-- Reads the record of a workflow for this call. False if there is no such workflow.
function M.load(w)
  local found = redis.call('HMGET', w.keys.config, 'state', 'stopped', 'deadline', 'failed', 'created', 'ended', 'touched',
    'token')
  w.state, w.stopped, w.deadline, w.failed = found[1], found[2], tonumber(found[3]), found[4]
  w.created, w.ended, w.touched, w.token = tonumber(found[5]), tonumber(found[6]), tonumber(found[7]), found[8]
  w.known, w.changed, w.entries, w.fresh, w.texts = {}, {}, {}, {}, {}
  return w.state and true or false
end

-- Corrects the times of a workflow that was made, or ended, while the clock was ahead.
function M.put_right(w)
  local changed = {}
  local function is_ahead(name)
    if not w[name] or w[name] <= w.now then return false end
    changed[#changed + 1], changed[#changed + 2] = name, digits(w.now)
    return true
  end
  local created = w.created
  if is_ahead('created') then
    if w.deadline then
      w.deadline = w.deadline - (created - w.now)
      changed[#changed + 1], changed[#changed + 2] = 'deadline', digits(w.deadline)
    end
    w.created = w.now
  end
  if is_ahead('ended') then w.ended = w.now end
  if is_ahead('touched') then w.touched = w.now end
  if #changed > 0 then redis.call('HSET', w.keys.config, unpack(changed)) end
end

-- Codes of nodes as this call has left them so far; false for unknown nodes.
function M.codes_of(w, names)
  local asked, list = {}, {}
  for i = 1, #names do
    if w.known[names[i]] == nil then
      asked[#asked + 1], w.known[names[i]] = names[i], false
    end
  end
  local scores = #asked > 0 and redis.call('ZMSCORE', w.keys.nodes, unpack(asked)) or {}
  for i = 1, #asked do w.known[asked[i]] = scores[i] and tonumber(scores[i]) or false end
  for i = 1, #names do list[i] = w.known[names[i]] end
  return list
end

-- Sets the code of a node. An ended workflow runs again by that, if only until the end of this call: its end may differ now.
function M.set(w, name, code)
  w.known[name], w.changed[name] = code, code
  if code >= codes.completed then w.may_end = true end
  if w.ended then
    w.ended, w.state = nil, 'running'
    redis.call('HDEL', w.keys.config, 'ended')
    redis.call('HSET', w.keys.config, 'state', 'running')
  end
end

-- Notes that an open node has to be cancelled when it is closed. Without its other edges a retry would start it too early.
function M.doom(w, name) redis.call('HSET', w.keys.config, 'doomed:' .. name, '1') end

-- Whether a node was doomed, and still has reason to be.
function M.is_doomed(w, name)
  return redis.call('HDEL', w.keys.config, 'doomed:' .. name) == 1 and M.is_barred(w, name)
end

-- Notes that the end of a node has to reach the nodes behind it.
function M.push(w, word, name) w.entries[#w.entries + 1] = word .. ' ' .. name .. ' 0' end

-- Puts an entry before all others of `todo`.
function M.push_first(w, entry) redis.call('LPUSH', w.keys.todo, entry) end

-- A node's job: queue, options, spec.
function M.job(w, name)
  local text = w.texts[name] or redis.call('HGET', w.keys.specs, name) or '\n\n'
  w.texts[name] = text
  return string.match(text, '^([^\n]*)\n([^\n]*)\n(.*)$')
end

-- The id of a node's job in a run.
function M.job_id(w, name, run)
  return w.keys.name .. ':' .. name .. (tonumber(run) > 1 and ':' .. run or '')
end

-- Starts a node that waits for nothing.
function M.release(w, name)
  if M.job(w, name) == '' then
    M.set(w, name, codes.completed)
    return M.push(w, 'ok', name)
  end
  redis.call('HINCRBY', w.keys.runs, name, 1)
  M.set(w, name, codes.releasing)
  w.fresh[#w.fresh + 1] = name
end

-- Whether a node waits for others; whether one of those did not complete.
function M.is_waiting(w, name) return redis.call('EXISTS', keys.need(w.keys, name)) == 1 end
function M.is_barred(w, name) return w.failed and redis.call('EXISTS', keys.bad(w.keys, name)) == 1 end

-- Puts a node with all its edges where it belongs.
function M.place(w, name)
  if M.is_barred(w, name) then return M.set(w, name, codes.held) end
  if M.is_waiting(w, name) then return M.set(w, name, codes.suspended) end
  M.release(w, name)
end

-- Notes that a node waits for one that did not complete.
function M.bar(w, name, up)
  redis.call('SADD', keys.bad(w.keys, name), up)
  if not w.failed then
    w.failed = '1'
    redis.call('HSET', w.keys.config, 'failed', '1')
  end
end

-- Removes what is left of the record.
function M.drop(w)
  local k = w.keys
  redis.call('UNLINK', k.config, k.specs, k.nodes, k.order, k.runs, k.outputs, k.todo, k.ready, k.stop, k.cancels, k.waiters)
  w.state, w.entries, w.changed, w.fresh, w.may_end = 'missing', {}, {}, {}, false
end

-- The options of a node's job, with the link to the workflow.
local function options(w, name, text)
  local links = '{"links":["workflow.' .. w.keys.name .. ' ' .. name .. '"]'
  return links .. (#text > 2 and ',' .. string.sub(text, 2) or '}')
end

-- Gives out released nodes for the caller to bring into their queues: a flat list of node, id, queue, options, spec. The next
-- call gives out those beyond the bound.
local function give(w)
  local names, list, bytes, at = w.fresh, {}, 0, 1
  while #list < 5 * M.PAGE and bytes < M.BYTES do
    local name = names[at]
    if name then at = at + 1 else name = redis.call('LPOP', w.keys.ready) end
    if not name then break end
    w.may_end = true
    if M.codes_of(w, { name })[1] == codes.releasing then
      local queue, text, spec = M.job(w, name)
      local n = #list
      list[n + 1], list[n + 2] = name, M.job_id(w, name, redis.call('HGET', w.keys.runs, name) or 1)
      list[n + 3], list[n + 4], list[n + 5] = queue, options(w, name, text), spec
      bytes = bytes + #spec
    end
  end
  if at <= #names then redis.call('RPUSH', w.keys.ready, unpack(names, at)) end
  return list
end

-- Jobs to be cancelled: a flat list of queue, id.
local function stop(w)
  local names, list = redis.call('LPOP', w.keys.stop, M.PAGE) or {}, {}
  for i = 1, #names do
    w.may_end = true
    local queue = M.job(w, names[i])
    list[2 * i - 1], list[2 * i] = queue, M.job_id(w, names[i], redis.call('HGET', w.keys.runs, names[i]) or 1)
  end
  return list
end

local function count(w, least, most) return redis.call('ZCOUNT', w.keys.nodes, least, most) end

-- All nodes have ended: ends the workflow, and tells the clients that wait.
local function finish(w)
  local state = 'completed'
  if count(w, codes.discarded, codes.deleted) > 0 then
    state = 'discarded'
  elseif count(w, codes.cancelled, codes.cancelled) > 0 then
    state = 'cancelled'
  end
  w.state, w.ended = state, w.now
  redis.call('HSET', w.keys.config, 'state', state, 'ended', digits(w.now))
  for _, client in ipairs(redis.call('SMEMBERS', w.keys.waiters)) do
    redis.call('RPUSH', keys.inbox(w.keys, client), state)
    expiry.set(keys.inbox(w.keys, client), 60000)
  end
  redis.call('DEL', w.keys.waiters)
end

local function write_codes(w)
  local flat = {}
  for name, code in pairs(w.changed) do
    local n = #flat
    flat[n + 1], flat[n + 2] = code, name
  end
  if #flat > 0 then redis.call('ZADD', w.keys.nodes, unpack(flat)) end
end

-- The ms until the next look at a workflow in which nothing happens; -1 for never.
local function next_look(w)
  if w.state == 'missing' then return -1 end
  if w.state == 'building' then return math.max((w.touched or w.now) + M.BUILT - w.now, 0) end
  if w.ended then return math.max(w.ended + M.KEPT[w.state] - w.now, 0) end
  local look = math.min(math.max((w.now - w.created) / 2, 60000), 600000)
  return math.floor(w.deadline and not w.stopped and math.max(math.min(look, w.deadline - w.now), 0) or look)
end

-- Ends a call, after workflow_tell.work. Returns {now, state, more, nodes to bring into queues, jobs to cancel, ms until the next
-- look}. `more` is 1 if the caller should call again.
function M.close(w)
  local given, stopped = {}, {}
  write_codes(w)
  if w.state ~= 'missing' then
    given = give(w)
    stopped = stop(w)
  end
  local more = redis.call('EXISTS', w.keys.todo, w.keys.ready, w.keys.stop) > 0
  if w.may_end and not more and w.state == 'running' and count(w, codes.building, codes.active) == 0 then finish(w) end
  return { w.now, w.state, more and 1 or 0, given, stopped, next_look(w) }
end
