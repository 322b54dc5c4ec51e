-- The limits of a queue: declared by workers (`limits`), overridden by operators (`overrides`), effective. Claims read the field
-- `limits` of `config`, which is made from both whenever one changes. Names are KIND, KIND/DIMENSION or KIND/DIMENSION=VALUE.
-- Values are short texts: concurrency `12`, rate `40/10000/300` (allowance, period, guard in ms), breaker `5/30000/20000`
-- (failures, within, cools), weight `4`, depth `100000`; an override may be `none`.
local refuse = require('arguments').refuse

local LONGEST = 2678400000    -- 31 days: periods, in ms

-- The numbers of a text such as `40/10000`, or nil if it is not of that form.
local function numbers(text)
  if not string.find(text, '^%d+[%d/]*$') then return nil end
  local list = {}
  for number in string.gmatch(text, '%d+') do list[#list + 1] = tonumber(number) end
  return list
end

local function is_within(number, most) return number ~= nil and number >= 1 and number <= most end

local readers = {}

function readers.concurrency(list)
  return #list == 1 and is_within(list[1], 1000000) and list[1]
end

function readers.rate(list)
  if #list < 2 or #list > 3 or not is_within(list[1], 1e9) or not is_within(list[2], LONGEST) then return nil end
  local guard = list[3] or math.max(1, math.ceil(list[2] * 0.03))
  return guard <= LONGEST and { allowance = list[1], period = list[2], guard = guard }
end

function readers.breaker(list)
  if #list ~= 3 or not is_within(list[1], 1000) then return nil end
  if not (is_within(list[2], LONGEST) and is_within(list[3], LONGEST)) then return nil end
  return { failures = list[1], within = list[2], cools = list[3] }
end

function readers.depth(list) return #list == 1 and is_within(list[1], 1e9) and list[1] end

function readers.weight(list) return #list == 1 and is_within(list[1], 1000) and list[1] end

-- The parsed value of a kind, or nil if it is malformed.
local function read(kind, value)
  local list = numbers(value)
  return list and readers[kind](list) or nil
end

-- The parts of a name: kind, dimension (`*` for the whole queue), and the gate if it is for one value; nil if the name is
-- malformed.
function M.parts(name)
  local kind, rest = string.match(name, '^(%l+)(.*)$')
  if not kind or not readers[kind] or #name > 512 then return nil end
  if rest == '' then
    if kind == 'breaker' or kind == 'weight' then return nil end
    return kind, '*'
  end
  if kind == 'depth' then return nil end
  local dimension, value = string.match(rest, '^/([%w_.-]+)(.*)$')
  if not dimension or #dimension > 32 or value ~= '' and not string.find(value, '^=[%w_.%%~-]*$') then return nil end
  if kind == 'weight' and value == '' then return nil end
  return kind, dimension, value ~= '' and dimension .. value or nil
end

-- Refuses a malformed limit. An override may be `none`.
function M.check(name, value, is_override)
  local kind, dimension = M.parts(name)
  if not kind then
    refuse('BADARG', 'there is no limit ' .. string.sub(name, 1, 80) .. ': limits are concurrency, rate, depth, ' ..
      'concurrency/NAME, rate/NAME, breaker/NAME, each also for one value, /NAME=VALUE, and weight/NAME=VALUE')
  end
  if dimension == 'chain' then refuse('BADARG', 'chain cannot be limited: a chain runs one job at a time') end
  if not (is_override and value == 'none') and not read(kind, value) then
    refuse('BADARG', name .. ' cannot be ' .. string.sub(value, 1, 80) .. ': concurrency is N, rate is N/PERIOD_MS, ' ..
      'breaker is N/WITHIN_MS/COOLS_MS, weight and depth are N; all at least 1')
  end
end

-- Splits a value of `overrides`: value, end (0 for none), and the time it was made, if it ends.
function M.read_override(text)
  local value, till, at = string.match(text, '^(%S+) (%d+) ?(%d*)$')
  return value, tonumber(till), tonumber(at)
end

-- Parsed forms of the text in `config`, kept between calls by the text: {dimensions, off, has_values}.
local cache, cached = {}, 0

local function decode(text)
  local raw = cjson.decode(text)
  local limits = { dimensions = {}, off = raw.off, has_values = raw.has_values }
  for dimension, kinds in pairs(raw.dimensions) do
    local own = {}
    for kind, value in pairs(kinds) do own[kind] = read(kind, value) end
    own.is_filling = raw.filling[dimension]
    limits.dimensions[dimension] = own
  end
  return limits
end

-- The effective limits, or nil without any. `text` is that of `config`.
function M.of(text)
  if not text then return nil end
  local found = cache[text]
  if found then return found end
  found = decode(text)
  if cached >= 100 then cache, cached = {}, 0 end
  cache[text], cached = found, cached + 1
  return found
end

-- A hash as a table.
function M.pairs_of(key)
  local flat, map = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- Merges declared and overridden limits: values by dimension and kind; whether single values have limits or weights of their own;
-- values by name.
function M.merge(q)
  local effective, dimensions, has_values = {}, {}, false
  local function put(name, value)
    local kind, dimension, gate = M.parts(name)
    if kind == 'weight' then
      has_values = true
    else
      local own = dimensions[dimension] or {}
      dimensions[dimension] = own
      if gate then
        has_values = true
      else
        effective[name] = value
        own[kind] = value
      end
    end
  end
  local declared, overrides = M.pairs_of(q.keys.limits), M.pairs_of(q.keys.overrides)
  for name, value in pairs(declared) do put(name, value) end
  for name, text in pairs(overrides) do
    local value = M.read_override(text)
    put(name, value ~= 'none' and value or nil)
  end
  return dimensions, has_values, effective
end

-- The limits of one value, where values have limits of their own. `found` is that of its dimension.
function M.for_value(q, gate, found)
  local names = { 'concurrency/' .. gate, 'rate/' .. gate, 'breaker/' .. gate }
  local values, declared = redis.call('HMGET', q.keys.overrides, unpack(names)), redis.call('HMGET', q.keys.limits, unpack(names))
  local own = { is_filling = found and found.is_filling }
  for i, kind in ipairs({ 'concurrency', 'rate', 'breaker' }) do
    local value = values[i] and M.read_override(values[i]) or declared[i]
    if value then
      own[kind] = value ~= 'none' and read(kind, value) or nil
    else
      own[kind] = found and found[kind]
    end
  end
  return (found or own.concurrency or own.rate or own.breaker) and own or nil
end

-- The share of a lane: the product of the weights of its values.
function M.weight(q, lane)
  local weight = 1
  for part in string.gmatch(lane, '[^&]+') do
    local name = 'weight/' .. part
    local text = redis.call('HGET', q.keys.overrides, name)
    local value = text and M.read_override(text) or redis.call('HGET', q.keys.limits, name)
    if value and value ~= 'none' then weight = weight * tonumber(value) end
  end
  return math.min(weight, 1000)
end
