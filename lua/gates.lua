-- Gates: the limits of one dimension applied to one value, such as `account=42`, and each dependency that a job needs, such as
-- `tmdb`. gate:<gate> holds the ids of the jobs that run and have it; nothing is ever counted elsewhere, so nothing can leak.
-- The queue's own gate, `*`, needs no set: its members are all of `executing`.
local M = {}

local BREAKER = { failures = 5, within = 30000, cools = 20000 }     -- of a dependency that declares none

-- Goes through the parts of a lane: calls visit(gate, dimension, whether it is a need, whether the lane runs without it while it
-- is off).
local function each_part(lane, visit)
  for name, sign, value in string.gmatch(lane, '([^=?&]+)([=?]?)([^&]*)') do
    if sign == '=' then
      visit(name .. '=' .. value, name, false, false)
    else
      visit(name, name, true, sign == '?')
    end
  end
end

-- The limits that apply to one gate, or nil if it is none.
function M.limits_of(q, gate, dimension, is_need)
  local limits = q.limits
  local found = limits and limits.dimensions[dimension]
  if limits and limits.has_values and not is_need then found = require('limits').for_value(q, gate, found) end
  if not is_need then return found end
  if not found then return { breaker = BREAKER } end
  if found.breaker then return found end
  return { concurrency = found.concurrency, is_filling = found.is_filling, rate = found.rate, breaker = BREAKER }
end

-- The gates of a lane, in order, each {gate, dimension, limits}; `without` names what is off and not needed, `weight` is the
-- lane's share. Read once a call.
function M.of(q, lane)
  if not q.lane_gates then q.lane_gates = {} end
  local gates = q.lane_gates[lane]
  if gates then return gates end
  gates = { weight = 1, without = '' }
  q.lane_gates[lane] = gates
  if lane == '' then return gates end
  local limits = q.limits
  local off = limits and limits.off or {}
  each_part(lane, function(gate, dimension, is_need, runs_without)
    if is_need and off[dimension] and runs_without then
      gates.without = gates.without .. (gates.without == '' and '' or ',') .. dimension
      return
    end
    local own = M.limits_of(q, gate, dimension, is_need)
    if own then
      gates[#gates + 1] = { gate = gate, dimension = dimension, limits = own, is_off = is_need and off[dimension] }
    end
  end)
  if limits and limits.has_values then gates.weight = require('limits').weight(q, lane) end
  return gates
end

-- A gate from its name alone.
function M.named(q, name)
  local dimension, sign = string.match(name, '^([^=]+)(=?)')
  local is_need = sign == ''
  return {
    gate = name, dimension = dimension, limits = M.limits_of(q, name, dimension, is_need) or {},
    is_off = is_need and q.limits and q.limits.off[dimension],
  }
end

-- How a gate stands: who is in, what is left. Read once a call, and kept in step with what the call claims.
function M.state(q, gate)
  if not q.gate_states then q.gate_states = {} end
  local state = q.gate_states[gate.gate]
  if state then return state end
  local limits = gate.limits
  state = { limits = limits, is_off = gate.is_off }
  if limits.concurrency and not limits.is_filling then
    state.limit, state.members = limits.concurrency, redis.call('SCARD', require('keys').gate(q.keys, gate.gate))
  end
  if limits.rate then state.left, state.next = require('rate').room(q, gate.gate, limits.rate) end
  if limits.breaker then state.breaker, state.till, state.probe = require('breaker').read(q, gate.gate) end
  q.gate_states[gate.gate] = state
  return state
end

-- What was read of a gate is no longer true.
function M.changed(q, gate)
  if q.gate_states then q.gate_states[gate] = nil end
end

-- How many jobs may pass now; and if none, until when it is shut for sure: a time in ms, or false if a settlement may open it.
-- A place withheld for a lane counts as taken for the others.
function M.room(q, gate, lane)
  local state = M.state(q, gate)
  if state.is_off then return 0, false, 'off' end
  local room = math.huge
  if state.breaker == 'open' then return 0, state.till, 'breaker' end
  if state.breaker == 'half-open' then
    if state.probe then return 0, false, 'breaker' end
    room = 1
  end
  if state.left then
    if state.left <= 0 then return 0, state.next or q.now + 1, 'rate' end
    room = math.min(room, state.left)
  end
  if state.limit then
    local free = state.limit - state.members
    if require('reserve').withholds(q, gate.gate, lane) then free = free - 1 end
    if free <= 0 then return 0, false, 'concurrency' end
    room = math.min(room, free)
  end
  return room
end

-- How many jobs of a lane may pass all its gates, at most `want`; or 0, the gate that is shut, until when, and why.
function M.room_for(q, gates, lane, want)
  for i = 1, #gates do
    local room, till, why = M.room(q, gates[i], lane)
    if room == 0 then return 0, gates[i], till, why end
    want = math.min(want, room)
  end
  return want
end

-- Takes note of n jobs chosen from a lane with these gates.
function M.hold(q, gates, n)
  for i = 1, #gates do
    local state = M.state(q, gates[i])
    if state.members then state.members = state.members + n end
    if state.left then state.left = state.left - n end
    if state.breaker == 'half-open' then state.probe, gates[i].is_tried = true, true end
  end
end

-- The dimensions of these gates, as the record of a run has them.
function M.dimensions(gates)
  if #gates == 0 then return '-' end
  local names = {}
  for i = 1, #gates do names[i] = gates[i].dimension .. (gates[i].is_tried and '!' or '') end
  return table.concat(names, ',')
end

-- Lets chosen jobs in: writes members, rates and probes; the caller has made sure that there is room.
function M.join(q, chosen)
  local members, order, limited = {}, {}, {}
  for i = 1, #chosen.order do
    local lane = chosen.order[i]
    local gates = M.of(q, lane)
    if #gates > 0 then limited[lane] = gates end
  end
  if next(limited) == nil then return end
  for i = 1, #chosen.ids do
    local gates = limited[chosen.lanes[i]] or {}
    for k = 1, #gates do
      local gate = gates[k]
      local list = members[gate.gate]
      if not list then
        list = { gate = gate }
        members[gate.gate], order[#order + 1] = list, list
      end
      list[#list + 1] = chosen.ids[i]
      if gate.is_tried then require('breaker').try(q, gate.gate, chosen.ids[i]) end
    end
  end
  for i = 1, #order do
    local list = order[i]
    redis.call('SADD', require('keys').gate(q.keys, list.gate.gate), unpack(list))
    if list.gate.limits.rate then require('rate').add(q, list.gate.gate, list.gate.limits.rate, #list) end
  end
end

-- The gates that a record names, as a list of {gate, is_tried}. Each dimension is found in the lane.
function M.held(dimensions, lane)
  local gates, names = {}, {}
  for name, tried in string.gmatch(dimensions, '([^,!]+)(!?)') do names[name] = tried end
  each_part(lane, function(gate, dimension)
    local tried = names[dimension]
    if tried then gates[#gates + 1] = { gate = gate, is_tried = tried == '!' } end
  end)
  return gates
end

-- A dependency failed in a run: counted by the breaker of the gate that the run has of that name. Returns until when that is
-- open, or nil.
function M.failed(q, job, name, asked)
  local till
  each_part(job.record.lane, function(gate, dimension, is_need)
    local limits = dimension == name and M.limits_of(q, gate, name, is_need)
    if limits and limits.breaker then
      M.changed(q, gate)
      till = require('breaker').failed(q, gate, limits.breaker, job, asked)
    end
  end)
  return till
end

-- Takes jobs out of the sets of their gates. Returns the gates, and the ids that left each.
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
        for n = 1, #ids do require('breaker').gone(q, gate, ids[n], completed) end
      end
    end
  end
  for i = 1, #order do
    redis.call('SREM', require('keys').gate(q.keys, order[i]), unpack(members[order[i]]))
    M.changed(q, order[i])
  end
  return order, members
end

-- Lets jobs out that have left `executing`, however, and passes their places on. `groups` are {ids, dimensions, lane}.
function M.leave(q, groups, completed)
  if #groups == 0 then return end
  local order, members = remove(q, groups, completed)
  if #order == 0 then return end
  local keys, parking, parked = require('keys'), require('parking'), {}
  for i = 1, #order do parked[i] = keys.parked(q.keys, order[i]) end
  local held = require('reserve').current(q)
  if not held and redis.call('EXISTS', unpack(parked)) == 0 then return end
  for i = 1, #order do
    local n = #members[order[i]]
    if held and require('reserve').recall(q, M.named(q, order[i])) then n = n - 1 end
    if n > 0 then parking.turn(q, order[i], n) end
  end
end

-- Counts n starts for the queue's own rate.
function M.started(q, n)
  local limits = q.limits and q.limits.dimensions['*']
  if limits and limits.rate then require('rate').add(q, '*', limits.rate, n) end
end

-- How many jobs the queue as a whole may start now; and if none because of its rate, when the next one.
function M.star(q)
  local limits = q.limits and q.limits.dimensions['*']
  if not limits then return math.huge end
  local room, next = math.huge, nil
  if limits.rate then room, next = require('rate').room(q, '*', limits.rate) end
  if limits.concurrency then room = math.min(room, limits.concurrency - redis.call('HLEN', q.keys.executing)) end
  if room > 0 then return room end
  return 0, limits.rate and next or nil
end

return M
