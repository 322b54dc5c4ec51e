-- The reservation. A lane that needs two busy gates may never meet both open, since each free place goes to a lane that needs
-- only that one. So a lane that was often turned away takes the queue's one reservation: at each of its gates one place is
-- withheld from others as it frees, and the lane is tried whenever a run leaves one of them. There is one holder in a queue, so
-- two never wait for each other. `reserve` is `until lane`; `turned` counts by lane how often it was turned away.
local expiry = require('expiry')
local gates = require('gates')
local keys = require('keys')
local parking = require('parking')
local digits = require('arguments').digits

local TURNED = 16             -- times turned away, after which a lane may reserve
local LASTS = 60000           -- ms after which the reservation ends

-- The holder {lane, till, gates}, or false; read once a call.
function M.current(q)
  if q.reserved ~= nil then return q.reserved end
  q.reserved = false
  if not q.limits then return false end
  local text = redis.call('GET', q.keys.reserve)
  if not text then return false end
  local till, lane = string.match(text, '^(%d+) (.*)$')
  if tonumber(till) <= q.now and q.is_looking then return false end
  local of = {}
  local own = gates.of(q, lane)
  for i = 1, #own do of[own[i].gate] = true end
  q.reserved = { lane = lane, till = tonumber(till), gates = own, of = of }
  if tonumber(till) <= q.now then M.finish(q, lane) end
  return q.reserved
end

-- Whether a place of a gate is withheld from this lane.
function M.withholds(q, gate, lane)
  local held = M.current(q)
  return held and held.lane ~= lane and held.of[gate]
end

-- Ends the reservation of a lane, if it has it, and passes on the withheld places.
function M.finish(q, lane)
  local held = M.current(q)
  if not held or held.lane ~= lane then return end
  redis.call('DEL', q.keys.reserve)
  redis.call('HDEL', q.keys.turned, lane)
  q.reserved = false
  parking.turn_all(q, held.gates)
end

-- Limits have changed: the reservation of a lane that no longer has two gates ends.
function M.review(q)
  q.reserved = nil
  if not q.limits then
    redis.call('DEL', q.keys.reserve, q.keys.turned)
    return
  end
  local held = M.current(q)
  if held and not held.gates[2] then M.finish(q, held.lane) end
end

-- A lane with several gates was turned away for want of a place. After 16 times it reserves.
function M.turned_away(q, lane, own)
  q.has_turned = true
  local times = redis.call('HINCRBY', q.keys.turned, lane, 1)
  if times < TURNED or M.current(q) then return end
  local till = q.now + LASTS
  expiry.put(q.keys.reserve, digits(till) .. ' ' .. lane, LASTS + 1000)
  q.reserved = nil
  for i = 1, #own do parking.at(q, own[i].gate, till) end
end

-- After a look for another reason, has a gate of the holder looked at by the end of the reservation.
function M.watch(q, gate)
  local held = M.current(q)
  if held and held.of[gate] then parking.at(q, gate, held.till) end
end

-- Forgets how often lanes were turned away, and ends their reservation: they were served, or are empty.
function M.forget(q, lanes)
  if q.has_turned == nil then q.has_turned = redis.call('EXISTS', q.keys.turned) == 1 end
  if not q.has_turned then return end
  redis.call('HDEL', q.keys.turned, unpack(lanes))
  for i = 1, #lanes do M.finish(q, lanes[i]) end
end

-- A run may have left a gate of the holder. A parked holder is tried again, or lets go if waiting for places is in vain. Returns
-- whether it is tried.
function M.recall(q, gate)
  local held = M.current(q)
  if not held or not held.of[gate.gate] then return false end
  local at = redis.call('HGET', q.keys.where, held.lane)
  if not at then return false end
  local room, _, why = gates.room(q, gate, held.lane)
  if room == 0 then
    if why ~= 'concurrency' then M.finish(q, held.lane) end
    return false
  end
  local score = redis.call('ZSCORE', keys.parked(q.keys, at), held.lane)
  parking.unpark(q, at, held.lane, tonumber(score))
  return true
end
