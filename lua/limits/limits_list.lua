-- Read-only views: limits and dependencies. Replies are flat lists of name, value.
local chains = require('chains')
local gates = require('gates')
local keys = require('keys')
local limits = require('limits')
local rate = require('rate')
local record = require('record')
local digits = require('arguments').digits

local MOST = 1000             -- running jobs, and parked lanes, that are looked at
local SHOWN = 200             -- gates

-- The gates of running jobs and parked lanes, by name, with the number of lanes seen there. Chains are left out: they are no
-- limits, and may be as many as jobs.
local function gates_in_use(q)
  local found = {}
  local is_chain = chains.is_gate
  local function add(name, lanes)
    if not is_chain(name) then found[name] = (found[name] or 0) + lanes end
  end
  local running = redis.call('HSCAN', q.keys.executing, 0, 'COUNT', MOST)[2]
  for i = 2, math.min(#running, 2 * MOST), 2 do
    local run = record.read(running[i])
    local held = gates.held(run.dimensions, run.lane)
    for k = 1, #held do add(held[k].gate, 0) end
  end
  local parked = redis.call('HSCAN', q.keys.where, 0, 'COUNT', MOST)[2]
  for i = 2, math.min(#parked, 2 * MOST), 2 do add(parked[i], 1) end
  return found
end

-- One gate: members, limit, waiting lanes, rate used, allowed and next, breaker and until.
local function row(q, name)
  local gate = gates.named(q, name)
  local allowed = gate.limits.rate
  gates.read(q, gate)
  local next = -1
  if allowed then next = gate.left > 0 and 0 or math.max((gate.next or q.now) - q.now, 1) end
  return {
    name, redis.call('SCARD', keys.gate(q.keys, name)), gate.limit or gate.limits.concurrency or -1,
    redis.call('ZCARD', keys.parked(q.keys, name)), allowed and allowed.allowance - gate.left or -1,
    allowed and allowed.allowance or -1,
    digits(next), gate.breaker or '', digits(gate.till or 0),
  }
end

local function rows(q, only)
  if only then return { row(q, only) } end
  local list = {}
  for name in pairs(gates_in_use(q)) do list[#list + 1] = row(q, name) end
  table.sort(list, function(one, other)
    if one[4] ~= other[4] then return one[4] > other[4] end
    if one[2] ~= other[2] then return one[2] > other[2] end
    return one[1] < other[1]
  end)
  for i = #list, SHOWN + 1, -1 do list[i] = nil end
  return list
end

local function sorted(map)
  local names, flat = {}, {}
  for name in pairs(map) do names[#names + 1] = name end
  table.sort(names)
  for i = 1, #names do flat[2 * i - 1], flat[2 * i] = names[i], map[names[i]] end
  return flat
end

local function overrides(q)
  local flat = {}
  local all = sorted(limits.pairs_of(q.keys.overrides))
  for i = 1, #all, 2 do
    local value, till = limits.read_override(all[i + 1])
    local at = #flat
    flat[at + 1], flat[at + 2], flat[at + 3] = all[i], value, digits(till)
  end
  return flat
end

-- The ms until the queue's own rate has a place; 0 for now, -1 without a rate.
local function next_start(q)
  local own = q.limits and q.limits.dimensions['*']
  if not (own and own.rate) then return -1 end
  local left, at = rate.room(q, '*', own.rate)
  return left > 0 and 0 or math.max((at or q.now) - q.now, 1)
end

-- limits [gate]      Declared, overridden and effective limits, and how the gates stand, those with most waiting lanes first.
function M.limits(q, args)
  q.is_looking = true
  local deploy = redis.call('HGET', q.keys.config, 'deploy') or '0'
  local _, _, effective = limits.merge(q)
  return {
    'deploy', deploy, 'declared_version', tonumber(q.config.declared) or 0, 'declared', sorted(limits.pairs_of(q.keys.limits)),
    'overrides', overrides(q), 'effective', sorted(effective), 'now', digits(q.now),
    'running', redis.call('HLEN', q.keys.executing), 'next', digits(next_start(q)), 'migrating', q.migration and 1 or 0,
    'gates', rows(q, args[1]),
  }
end

-- The dependencies of lanes with jobs, of runs, and of open breakers.
local function needed(q)
  local names = {}
  local function add(lane)
    for part in string.gmatch(lane, '[^&]+') do
      local name = string.match(part, '^([^=?]+)%??$')
      if name then names[name] = true end
    end
  end
  local lanes = redis.call('ZRANGE', q.keys.lanes, 0, MOST - 1)
  for i = 1, #lanes do add(lanes[i]) end
  local timed = redis.call('ZRANGE', q.keys.timed, 0, MOST - 1)
  for i = 1, #timed do
    if string.find(timed[i], '^[%w_.-]+$') then names[timed[i]] = true end
  end
  local running = redis.call('HSCAN', q.keys.executing, 0, 'COUNT', MOST)[2]
  for i = 2, math.min(#running, 2 * MOST), 2 do add(record.read(running[i]).lane) end
  return names
end

-- dependencies       Each that is off or that jobs need: name, on or off, since when off, breaker, until when that is open, runs
-- with it, lanes that wait for it.
function M.dependencies(q)
  q.is_looking = true
  local off, names, list = limits.pairs_of(q.keys.off), needed(q), {}
  for name in pairs(off) do names[name] = true end
  local all = sorted(names)
  for i = 1, #all, 2 do
    local name = all[i]
    local gate = row(q, name)
    list[#list + 1] = { name, off[name] and 'off' or 'on', off[name] or '0', gate[8], gate[9], gate[2], gate[4] }
  end
  return list
end
