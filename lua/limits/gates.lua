-- Gates: the limits of one dimension applied to one value, such as `account=42`, and each dependency of a job, such as `tmdb`.
-- gate:<gate> holds the ids of the runs with a place there. Occupancy is counted nowhere else, so no place can leak. The queue's
-- own gate, `*`, needs no set: its members are all of `executing`.
local breaker = require('breaker')
local keys = require('keys')
local limits = require('limits')
local parking = require('parking')
local rate = require('rate')
local reserve = require('reserve')

local CHAIN = { concurrency = 1 }            -- one at a time, whatever is declared
local BREAKER = { failures = 5, within = 30000, cools = 20000 }     -- of a dependency that declares none

-- Visits the parts of a lane: visit(gate, dimension, whether it is a need, whether the lane runs without that need).
local function each_part(lane, visit)
  for name, sign, value in string.gmatch(lane, '([^=?&]+)([=?]?)([^&]*)') do
    if sign == '=' then
      visit(name .. '=' .. value, name, false, false)
    else
      visit(name, name, true, sign == '?')
    end
  end
end

-- The dimension of a lane of one partition, or nil. Most lanes are such, and this is much cheaper.
local function single_dimension(lane) return string.match(lane, '^([^=?&]+)=[^&]*$') end

-- The limits of one gate, or nil if none apply.
local function limits_of(q, name, dimension, is_need)
  local found = q.limits and q.limits.dimensions[dimension]
  if not is_need then
    if dimension == 'chain' then return CHAIN end
    if q.limits and q.limits.has_values then return limits.for_value(q, name, found) end
    return found
  end
  if not found then return { breaker = BREAKER } end
  if found.breaker then return found end
  return { concurrency = found.concurrency, is_filling = found.is_filling, rate = found.rate, breaker = BREAKER }
end

-- The gate of that name, or nil if no limit applies; made once a call. M.read adds how it stands.
local function gate_of(q, name, dimension, is_need)
  if not q.gates then q.gates = {} end
  local gate = q.gates[name]
  if gate == nil then
    local own = limits_of(q, name, dimension, is_need)
    gate = own and {
      gate = name, dimension = dimension, limits = own, is_off = is_need and q.limits and q.limits.off[dimension],
    } or false
    q.gates[name] = gate
  end
  return gate or nil
end

-- The gates of a lane, in order; made once a call. `without` names needs that are off and not required, `weight` is the lane's
-- share if it is not 1.
function M.of(q, lane)
  local of = q.lane_gates
  if not of then
    of = {}
    q.lane_gates = of
  end
  local gates = of[lane]
  if gates then return gates end
  local effective = q.limits
  local dimension = single_dimension(lane)
  if dimension then
    gates = { gate_of(q, lane, dimension, false) }
  else
    gates = {}
    each_part(lane, function(name, part_dimension, is_need, runs_without)
      if is_need and runs_without and effective and effective.off[part_dimension] then
        gates.without = (gates.without and gates.without .. ',' or '') .. part_dimension
      else
        gates[#gates + 1] = gate_of(q, name, part_dimension, is_need)
      end
    end)
  end
  if effective and effective.has_values then gates.weight = limits.weight(q, lane) end
  of[lane] = gates
  return gates
end

-- A gate by its name alone, limited or not.
function M.named(q, name)
  local dimension, sign = string.match(name, '^([^=]+)(=?)')
  return gate_of(q, name, dimension, sign == '') or { gate = name, dimension = dimension, limits = {} }
end

-- Reads how a gate stands: members, rate, breaker. Once a call; M.hold keeps it in step with the claim.
function M.read(q, gate)
  if gate.is_read then return end
  local own = gate.limits
  gate.is_read, gate.is_tried, gate.limit = true, nil, nil
  if own.concurrency and not own.is_filling then
    gate.limit, gate.members = own.concurrency, redis.call('SCARD', keys.gate(q.keys, gate.gate))
  end
  if own.rate then gate.left, gate.next = rate.room(q, gate.gate, own.rate) end
  if own.breaker then gate.breaker, gate.till, gate.probe = breaker.read(q, gate.gate, own.breaker) end
end

-- Marks a gate as changed, so that it is read again.
function M.changed(q, name)
  local gate = q.gates and q.gates[name]
  if gate then gate.is_read = false end
end

-- The number of jobs that may pass now. If it is 0, also the time until which the gate is surely shut (false if a settlement may
-- open it) and the reason. A place withheld for another lane counts as taken.
function M.room(q, gate, lane)
  if not gate.is_read then M.read(q, gate) end
  if gate.is_off then return 0, false, 'off' end
  local room = math.huge
  if gate.breaker and gate.breaker ~= 'closed' then
    if gate.breaker == 'open' then return 0, gate.till, 'breaker' end
    if gate.probe then return 0, false, 'breaker' end
    room = 1
  end
  if gate.left then
    if gate.left <= 0 then return 0, gate.next or q.now + 1, 'rate' end
    if gate.left < room then room = gate.left end
  end
  if gate.limit then
    local free = gate.limit - gate.members
    if reserve.withholds(q, gate.gate, lane) then free = free - 1 end
    if free <= 0 then return 0, false, 'concurrency' end
    if free < room then room = free end
  end
  return room
end

-- The number of jobs of a lane that may pass all its gates, at most `want`; or 0, the shut gate, until when, and the reason.
function M.room_for(q, gates, lane, want)
  for i = 1, #gates do
    local room, till, why = M.room(q, gates[i], lane)
    if room == 0 then return 0, gates[i], till, why end
    if room < want then want = room end
  end
  return want
end

-- Counts n chosen jobs at the gates of their lane.
function M.hold(gates, n)
  for i = 1, #gates do
    local gate = gates[i]
    if gate.limit then gate.members = gate.members + n end
    if gate.left then gate.left = gate.left - n end
    if gate.breaker == 'half-open' then gate.probe, gate.is_tried = true, true end
  end
end

-- The dimensions of gates, as the record of a run has them.
function M.dimensions(gates)
  if #gates == 0 then return '-' end
  if not gates[2] and not gates[1].is_tried then return gates[1].dimension end
  local names = {}
  for i = 1, #gates do names[i] = gates[i].dimension .. (gates[i].is_tried and '!' or '') end
  return table.concat(names, ',')
end

-- Lets chosen jobs in: writes members, rates and probes. The caller has made sure of room.
function M.join(q, chosen)
  local members, order, limited = {}, {}, {}
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    local gates = M.of(q, lane)
    if gates[1] then limited[lane] = gates end
  end
  if next(limited) == nil then return end
  for i = 1, #chosen.ids do
    local gates = limited[chosen.lanes[i]]
    for k = 1, gates and #gates or 0 do
      local gate = gates[k]
      local list = members[gate]
      if list then
        list[#list + 1] = chosen.ids[i]
      else
        members[gate], order[#order + 1] = { chosen.ids[i] }, gate
      end
      if gate.is_tried then breaker.try(q, gate.gate, chosen.ids[i]) end
    end
  end
  for i = 1, #order do
    local gate, list = order[i], members[order[i]]
    redis.call('SADD', keys.gate(q.keys, gate.gate), unpack(list))
    if gate.limits.rate then rate.add(q, gate.gate, gate.limits.rate, #list) end
  end
end

-- The gates that a record names, as a list of {gate, is_tried}, found by dimension in the lane.
function M.held(dimensions, lane)
  if dimensions == single_dimension(lane) then return { { gate = lane } } end
  local gates, names = {}, {}
  for name, tried in string.gmatch(dimensions, '([^,!]+)(!?)') do names[name] = tried end
  each_part(lane, function(gate, dimension)
    local tried = names[dimension]
    if tried then gates[#gates + 1] = { gate = gate, is_tried = tried == '!' } end
  end)
  return gates
end

-- Counts the failure of a dependency at the breaker of the run's gate of that name. Returns the time until which that is open, or
-- nil.
function M.failed(q, job, name, asked)
  local till
  each_part(job.record.lane, function(gate, dimension, is_need)
    local own = dimension == name and limits_of(q, gate, name, is_need)
    if own and own.breaker then
      M.changed(q, gate)
      till = breaker.failed(q, gate, own.breaker, job, asked)
    end
  end)
  return till
end

-- Takes jobs out of the sets of their gates. Returns the gates, and the ids by gate.
local function remove(q, groups, completed)
  local members, order = {}, {}
  for i = 1, #groups do
    local ids, gates = groups[i].ids, M.held(groups[i].dimensions, groups[i].lane)
    for k = 1, #gates do
      local gate = gates[k].gate
      local list = members[gate]
      if list then
        for n = 1, #ids do list[#list + 1] = ids[n] end
      else
        members[gate], order[#order + 1] = #gates == 1 and ids or { unpack(ids) }, gate
      end
      if gates[k].is_tried then
        for n = 1, #ids do breaker.gone(q, gate, ids[n], completed) end
      end
    end
  end
  for i = 1, #order do
    redis.call('SREM', keys.gate(q.keys, order[i]), unpack(members[order[i]]))
    M.changed(q, order[i])
  end
  return order, members
end

-- Lets jobs out that left `executing`, on any way, and passes their places on. `groups` are {ids, dimensions, lane}.
function M.leave(q, groups, completed)
  if #groups == 0 then return end
  local order, members = remove(q, groups, completed)
  if #order == 0 then return end
  local held = reserve.current(q)
  if not parking.is_any(q, order) then return end
  for i = 1, #order do
    local n = #members[order[i]]
    if held and reserve.recall(q, M.named(q, order[i])) then n = n - 1 end
    if n > 0 then parking.turn(q, order[i], n) end
  end
end

-- Counts n starts for the queue's own rate.
function M.started(q, n)
  local own = q.limits and q.limits.dimensions['*']
  if own and own.rate then rate.add(q, '*', own.rate, n) end
end

-- The number of jobs that the queue as a whole may start now; if its rate allows none, also the time of the next.
function M.star(q)
  local own = q.limits and q.limits.dimensions['*']
  if not own then return math.huge end
  local room, next = math.huge, nil
  if own.rate then room, next = rate.room(q, '*', own.rate) end
  if own.concurrency then room = math.min(room, own.concurrency - redis.call('HLEN', q.keys.executing)) end
  if room > 0 then return room end
  return 0, own.rate and next or nil
end
