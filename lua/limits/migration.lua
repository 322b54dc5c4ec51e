-- Making limits hold: `config` keeps, as JSON, what follows from everything declared, overridden and switched off; claims read
-- that. Numbers hold from the next claim on. A dimension that is new limits nothing until the jobs that run are in the sets of
-- its gates; one that is gone lets all its lanes go. Both are done a page at a time: `config` has `migration`, the cursors of
-- two scans, `-` for one that is done.
local M = {}

local PAGE = 500

-- Makes the call use a new text.
local function use(q, text)
  q.limits, q.lane_gates, q.gates = require('limits').of(text), nil, nil
  if text then
    redis.call('HSET', q.keys.config, 'limits', text)
  else
    redis.call('HDEL', q.keys.config, 'limits')
  end
  require('reserve').review(q)
end

-- Dimensions that a gate's members have to be found for, before they limit anything.
local function filling_of(q, dimensions)
  local filling = {}
  if redis.call('EXISTS', q.keys.executing) == 0 then return filling end
  local before = q.limits and q.limits.dimensions or {}
  for dimension in pairs(dimensions) do
    local own = before[dimension]
    if dimension ~= '*' and (not own or own.is_filling) then filling[dimension] = true end
  end
  return filling
end

-- Puts running jobs into the gates of dimensions that are new. What needs a dependency has been in its gate ever since; what
-- runs without it stays out.
local function fill(q, cursor)
  local record, gates = require('record'), require('gates')
  local page = redis.call('HSCAN', q.keys.executing, cursor, 'COUNT', PAGE)
  for i = 1, #page[2], 2 do
    local run = record.read(page[2][i + 1])
    local list, dimensions = gates.of(q, run.lane), run.dimensions
    for k = 1, #list do
      local name = list[k].dimension
      if list[k].gate ~= name and q.limits.dimensions[name] and q.limits.dimensions[name].is_filling then
        redis.call('SADD', require('keys').gate(q.keys, list[k].gate), page[2][i])
        if not string.find(',' .. string.gsub(dimensions, '!', '') .. ',', ',' .. name .. ',', 1, true) then
          dimensions = dimensions == '-' and name or dimensions .. ',' .. name
        end
      end
    end
    if dimensions ~= run.dimensions then
      redis.call('HSET', q.keys.executing, page[2][i], record.with_dimensions(run, dimensions))
    end
  end
  return page[1] == '0' and '-' or page[1]
end

-- Whether a lane still has the gate it is parked at.
local function meets(q, lane, gate)
  local gates = require('gates').of(q, lane)
  for i = 1, #gates do
    if gates[i].gate == gate then return true end
  end
  return false
end

-- Lets lanes go that are parked at gates they no longer have, and has every other gate with parked lanes looked at again.
local function sweep(q, cursor)
  local page, seen, parking = redis.call('HSCAN', q.keys.where, cursor, 'COUNT', PAGE), {}, require('parking')
  for i = 1, #page[2], 2 do
    local lane, gate = page[2][i], page[2][i + 1]
    if not meets(q, lane, gate) then
      local score = redis.call('ZSCORE', require('keys').parked(q.keys, gate), lane)
      parking.unpark(q, gate, lane, tonumber(score) or 0)
    elseif not seen[gate] then
      seen[gate] = true
      parking.at(q, gate, q.now)
    end
  end
  return page[1] == '0' and '-' or page[1]
end

-- The text for `config`, from what is declared, overridden and switched off.
local function compile(q, is_filled)
  local dimensions, has_values = require('limits').merge(q)
  local off = require('limits').pairs_of(q.keys.off)
  for name in pairs(off) do off[name] = true end
  if next(dimensions) == nil and next(off) == nil and not has_values then return nil, false end
  local filling = is_filled and {} or filling_of(q, dimensions)
  return cjson.encode({ dimensions = dimensions, off = off, has_values = has_values, filling = filling }), next(filling) ~= nil
end

-- Takes one step of what is left of a change.
function M.migrate(q)
  if not q.migration then return end
  local filled, swept = string.match(q.migration, '^(%S+) (%S+)$')
  if filled ~= '-' then
    filled = q.limits and fill(q, filled) or '-'
    if filled == '-' then use(q, (compile(q, true))) end
  end
  if swept ~= '-' then swept = sweep(q, swept) end
  if filled == '-' and swept == '-' then
    q.migration = false
    redis.call('HDEL', q.keys.config, 'migration')
  else
    q.migration = filled .. ' ' .. swept
    redis.call('HSET', q.keys.config, 'migration', q.migration)
    require('wake').push(q)
  end
end

-- Called when something that holds has changed: makes it hold from now on.
function M.apply(q)
  local text, is_filling = compile(q)
  if text == q.limits_text then return end
  use(q, text)
  q.limits_text = text
  q.migration = (is_filling and '0' or '-') .. ' 0'
  M.migrate(q)
  require('wake').push(q)
end

return M
