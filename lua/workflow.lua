-- Workflows: nodes of a directed graph, each a job that starts once, when all nodes that it comes after have ended. The record
-- of a workflow has a slot of its own; a node's job enters its queue when the node is released, with a fixed id, ID:NODE, or
-- ID:NODE:RUN from the second run on, and what becomes of it is told back as a fact (links.lua, outbox.lua).
--   config    state (building, running, completed, cancelled, discarded), name, context, token, created, touched, deadline,
--             ended, stopped (why all of it was cancelled), failed (whether any node has ended otherwise than completed)
--   nodes     node by code of its state; the one index of where a node is
--   order     nodes as they were added: each comes after those it waits for, but for what was added later, before it
--   specs     node → queue, options, spec, a line feed between; a node without queue has no job, and completes when it starts
--   runs      node → how often it was released          outputs   node → what it returned, as JSON
--   need:N    nodes that N waits for                    bad:N     those of them that ended otherwise than completed
--   down:N    nodes that wait for N, each as `p NODE`, p being what becomes of it if N ends otherwise than completed: c, it is
--             cancelled; i, it starts all the same; h, it is held until N completes after all
--   todo      what is left to tell, so that no call is long: `ok|bad|revive NODE RANK`, `walk VERB RANK PREFIX`, first in first
--   ready     nodes that were released and not yet given out        stop, cancels   nodes whose jobs are to be cancelled
-- This module moves nodes; workflow_add.lua and workflow_step.lua are what is called.
local M = {}

M.PAGE = 500                  -- edges and nodes handled, and nodes given out, in one call
M.BYTES = 2097152             -- of specs given out in one call
M.KEPT = { completed = 86400000, cancelled = 604800000, discarded = 604800000 }     -- ms, after the end
M.BUILT = 3600000             -- ms after which one that was never started is dropped

M.codes = {
  building = -1, suspended = 0, held = 1, releasing = 2, active = 3, completed = 4, cancelled = 5, discarded = 6, deleted = 7,
}
local codes = M.codes

-- Whether a node has ended otherwise than completed.
function M.is_bad(code) return code and code >= codes.cancelled end

-- Reads what a call needs to know of the whole. False if there is no such workflow.
function M.load(w)
  local found = redis.call('HMGET', w.keys.config, 'state', 'stopped', 'deadline', 'failed', 'created', 'ended', 'touched',
    'token')
  w.state, w.stopped, w.deadline, w.failed = found[1], found[2], tonumber(found[3]), found[4]
  w.created, w.ended, w.touched, w.token = tonumber(found[5]), tonumber(found[6]), tonumber(found[7]), found[8]
  w.known, w.changed, w.entries, w.fresh, w.texts = {}, {}, {}, {}, {}
  return w.state and true or false
end

-- Codes of nodes, as this call has left them so far; false for those that are not there.
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

function M.set(w, name, code)
  w.known[name], w.changed[name] = code, code
  if code >= codes.completed then w.may_end = true end
  if code < codes.completed and w.ended then
    w.ended, w.state = nil, 'running'
    redis.call('HDEL', w.keys.config, 'ended')
    redis.call('HSET', w.keys.config, 'state', 'running')
  end
end

-- Notes that what waits for a node has to be told.
function M.push(w, word, name) w.entries[#w.entries + 1] = word .. ' ' .. name .. ' 0' end

-- Puts something before all that is left to be told.
function M.push_first(w, entry) redis.call('LPUSH', w.keys.todo, entry) end

-- What is known of a node's job: queue, options, spec.
function M.job(w, name)
  local text = w.texts[name] or redis.call('HGET', w.keys.specs, name) or '\n\n'
  w.texts[name] = text
  return string.match(text, '^([^\n]*)\n([^\n]*)\n(.*)$')
end

-- The id of a node's job in its run, such as the first.
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

local function is_waiting(w, name) return redis.call('EXISTS', require('keys').need(w.keys, name)) == 1 end
local function is_barred(w, name) return w.failed and redis.call('EXISTS', require('keys').bad(w.keys, name)) == 1 end

-- Puts a node, whose edges are known, where it belongs.
function M.place(w, name)
  if is_barred(w, name) then return M.set(w, name, codes.held) end
  if is_waiting(w, name) then return M.set(w, name, codes.suspended) end
  M.release(w, name)
end

-- Notes that a node waits for one that has ended otherwise than completed.
function M.bar(w, name, up)
  redis.call('SADD', require('keys').bad(w.keys, name), up)
  if not w.failed then
    w.failed = '1'
    redis.call('HSET', w.keys.config, 'failed', '1')
  end
end

local told = {}

-- The node before has completed, or it does not matter how it ended. One that was cancelled because of it waits or starts again.
function told.ok(w, up, name, _, code)
  local keys = require('keys')
  redis.call('SREM', keys.need(w.keys, name), up)
  local was_bad = w.failed and redis.call('SREM', keys.bad(w.keys, name), up) == 1
  local revived = code == codes.cancelled and was_bad
  if code ~= codes.suspended and code ~= codes.held and not revived or is_barred(w, name) then return end
  if revived then M.push(w, 'revive', name) end
  M.place(w, name)
end

function told.bad(w, up, name, policy, code)
  if policy == 'i' then return told.ok(w, up, name, policy, code) end
  M.bar(w, name, up)
  if policy == 'h' then
    if code == codes.suspended then M.set(w, name, codes.held) end
  elseif code and code <= codes.held then
    M.set(w, name, codes.cancelled)
    M.push(w, 'bad', name)
  end
end

-- The node before, which had ended otherwise than completed, runs again.
function told.revive(w, up, name, policy, code)
  local bad = require('keys').bad(w.keys, name)
  if policy == 'i' or redis.call('SREM', bad, up) == 0 or redis.call('EXISTS', bad) == 1 then return end
  if code ~= codes.cancelled and code ~= codes.held then return end
  if code == codes.cancelled then M.push(w, 'revive', name) end
  M.place(w, name)
end

-- Tells what waits for a node, from a rank on. Returns how many were told.
local function tell(w, word, up, rank, most)
  local edges = redis.call('LRANGE', require('keys').down(w.keys, up), rank, rank + most - 1)
  if #edges == 0 then return 0 end
  local names, policies = {}, {}
  for i = 1, #edges do policies[i], names[i] = string.match(edges[i], '^(%a) (.*)$') end
  M.codes_of(w, names)
  for i = 1, #names do told[word](w, up, names[i], policies[i], w.known[names[i]]) end
  if #edges == most then M.push_first(w, word .. ' ' .. up .. ' ' .. rank + most) end
  return #edges
end

local walks = {}

function walks.start(w, name, code)
  if code == codes.suspended and not is_waiting(w, name) then M.release(w, name) end
end

function walks.cancel(w, name, code)
  if code <= codes.held then
    M.set(w, name, codes.cancelled)
    M.push(w, 'bad', name)
  elseif code == codes.releasing or code == codes.active then
    redis.call('SADD', w.keys.cancels, name)
    redis.call('RPUSH', w.keys.stop, name)
    -- Cancelled once it has arrived: somebody may be carrying it.
    if code == codes.releasing then redis.call('RPUSH', w.keys.ready, name) end
  end
end

function walks.retry(w, name, code)
  if not M.is_bad(code) or is_barred(w, name) then return end
  M.push(w, 'revive', name)
  M.place(w, name)
end

function walks.remove(w, name)
  local keys = require('keys')
  redis.call('DEL', keys.need(w.keys, name), keys.bad(w.keys, name), keys.down(w.keys, name))
end

-- Nothing of it is left.
local function drop(w)
  local k = w.keys
  redis.call('DEL', k.config, k.specs, k.nodes, k.order, k.runs, k.outputs, k.todo, k.ready, k.stop, k.cancels, k.waiters)
  w.state, w.entries, w.changed, w.fresh, w.may_end = 'missing', {}, {}, {}, false
end

-- Goes over nodes in order, from a rank on: all, or one and those whose names begin with its and a dot.
local function walk(w, verb, rank, prefix, most)
  local names = redis.call('LRANGE', w.keys.order, rank, rank + most - 1)
  M.codes_of(w, names)
  for i = 1, #names do
    local name = names[i]
    if prefix == '-' or name == prefix or string.sub(name, 1, #prefix + 1) == prefix .. '.' then
      walks[verb](w, name, w.known[name])
    end
  end
  if #names == most then
    M.push_first(w, 'walk ' .. verb .. ' ' .. rank + most .. ' ' .. prefix)
  elseif verb == 'remove' then
    drop(w)
  end
  return #names
end

local function handle(w, entry, most)
  local word, first, second, third = string.match(entry, '^(%S+) (%S+) (%S+) ?(.*)$')
  if word == 'walk' then return walk(w, first, tonumber(second), third, most) end
  return tell(w, word, first, tonumber(second), most)
end

-- Does what is left to be told, as much as one call may.
function M.work(w)
  local left, at, stored = M.PAGE, 1, redis.call('LLEN', w.keys.todo)
  while left > 0 do
    local entry
    if stored > 0 then
      entry, stored, w.may_end = redis.call('LPOP', w.keys.todo), stored - 1, true
    else
      entry, at = w.entries[at], at + 1
    end
    if not entry then break end
    left = left - math.max(handle(w, entry, left), 1)
  end
  if at <= #w.entries then redis.call('RPUSH', w.keys.todo, unpack(w.entries, at)) end
end

-- The links of a node's job, before whatever else it was given.
local function options(w, name, text)
  local links = '{"links":["workflow.' .. w.keys.name .. ' ' .. name .. '"]'
  return links .. (#text > 2 and ',' .. string.sub(text, 2) or '}')
end

-- Gives out nodes that are being released, which whoever called brings into their queues: a flat list of node, id, queue,
-- options, spec. What is too much is given out by the next call.
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

-- All nodes have ended: so has the whole, and whoever waits for it is told.
local function finish(w)
  local keys, text = require('keys'), require('queue').text
  local state = 'completed'
  if count(w, codes.discarded, codes.deleted) > 0 then
    state = 'discarded'
  elseif count(w, codes.cancelled, codes.cancelled) > 0 then
    state = 'cancelled'
  end
  w.state, w.ended = state, w.now
  redis.call('HSET', w.keys.config, 'state', state, 'ended', text(w.now))
  for _, client in ipairs(redis.call('SMEMBERS', w.keys.waiters)) do
    redis.call('RPUSH', keys.inbox(w.keys, client), state)
    redis.call('PEXPIRE', keys.inbox(w.keys, client), 60000)
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

-- When somebody has to look at it though nothing happens, in ms from now; -1 if never.
local function next_look(w)
  if w.state == 'missing' then return -1 end
  if w.state == 'building' then return math.max((w.touched or w.now) + M.BUILT - w.now, 0) end
  if w.ended then return math.max(w.ended + M.KEPT[w.state] - w.now, 0) end
  local look = math.min(math.max((w.now - w.created) / 2, 60000), 600000)
  return math.floor(w.deadline and not w.stopped and math.max(math.min(look, w.deadline - w.now), 0) or look)
end

-- Ends a call: returns {now, state, more, what to bring into queues, jobs to cancel, when to look}. `more` is 1 if the caller
-- should call again.
function M.close(w)
  M.work(w)
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

return M
