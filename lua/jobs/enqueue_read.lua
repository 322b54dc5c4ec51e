-- Reads the jobs of a call, as enqueue.lua describes them. Refuses jobs that could not be enqueued, before anything is written.
local arguments = require('arguments')
local enqueue = require('enqueue')
local options = require('options')
local queue = require('queue')
local spec = require('spec')
local unique = require('unique')
local refuse = arguments.refuse

local BYTES = 4194304         -- of all specs in a call by hand

-- Refuses a text that is no id: all ids of a call, joined, and the longest of them.
local function check(text, longest)
  if longest > 128 or string.find(text, '[^!-~]') then
    refuse('BADARG', 'id must be 1 to 128 printable ASCII characters without spaces')
  end
end

function M.check_id(id) check(id, #id) end

-- Checks ids, and makes the empty ones. `jobs` is a flat list of id and spec.
local function check_ids(q, jobs, n)
  local ids, longest, empty = {}, 0, false
  for i = 1, n do
    local id = jobs[2 * i - 1]
    if #id > longest then longest = #id end
    if id == '' then empty = true end
    ids[i] = id
  end
  check(table.concat(ids), longest)
  for i = 1, empty and n or 0 do
    if ids[i] == '' then
      ids[i] = enqueue.new_id(q)
      jobs[2 * i - 1] = ids[i]
    end
  end
  return ids
end

-- Refuses specs from which no webhook body can be made.
local function check_notified(jobs, option_of, n)
  for i = 1, n do
    if option_of[i] and option_of[i].notify then spec.check_notified(jobs[2 * i]) end
  end
end

-- Reads jobs from arguments; the count stands at `first`. Returns a flat list of id and spec, the ids, the options by position
-- from 1, and the keys of unique jobs, if any.
function M.calls(q, args, first)
  local n = arguments.number(args[first], 1, queue.MOST, 'count')
  local last, keys = #args, nil
  if last > first + 3 * n and args[last - n] == 'keys' then
    last, keys = last - n - 1, unique.keys(args, n)
  end
  if last < first + 2 * n or (last - first) % 2 == 1 then
    refuse('BADARG', 'jobs must be pairs of id and spec; options, pairs of position and options; keys, one for each job')
  end
  local jobs, option_of, known, all, has_notify = { unpack(args, first + 1, first + 2 * n) }, {}, {}, nil, false
  for i = first + 1 + 2 * n, last, 2 do
    local position = args[i] == '*' and -1 or arguments.number(args[i], 0, n - 1, 'position')
    local text = args[i + 1]
    -- Most jobs of a call have the same options.
    local option = text ~= '' and (known[text] or options.read(q, text)) or nil
    if option and not option.after then known[text] = option end
    has_notify = has_notify or option and option.notify
    if position < 0 then all = option else option_of[position + 1] = option end
  end
  for i = 1, all and n or 0 do option_of[i] = option_of[i] or all end
  if has_notify and not q.is_stored then check_notified(jobs, option_of, n) end
  return jobs, check_ids(q, jobs, n), option_of, keys
end

-- Reads jobs from people. Checks their specs as well, since no client made them.
function M.by_hand(q, args)
  local jobs, option_of, bytes = {}, {}, 0
  local n = #args / 3
  if n ~= math.floor(n) or n < 1 or n > queue.MOST then
    refuse('BADARG', 'jobs must be groups of id, spec and options, the last two as JSON; at most ' .. queue.MOST .. ' jobs')
  end
  for i = 1, n do
    local text, option = args[3 * i - 1], args[3 * i]
    bytes = bytes + #text
    if bytes > BYTES then refuse('BADARG', 'the specs of one call can have at most ' .. BYTES .. ' bytes: use several calls') end
    local own = spec.read(text, 'a spec', spec.LARGEST)
    jobs[2 * i - 1], jobs[2 * i] = args[3 * i - 2], text
    if option ~= '' or own.partitions or own.needs or own.chain then
      option_of[i] = options.read(q, option == '' and '{}' or option, own)
      if option_of[i].unique and not option_of[i].unique.key then refuse('BADARG', 'unique needs a key, such as {"key":"a"}') end
    end
  end
  return jobs, check_ids(q, jobs, n), option_of
end
