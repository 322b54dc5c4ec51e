-- Views of a workflow; see workflow.lua.
local arguments = require('arguments')
local columns = require('columns')
local keys = require('keys')
local queue = require('queue')
local workflow = require('workflow')
local refuse = arguments.refuse

local order = { 'building', 'suspended', 'held', 'active', 'completed', 'cancelled', 'discarded', 'deleted' }

local told = { 'state', 'name', 'created', 'touched', 'deadline', 'ended', 'stopped', 'failed' }

-- workflow_status         A flat list of name, value: config without context and token, and the number of nodes in each state.
-- Released nodes count as active. Empty if there is no such workflow. Errors: BADKEY.
-- workflow_statuses       On several workflows: a list of the same. Errors: BADKEY.
function M.status(w)
  local reply, config, codes = {}, redis.call('HMGET', w.keys.config, unpack(told)), workflow.codes
  for i = 1, #told do
    if config[i] then
      local n = #reply
      reply[n + 1], reply[n + 2] = told[i], config[i]
    end
  end
  if #reply == 0 then return reply end
  for _, name in ipairs(order) do
    local least = name == 'active' and codes.releasing or codes[name]
    local n = #reply
    reply[n + 1], reply[n + 2] = 'nodes.' .. name, redis.call('ZCOUNT', w.keys.nodes, least, codes[name])
  end
  return reply
end

-- A flat list of node, state, queue, kind (empty for none), id of the job of its last run (empty if never released), and the
-- number of nodes after it.
function M.rows(w, names)
  local reply, states = {}, {}
  for name, code in pairs(workflow.codes) do states[code] = name ~= 'releasing' and name or 'active' end
  workflow.load(w)
  local codes = workflow.codes_of(w, names)
  for i = 1, #names do
    local target, _, spec = workflow.job(w, names[i])
    local run, n = redis.call('HGET', w.keys.runs, names[i]), #reply
    reply[n + 1], reply[n + 2], reply[n + 3] = names[i], states[codes[i]] or '', target
    reply[n + 4] = string.match(spec, '^{"kind":"([^"\\]*)"') or ''
    reply[n + 5] = run and workflow.job_id(w, names[i], run) or ''
    reply[n + 6] = redis.call('LLEN', keys.down(w.keys, names[i]))
  end
  return reply
end

-- The codes of a state as it is told.
local function codes_of(state)
  local codes = workflow.codes
  if state == 'releasing' or not codes[state] then refuse('BADARG', 'no such state: ' .. arguments.shown(state)) end
  return state == 'active' and codes.releasing or codes[state], codes[state]
end

-- workflow_nodes rank most [state]      A page of nodes, from a rank on, at most 1,000, as M.rows has them: all nodes in order,
-- or those in a state by name.
function M.nodes(w, args)
  local rank, most = arguments.number(args[1], 0, 1e9, 'rank'), arguments.number(args[2], 1, queue.MOST, 'most')
  if not args[3] then return M.rows(w, redis.call('LRANGE', w.keys.order, rank, rank + most - 1)) end
  local low, high = codes_of(args[3])
  return M.rows(w, redis.call('ZRANGE', w.keys.nodes, low, high, 'BYSCORE', 'LIMIT', rank, most))
end

local MOST = 200              -- nodes of a state that are looked at

-- Whether every node that a node waits for has ended. Nodes with more than 1,000 such are not looked at.
local function is_over(w, name)
  local need, codes = keys.need(w.keys, name), workflow.codes
  if redis.call('SCARD', need) > queue.MOST then return false end
  local ups = redis.call('SMEMBERS', need)
  local states = workflow.codes_of(w, ups)
  for i = 1, #ups do
    if states[i] and states[i] < codes.completed then return false end
  end
  return true
end

-- workflow_stuck          Nodes that may not go on by themselves: {state, number of held nodes, whether there were more than were
-- looked at, suspended nodes that wait for ended nodes only, a flat list of active node, queue, id of its job}; empty if there is
-- no such workflow. While `todo` has entries, no suspended node is named. Errors: BADKEY.
function M.stuck(w)
  local k = w.keys
  if not workflow.load(w) then return {} end
  local codes, over, active = workflow.codes, {}, {}
  local function nodes(code) return redis.call('ZRANGE', k.nodes, code, code, 'BYSCORE', 'LIMIT', 0, MOST) end
  local waiting, running = nodes(codes.suspended), nodes(codes.active)
  local is_busy = w.state ~= 'running' or redis.call('EXISTS', k.todo, k.ready, k.stop) > 0
  for i = 1, is_busy and 0 or #waiting do
    if is_over(w, waiting[i]) then over[#over + 1] = waiting[i] end
  end
  for i = 1, #running do
    local n = #active
    active[n + 1], active[n + 2] = running[i], (workflow.job(w, running[i]))
    active[n + 3] = workflow.job_id(w, running[i], redis.call('HGET', k.runs, running[i]) or 1)
  end
  local more = (#waiting == MOST or #running == MOST) and 1 or 0
  return { w.state, redis.call('ZCOUNT', k.nodes, codes.held, codes.held), more, over, active }
end

-- workflow_down node rank       The nodes after a node, at most 1,000 from a rank on, each as `p NODE`.
function M.down(w, args)
  local rank = arguments.number(args[2], 0, 1e9, 'rank')
  return redis.call('LRANGE', keys.down(w.keys, arguments.word(args[1], 'node')), rank, rank + queue.MOST - 1)
end

-- workflow_outputs node…        Flat: the context, and for each node its state (empty if unknown) and its output (empty for
-- none). At most 1,000.
function M.outputs(w, args)
  if #args > queue.MOST then refuse('BADARG', 'give at most ' .. queue.MOST .. ' nodes') end
  local reply, states = { redis.call('HGET', w.keys.config, 'context') or '' }, {}
  if #args == 0 then return reply end
  for name, code in pairs(workflow.codes) do states[code] = name ~= 'releasing' and name or 'active' end
  workflow.load(w)
  local codes, outputs = workflow.codes_of(w, args), redis.call('HMGET', w.keys.outputs, unpack(args))
  for i = 1, #args do
    reply[2 * i], reply[2 * i + 1] = states[codes[i]] or '', outputs[i] or ''
  end
  return reply
end

-- workflow_kinds node…          The kind of each node's job; empty for a node that is not there or has no job. At most 1,000.
function M.kinds(w, args)
  local kinds = {}
  if #args < 1 or #args > queue.MOST then refuse('BADARG', 'give 1 to ' .. queue.MOST .. ' nodes') end
  local texts = redis.call('HMGET', w.keys.specs, unpack(args))
  for i = 1, #args do
    local spec = texts[i] and string.match(texts[i], '^[^\n]*\n[^\n]*\n(.*)$')
    kinds[i] = spec and columns.kind_of(spec) or ''
  end
  return kinds
end

-- workflow_await client         The state; unless it has ended, the client hears of its end in inbox:<client>. `missing` if there
-- is no such workflow. Errors: BADARG, BADKEY.
function M.await(w, args)
  local client = arguments.word(args[1], 'client')
  if not workflow.load(w) then return 'missing' end
  if not w.ended then redis.call('SADD', w.keys.waiters, client) end
  return w.state
end
