-- Makes limits effective. `config` holds, as JSON, the result of everything declared, overridden and switched off; claims read
-- only that. Numbers hold from the next claim on. A new dimension limits nothing until the running jobs are in the sets of its
-- gates. A dimension that is gone lets all its lanes go. Both are done a page at a time: `migration` in `config` has the cursors
-- of two scans, `-` for one that is done.
local gates = require('gates')
local keys = require('keys')
local limits = require('limits')
local parking = require('parking')
local record = require('record')
local reserve = require('reserve')
local wake = require('wake')

local PAGE = 500

-- Makes this call use a new text.
local function use(q, text)
  q.limits, q.lane_gates, q.gates = limits.of(text), nil, nil
  if text then
    redis.call('HSET', q.keys.config, 'limits', text)
  else
    redis.call('HDEL', q.keys.config, 'limits')
  end
  reserve.review(q)
end

-- The dimensions whose gates have to be filled with running jobs before they limit.
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

-- Puts running jobs into the gates of new dimensions. Dependencies are left out: a job that needs one has been in its gate all
-- along, and one that runs without it stays out.
local function fill(q, cursor)
  local page = redis.call('HSCAN', q.keys.executing, cursor, 'COUNT', PAGE)
  for i = 1, #page[2], 2 do
    local run = record.read(page[2][i + 1])
    local list, dimensions = gates.of(q, run.lane), run.dimensions
    for k = 1, #list do
      local name = list[k].dimension
      if list[k].gate ~= name and q.limits.dimensions[name] and q.limits.dimensions[name].is_filling then
        redis.call('SADD', keys.gate(q.keys, list[k].gate), page[2][i])
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
  local own = gates.of(q, lane)
  for i = 1, #own do
    if own[i].gate == gate then return true end
  end
  return false
end

-- Lets lanes go from gates that they no longer have, and has every other gate with parked lanes looked at.
local function sweep(q, cursor)
  local page, seen = redis.call('HSCAN', q.keys.where, cursor, 'COUNT', PAGE), {}
  for i = 1, #page[2], 2 do
    local lane, gate = page[2][i], page[2][i + 1]
    if not meets(q, lane, gate) then
      local score = redis.call('ZSCORE', keys.parked(q.keys, gate), lane)
      parking.unpark(q, gate, lane, tonumber(score) or 0)
    elseif not seen[gate] then
      seen[gate] = true
      parking.at(q, gate, q.now)
    end
  end
  return page[1] == '0' and '-' or page[1]
end

-- The text for `config`.
local function compile(q, is_filled)
  local dimensions, has_values = limits.merge(q)
  local off = limits.pairs_of(q.keys.off)
  for name in pairs(off) do off[name] = true end
  if next(dimensions) == nil and next(off) == nil and not has_values then return nil, false end
  local filling = is_filled and {} or filling_of(q, dimensions)
  return cjson.encode({ dimensions = dimensions, off = off, has_values = has_values, filling = filling }), next(filling) ~= nil
end

-- Takes one step of a change under way.
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
    wake.push(q)
  end
end

-- Makes a change of declared, overridden or switched-off limits effective.
function M.apply(q)
  local text, is_filling = compile(q)
  if text == q.limits_text then return end
  use(q, text)
  q.limits_text = text
  q.migration = (is_filling and '0' or '-') .. ' 0'
  M.migrate(q)
  wake.push(q)
end
