-- Checks of gates and parked lanes for audit. `wrong` is called with each finding and its cure in repair.lua.
local chains = require('chains')
local columns = require('columns')
local gates = require('gates')
local keys = require('keys')
local record = require('record')

local READY = 1000            -- lanes looked at to find one that meets a gate

-- The gates of ready lanes; nil if there are too many lanes.
local function met(q)
  if redis.call('ZCARD', q.keys.ready) > READY then return nil end
  local of = {}
  for _, lane in ipairs(redis.call('ZRANGE', q.keys.ready, 0, -1)) do
    for _, gate in ipairs(gates.of(q, lane)) do of[gate.gate] = true end
  end
  return of
end

-- A gate with parked lanes is shut, in `timed`, or met by a ready lane.
local function is_looked_after(q, name, of)
  if not of or of[name] or redis.call('ZSCORE', q.keys.timed, name) then return true end
  local room, till = gates.room(q, gates.named(q, name))
  return room == 0 and not till
end

-- A page of `where`: lane, gate, lane, gate.
function M.parked(q, page, wrong)
  q.is_looking = true
  local of, seen = #page > 0 and met(q), {}
  for i = 1, #page, 2 do
    local lane, gate = page[i], page[i + 1]
    if not redis.call('ZSCORE', q.keys.lanes, lane) then
      wrong('lane "' .. lane .. '" is parked, but not listed', 'lane', lane)
    end
    if not redis.call('ZSCORE', keys.parked(q.keys, gate), lane) then
      wrong('lane "' .. lane .. '" is not parked at ' .. gate .. ', although `where` says so', 'lane', lane)
    end
    if not seen[gate] and not q.migration and not is_looked_after(q, gate, of) then
      wrong('gate ' .. gate .. ' is open and has parked lanes, but no look at it is due', 'look', gate)
    end
    seen[gate] = true
  end
end

-- Whether a job that does not run may hold a chain: it waits at its old place, or was discarded and holds it.
local function may_hold(q, gate, id)
  if chains.gate(redis.call('HGET', q.keys.lane, id) or '') ~= gate then return false end
  if redis.call('HEXISTS', q.keys.place, id) == 0 then return false end
  if redis.call('ZSCORE', q.keys.scheduled, id) or redis.call('ZSCORE', q.keys.retryable, id) then return true end
  return redis.call('ZSCORE', q.keys.discarded, id) and redis.call('HEXISTS', q.keys.hold, id) == 1
end

-- Jobs of `scheduled`, `retryable` or an ended state: a job of a chain that kept its place holds the chain.
function M.kept(q, ids, wrong)
  local places = columns.read(q, 'place', ids)
  if next(places) == nil then return end
  local lanes = columns.read(q, 'lane', ids)
  for i = 1, #ids do
    local gate = places[i] and chains.gate(lanes[i] or '')
    if gate and redis.call('SISMEMBER', keys.gate(q.keys, gate), ids[i]) == 0 then
      wrong(ids[i] .. ' kept its place, but does not hold ' .. gate, 'hold', gate, ids[i])
    end
  end
end

-- The set of one gate: `most` of its members.
local function check_members(q, gate, most, wrong)
  local ids = redis.call('SRANDMEMBER', keys.gate(q.keys, gate), most)
  if #ids == 0 then return end
  local records = redis.call('HMGET', q.keys.executing, unpack(ids))
  local is_chain = chains.is_gate(gate)
  if is_chain and #ids > 1 then wrong('gate ' .. gate .. ' has ' .. #ids .. ' jobs, but a chain has one at a time') end
  for i = 1, #ids do
    local run = records[i] and record.read(records[i])
    local is_held = false
    for _, held in ipairs(run and gates.held(run.dimensions, run.lane) or {}) do
      is_held = is_held or held.gate == gate
    end
    if not is_held and is_chain and not run then is_held = may_hold(q, gate, ids[i]) end
    if not is_held then wrong('gate ' .. gate .. ' has ' .. ids[i] .. ', which holds no place there', 'leave', gate, ids[i]) end
  end
end

-- The gates of the lanes of some jobs, as a flat list of id and lane: `most` members of each.
function M.of_jobs(q, jobs, most, wrong)
  local seen = {}
  for i = 2, #jobs, 2 do
    for part in string.gmatch(jobs[i], '[^&]+') do
      local gate = string.match(part, '^([^=?]+)%??$') or part
      if not seen[gate] then
        seen[gate] = true
        check_members(q, gate, most, wrong)
      end
    end
  end
end

-- A job that runs.
function M.runs(q, id, run, wrong)
  for _, held in ipairs(gates.held(run.dimensions, run.lane)) do
    if redis.call('SISMEMBER', keys.gate(q.keys, held.gate), id) == 0 then
      wrong(id .. ' runs with a place at ' .. held.gate .. ', which does not list it', 'join', held.gate, id)
    end
  end
end

-- Some lanes that are ready.
function M.ready(q, lanes, wrong)
  for i = 1, #lanes do
    if not redis.call('ZSCORE', q.keys.lanes, lanes[i]) then
      wrong('lane "' .. lanes[i] .. '" is ready, but not listed', 'lane', lanes[i])
    end
  end
end

-- Some suspects.
function M.suspects(q, ids, wrong)
  for i = 1, #ids do
    if not redis.call('ZSCORE', q.keys.retryable, ids[i]) then
      wrong('suspect ' .. ids[i] .. ' is not retryable', 'no_suspect', ids[i])
    end
  end
end
