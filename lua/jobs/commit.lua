-- Jobs that a handler enqueued. They come to be with the outcome of its run, or not at all. Each settlement's detail holds some,
-- as `length:bytes` of the id, the spec, the options as of enqueue, and the queue, empty for this one. Jobs of another queue are
-- suspended here on their way. The client refused jobs that could not be enqueued. Malformed options and signed jobs (signed.lua)
-- are left out here, so that no settlement fails.
local enqueue = require('enqueue')
local options = require('options')
local signed = require('signed')

local function parts(text)
  local list, at = {}, 1
  while at <= #text do
    local length, start = string.match(text, '^(%d+):()', at)
    if not length then break end
    list[#list + 1] = string.sub(text, start, start + tonumber(length) - 1)
    at = start + tonumber(length)
  end
  return list
end

-- The options of a job for enqueue.add; nil for none.
local function read(q, text, target)
  local option
  if text ~= '' then
    local valid, found = pcall(options.read, q, text)
    option = valid and not found.after and found or nil
  end
  if target == '' then return option end
  option = option or options.read(q, '{}')
  option.target, option.text, option.plan = target, text == '' and '{}' or text, 'enter'
  if option.deadline then option.text = options.travelling(cjson.decode(text), option) end
  return option
end

-- Enqueues the jobs of one detail.
function M.run(q, detail)
  local found, jobs, ids, option_of = parts(detail), {}, {}, {}
  for i = 1, #found - 3, 4 do
    if not signed.is(found[i + 3] == '' and q.keys.name or found[i + 3], found[i + 1]) then
      local n = #ids + 1
      ids[n], jobs[2 * n - 1], jobs[2 * n] = found[i], found[i], found[i + 1]
      option_of[n] = read(q, found[i + 2], found[i + 3])
    end
  end
  if #ids > 0 then enqueue.add(q, jobs, ids, option_of) end
end
