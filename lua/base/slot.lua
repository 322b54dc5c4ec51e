-- The guard against a slot that moves between nodes of a Redis Cluster. Only the base of our keys is declared, and it never
-- exists, so the node that gives the slot away sends all callers on (ASK). The node that takes it would run the function while
-- the data is elsewhere, and begin the queue anew: one queue in two halves. But until the move is over, that node refuses a
-- command on several keys unless it has them all. So each call first asks for two keys of its slot that never exist.
local arguments = require('arguments')

-- Whether slots can move: true until it is known that the server is no node of a cluster.
M.can_move = true

local is_known = false

-- Finds out once for each load of the library: only a cluster refuses a command on keys of two slots. A name that ends in `-` is
-- never in the slot of the same name with `.`: their CRC16 differ in the low bits. Keys that the caller may not touch tell
-- nothing, and another caller finds out.
local function find_out(base)
  local stem = string.sub(base, 1, -2)
  local one, other = stem .. '-}', stem .. '.}'
  if not redis.acl_check_cmd('EXISTS', one, other) then return end
  is_known, M.can_move = true, type(redis.pcall('EXISTS', one, other)) ~= 'number'
end

-- Refuses a call while its slot is being moved here. Neither the base nor its prefix is ever a key. A caller without the right to
-- ask is told what it lacks.
function M.check(base, prefix)
  if not is_known then find_out(base) end
  if not M.can_move then return end
  local reply = redis.pcall('EXISTS', base, prefix)
  if type(reply) == 'number' then return end
  if not redis.acl_check_cmd('EXISTS', base, prefix) then error(reply.err, 0) end
  arguments.refuse('MOVING', 'the slot of ' .. base .. ' is being moved to another node of the cluster. Nothing was done: ask '
    .. 'again in a moment')
end
