-- workflow_add mode token name deadline context [flag node queue options spec k [policy parent]… b [policy child]…]…
--
-- Adds nodes to a workflow, at most 1,000 with at most 1,000 edges in a call; all of it or nothing. May be repeated: a known node
-- stays as it is.
--   mode      new: makes the workflow, which runs nothing until it is started; its further pages have the same token.
--             more: adds to one that is being built or runs
--   deadline  ms from now, 0 for none; name and context (JSON or empty) are kept; all three count on the first page only
--   flag      new: a node with all its edges; open: more edges follow, and no node may come after it before it is closed;
--             link: more edges of an open node; close: its last edges
--   queue     empty for a node without a job, which completes when it starts
--   policy    c, i or h: the outcome for the later node if the earlier one does not complete; see workflow.lua
--   parent    a known node, or one named before in this call        child   a known node that has not started
-- Returns {word, what workflow_step returns, known nodes}. The word is ok; or nothing was added: exists, if another workflow has
-- this id; missing; ended, if it has ended or is being cancelled.
-- Errors: BADARG, BADKEY; OOM from the server.
local arguments = require('arguments')
local keys = require('keys')
local signed = require('signed')
local workflow = require('workflow')
local workflow_tell = require('workflow_tell')
local digits = arguments.digits

local MOST = 1000
local STEPS = 10000           -- nodes looked at to rule out a cycle

local flags = { new = true, open = true, link = true, close = true }

local function refuse(text) arguments.refuse('BADARG', text) end

local function read_edges(args, at, name)
  local n, edges = arguments.number(args[at], 0, MOST, 'edges of ' .. name), {}
  for i = 1, n do
    local policy, other = args[at + 2 * i - 1], args[at + 2 * i]
    if not other or not string.find(policy, '^[cih]$') then refuse('an edge must be c, i or h, and a node') end
    edges[i] = { policy = policy, node = other }
  end
  return edges, at + 1 + 2 * n
end

local function read_node(w, args, at)
  local node = { flag = args[at], name = args[at + 1], queue = args[at + 2], options = args[at + 3], spec = args[at + 4] }
  if not flags[node.flag] or not node.spec then
    refuse('a node must be new, open, link or close; then name, queue, options and spec')
  end
  if not string.find(node.name, '^[%w._-]+$') or #node.name > 64 or #node.name + #w.keys.name > 120 then
    refuse("'" .. string.sub(node.name, 1, 80) .. "' is not a valid name of a node: use 1 to 64 letters, digits, dots, dashes or "
      .. 'underscores')
  end
  if #node.queue > 64 or not string.find(node.queue, '^[%w._-]*$') then refuse('no such queue: ' .. node.queue) end
  signed.refuse(node.queue, node.spec)
  if string.find(node.options, '\n', 1, true) then refuse('options must be one line of JSON') end
  node.up, at = read_edges(args, at + 5, node.name)
  node.down, at = read_edges(args, at, node.name)
  return node, at
end

-- Reads all nodes, and looks up the states of them and their neighbours.
local function read(w, args)
  local nodes, names, edges, at = {}, {}, 0, 6
  while args[at] do
    local node
    node, at = read_node(w, args, at)
    nodes[#nodes + 1], names[#names + 1] = node, node.name
    for _, edge in ipairs(node.up) do names[#names + 1] = edge.node end
    for _, edge in ipairs(node.down) do names[#names + 1] = edge.node end
    edges = edges + #node.up + #node.down
  end
  if #nodes > MOST or edges > MOST then refuse('at most 1000 nodes and 1000 edges in a call') end
  workflow.codes_of(w, names)
  return nodes
end

-- Whether one of the nodes is `target` or waits for it, directly or not. `own` has the earlier nodes of this call.
local function waits_for(w, names, target, own)
  local seen, stack, steps = {}, { unpack(names) }, 0
  while #stack > 0 do
    local name = table.remove(stack)
    if name == target then return true end
    if not seen[name] then
      seen[name], steps = true, steps + 1
      if steps > STEPS then refuse('too many nodes lie between to rule out a cycle') end
      local ups = own[name] or redis.call('SMEMBERS', keys.need(w.keys, name))
      for i = 1, #ups do stack[#stack + 1] = ups[i] end
    end
  end
  return false
end

local function check_down(w, node, own)
  local codes, ups = workflow.codes, {}
  for i, edge in ipairs(node.up) do ups[i] = edge.node end
  for _, edge in ipairs(node.down) do
    local code = w.known[edge.node]
    if not code or own[edge.node] then
      refuse('node ' .. node.name .. ' cannot come before ' .. edge.node .. ', which is not there')
    end
    if code > codes.held and code ~= codes.cancelled then
      refuse('node ' .. edge.node .. ' has started: ' .. node.name .. ' cannot come before it')
    end
    if edge.node == node.name or waits_for(w, ups, edge.node, own) then
      refuse('a cycle: ' .. node.name .. ' would come before and after ' .. edge.node)
    end
  end
  own[node.name] = ups
end

-- Checks everything before anything is written. Marks known nodes.
local function check(w, nodes)
  local codes, own, open = workflow.codes, {}, {}
  for _, node in ipairs(nodes) do
    local code = w.known[node.name]
    local is_link = node.flag == 'link' or node.flag == 'close'
    if is_link and not code and not open[node.name] then refuse('node ' .. node.name .. ' gets edges, but is not there') end
    node.is_known = (code or own[node.name]) and true or false
    -- Left to do: the edges of an open node, nothing of a closed one.
    node.is_done = node.is_known and not open[node.name] and code ~= codes.building
    if is_link and #node.down > 0 then refuse('an open node comes before others when it is closed, by nodes added later') end
    for _, edge in ipairs(node.up) do
      local up = w.known[edge.node]
      if not up and not own[edge.node] or edge.node == node.name then
        refuse('node ' .. node.name .. ' comes after ' .. edge.node .. ', which is not there')
      end
      if up == codes.building or open[edge.node] then refuse('node ' .. edge.node .. ' is still open') end
    end
    if not node.is_done and not node.is_known then check_down(w, node, own) end
    if node.flag == 'open' and not node.is_known then open[node.name] = true end
    if node.flag == 'close' then open[node.name] = nil end
  end
end

-- Writes the edge from a node to a later one, by the state of the earlier node. Returns whether the later one is cancelled.
local function connect(w, up, name, policy)
  local code = w.known[up]
  local matters = code ~= workflow.codes.completed and not (workflow.is_bad(code) and policy == 'i')
  if matters and redis.call('SADD', keys.need(w.keys, name), up) == 0 then return false end
  redis.call('RPUSH', keys.down(w.keys, up), policy .. ' ' .. name)
  if not matters or not workflow.is_bad(code) then return false end
  workflow.bar(w, name, up)
  return policy == 'c'
end

local function add(w, node)
  local codes = workflow.codes
  if not node.is_known then
    local text = node.queue .. '\n' .. node.options .. '\n' .. node.spec
    redis.call('HSET', w.keys.specs, node.name, text)
    redis.call('RPUSH', w.keys.order, node.name)
    workflow.set(w, node.name, codes.building)
    w.texts[node.name] = text
  end
  local is_cancelled = false
  for _, edge in ipairs(node.up) do is_cancelled = connect(w, edge.node, node.name, edge.policy) or is_cancelled end
  for _, edge in ipairs(node.down) do connect(w, node.name, edge.node, edge.policy) end
  if node.flag == 'open' or node.flag == 'link' then
    if is_cancelled then workflow.doom(w, node.name) end
  elseif is_cancelled or node.flag == 'close' and workflow.is_doomed(w, node.name) then
    workflow.set(w, node.name, codes.cancelled)
    workflow.push(w, 'bad', node.name)
  else
    if w.state == 'building' then workflow.set(w, node.name, codes.suspended) else workflow.place(w, node.name) end
  end
end

-- Makes the workflow, unless it is there. Returns the reason if nothing may be added to it.
local function open(w, args)
  local mode = args[1]
  local token = arguments.word(args[2], 'token')
  if mode ~= 'new' and mode ~= 'more' then refuse('mode must be new or more') end
  local deadline = arguments.number(args[4], 0, 1e14, 'deadline')
  if #(args[3] or '') > 256 or not args[5] then refuse('the call needs a name of at most 256 bytes, a deadline and a context') end
  local exists = workflow.load(w)
  if mode == 'more' then
    if not exists then return 'missing' end
    if w.stopped or w.state ~= 'building' and w.state ~= 'running' then return 'ended' end
    return nil
  end
  if exists then
    return (w.token ~= token or w.state ~= 'building') and 'exists' or nil
  end
  w.is_new, w.state, w.created, w.token = true, 'building', w.now, token
  w.deadline = deadline > 0 and w.now + deadline or nil
  return nil
end

local function write_head(w, args)
  if w.is_new then
    redis.call('HSET', w.keys.config, 'state', 'building', 'token', w.token, 'name', args[3], 'created', digits(w.now))
    if w.deadline then redis.call('HSET', w.keys.config, 'deadline', digits(w.deadline)) end
    if args[5] ~= '' then redis.call('HSET', w.keys.config, 'context', args[5]) end
  end
  redis.call('HSET', w.keys.config, 'touched', digits(w.now))
end

function M.run(w, args)
  local word, existing = open(w, args), {}
  if word then return { word, { w.now, w.state or 'missing', 0, {}, {}, -1 }, existing } end
  local nodes = read(w, args)
  check(w, nodes)
  write_head(w, args)
  for _, node in ipairs(nodes) do
    if node.is_known then existing[#existing + 1] = node.name end
    if not node.is_done then add(w, node) end
  end
  workflow_tell.work(w)
  return { 'ok', workflow.close(w), existing }
end
