-- The part of a workflow that is drawn; see workflow.lua.
local arguments = require('arguments')
local keys = require('keys')
local queue = require('queue')
local view = require('workflow_view')
local workflow = require('workflow')

local EDGES = 10000           -- that are looked at
local AROUND = 10             -- neighbours of a node that are taken, before it and after it

-- The states that an operator looks for in a large workflow, the most urgent first.
local urgent = { 'discarded', 'deleted', 'held', 'active', 'releasing', 'cancelled', 'building' }

-- Starts a part of at most `most` nodes.
local function part_of(most)
  local part = { names = {}, has = {} }
  function part.add(name)
    if part.has[name] or #part.names >= most then return end
    part.has[name], part.names[#part.names + 1] = true, name
  end
  return part
end

-- Some nodes that a node waits for, by name.
local function ups(w, name)
  local found = redis.call('SSCAN', keys.need(w.keys, name), 0, 'COUNT', AROUND)[2]
  table.sort(found)
  return { unpack(found, 1, math.min(#found, AROUND)) }
end

-- What is active or did not complete, and its neighbours.
local function look_around(w, most)
  local part, half = part_of(most), math.ceil(most / 2)
  for i = 1, #urgent do
    local code, left = workflow.codes[urgent[i]], half - #part.names
    local names = left > 0 and redis.call('ZRANGE', w.keys.nodes, code, code, 'BYSCORE', 'LIMIT', 0, left) or {}
    for k = 1, #names do part.add(names[k]) end
  end
  for i = 1, #part.names do
    local before = ups(w, part.names[i])
    for k = 1, #before do part.add(before[k]) end
    local after = redis.call('LRANGE', keys.down(w.keys, part.names[i]), 0, AROUND - 1)
    for k = 1, #after do part.add(string.sub(after[k], 3)) end
  end
  return part
end

-- The edges within a part: a flat list of node and `p NODE`; and whether all were looked at.
local function edges(w, part)
  local list, left = {}, EDGES
  for i = 1, #part.names do
    local after = left > 0 and redis.call('LRANGE', keys.down(w.keys, part.names[i]), 0, math.min(left, queue.MOST) - 1) or {}
    left = left - #after
    for k = 1, #after do
      if part.has[string.sub(after[k], 3)] then
        local n = #list
        list[n + 1], list[n + 2] = part.names[i], after[k]
      end
    end
  end
  return list, left > 0
end

-- workflow_graph most      {1 if there is more than this, nodes as workflow_nodes has them, flat list of node and `p NODE`}: all
-- nodes in order, if they are at most `most` (1 to 1,000). Else those that are active, held, or did not complete, and neighbours
-- of them. Errors: BADARG, BADKEY.
function M.run(w, args)
  local most = arguments.number(args[1], 1, queue.MOST, 'most')
  local all = redis.call('LLEN', w.keys.order) <= most
  local part
  if all then
    part = part_of(most)
    local names = redis.call('LRANGE', w.keys.order, 0, most - 1)
    for i = 1, #names do part.add(names[i]) end
  else
    part = look_around(w, most)
  end
  local list, is_whole = edges(w, part)
  return { all and is_whole and 0 or 1, view.rows(w, part.names), list }
end
