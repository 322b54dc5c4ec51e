-- The conditions of a bulk change: kind, partitions, a part of the last error, age. They are checked against columns that are
-- read for a page of jobs at once, and only the needed ones.
local arguments = require('arguments')
local columns = require('columns')
local ended = require('ended')
local queue = require('queue')
local record = require('record')
local states = require('states')
local refuse = arguments.refuse

-- Reads the conditions: names and values from args[first] on.
function M.read(want, args, first, n)
  for i = first, first + 2 * n - 1, 2 do
    local name, value = args[i], args[i + 1]
    if name == 'part' and value then
      want.parts[#want.parts + 1] = '&' .. value .. '&'
    elseif name == 'kind' or name == 'error' then
      want[name] = name == 'error' and string.lower(value) or value
    elseif name == 'age' then
      want.age = arguments.number(value, 0, 1e14, 'age')
    else
      refuse('BADARG', 'no such condition: ' .. tostring(name))
    end
  end
end

-- The columns of a page that the conditions need.
function M.columns(q, want, ids)
  local of = {}
  if want.kind or want.is_counting then of.spec = redis.call('HMGET', q.keys.spec, unpack(ids)) end
  if want.error or want.is_counting then of.errors = columns.read(q, 'errors', ids) end
  if want.age then of.created = columns.read(q, 'created', ids) end
  if #want.parts > 0 then of.lane = columns.read(q, 'lane', ids) end
  return of
end

-- Whether a lane has all the parts, each given between two `&`.
function M.has_parts(parts, lane)
  for i = 1, #parts do
    if not string.find('&' .. lane .. '&', parts[i], 1, true) then return false end
  end
  return true
end

-- The message of the last error that a column holds.
local function message(errors)
  if not errors then return '' end
  local line = string.match(errors, '([^\n]*)$')
  local valid, decoded = pcall(cjson.decode, line)
  local error = valid and type(decoded) == 'table' and decoded.error
  if type(error) == 'table' then error = error.message end
  return type(error) == 'string' and error or line
end

-- The time since which a job has been there. `found` is its score, or the record of its run.
local function since(q, state, found, created)
  if states.is_ended(state) then return ended.time(found) end
  if state == 'executing' then return record.read(found).started end
  if created then return tonumber(created) end
  if state ~= 'available' then return state == 'suspended' and tonumber(found) or q.now end
  local _, time = queue.read_score(q, tonumber(found))
  return time
end

-- Whether the job at `i` of a page matches; also its kind and error, if they were read.
function M.matches(q, want, of, i, found)
  if #want.parts > 0 and not M.has_parts(want.parts, of.lane[i] or '') then return false end
  if want.age and q.now - since(q, want.state, found, of.created[i]) < want.age then return false end
  local kind = of.spec and (columns.kind_of(of.spec[i]) or '')
  if want.kind and kind ~= want.kind then return false end
  local error = of.errors and message(of.errors[i])
  if want.error and not string.find(string.lower(error), want.error, 1, true) then return false end
  return true, kind, error
end
