-- once worker id fence key token [result]      A step of a job that is done once over all its runs.
-- Without a result it records the intent: `token` stands for the step from then on, unless an earlier run recorded another. With
-- a result, which is JSON text, it ends the step, unless it has ended. Records stay until the job goes.
--   key, token   1 to 128 printable ASCII characters without space
-- Returns the record: {token} or {token, result}. Errors: FENCED, TOOLARGE, BADARG, BADKEY, FORMAT. No event.
--
-- The column `once` has a line for each step of a job, `key token size result`; the size is the result's in bytes, `-` and
-- nothing for a step that has not ended. The result is never parsed, so it may hold anything.
local arguments = require('arguments')
local record = require('record')
local refuse = arguments.refuse

local LARGEST = 262144        -- bytes that the steps of one job may take; Once.largest in Swift

local function read(text)
  local steps, at = {}, 1
  while at <= #text do
    local key, token, size, from = string.match(text, '^(%S+) (%S+) (%S+) ()', at)
    if not key then break end
    size = tonumber(size)
    steps[#steps + 1] = { key = key, token = token, result = size and string.sub(text, from, from + size - 1) or nil }
    at = from + (size or 0) + 1
  end
  return steps
end

local function line(step)
  return step.key .. ' ' .. step.token .. ' ' .. (step.result and #step.result or '-') .. ' ' .. (step.result or '') .. '\n'
end

local function write(q, id, steps)
  local lines = {}
  for i = 1, #steps do lines[i] = line(steps[i]) end
  local text = table.concat(lines)
  if #text > LARGEST then
    refuse('TOOLARGE', 'the steps of ' .. id .. ' would take ' .. #text .. ' bytes, but a job can keep at most ' .. LARGEST)
  end
  redis.call('HSET', q.keys.once, id, text)
end

-- The step of that key, added to `steps` if it is new.
local function find(steps, key, token)
  for i = 1, #steps do
    if steps[i].key == key then return steps[i], false end
  end
  local step = { key = key, token = token }
  steps[#steps + 1] = step
  return step, true
end

function M.run(q, args)
  local id = record.own(q, args)
  local key, token, result = arguments.word(args[4], 'key'), arguments.word(args[5], 'token'), args[6]
  local steps = read(redis.call('HGET', q.keys.once, id) or '')
  local step, has_changed = find(steps, key, token)
  if result and not step.result then
    step.result, has_changed = result, true
  end
  if has_changed then write(q, id, steps) end
  return { step.token, step.result }
end
