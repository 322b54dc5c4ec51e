-- The options of a job, as enqueue.lua describes them: read from JSON and checked. For specs written by hand, the lane is made
-- here.
local arguments = require('arguments')
local chains = require('chains')
local followers = require('followers')
local links = require('links')
local members = require('members')
local notices = require('notices')
local queue = require('queue')
local unique = require('unique')
local refuse = arguments.refuse

local known = {
  delay = true, at = true, priority = true, lane = true, after = true, target = true, links = true, notify = true,
  deadline = true, deadline_at = true, hold = true, unique = true,
}

-- A value in the form of lanes.
local function encoded(name, value)
  local text = string.gsub(value, '[^%w_.-]', function(byte) return string.format('%%%02X', string.byte(byte)) end)
  if #text > 64 then
    refuse('BADARG', name .. ' takes ' .. #text .. ' bytes in the lane of the job: above 64, enqueue it with a Sluice client')
  end
  return name .. '=' .. text
end

-- The lane of a spec with partitions, needs and a chain, which spec.lua has read.
local function lane_of(spec)
  local parts, names = {}, {}
  for name, value in pairs(spec.partitions or {}) do parts[#parts + 1] = { name = name, value = value } end
  for _, need in ipairs(spec.needs or {}) do parts[#parts + 1] = { name = string.match(need, '^[^?]*'), text = need } end
  if spec.chain then parts[#parts + 1] = { name = 'chain', value = spec.chain, is_chain = true } end
  table.sort(parts, function(one, other) return one.name < other.name end)
  for i = 1, #parts do
    local part = parts[i]
    if not string.find(part.name, '^[%w_.-]+$') or #part.name > 32 or names[part.name] then
      refuse('BADARG', 'partitions and needs must have different names of 1 to 32 letters, digits, _ . -, not '
        .. arguments.shown(part.name) .. (names[part.name] and ' twice' or ''))
    end
    if part.name == 'chain' and not part.is_chain then
      refuse('BADARG', 'a partition or need cannot be called chain: give the spec a member chain, a text')
    end
    names[part.name], parts[i] = true, part.text or encoded(part.name, part.value)
  end
  return table.concat(parts, '&')
end

-- The lines of `links`.
local function read_links(lines)
  if type(lines) ~= 'table' or #lines < 1 or #lines > 11 then refuse('BADARG', 'links must be a list of 1 to 11 lines') end
  for i = 1, #lines do
    if not links.is_line(lines[i]) then refuse('BADARG', 'unknown link: ' .. arguments.shown(lines[i])) end
  end
  return table.concat(lines, '\n')
end

-- The text of options that travel to another queue. The deadline becomes absolute, since it counts from now in any queue.
function M.travelling(options, option)
  options.deadline, options.deadline_at = nil, option.deadline
  return next(options) and cjson.encode(options) or '{}'
end

-- The deadline of a job, in ms since 1970, or nil.
local function read_deadline(q, options)
  if options.deadline_at ~= nil then return arguments.whole(options.deadline_at, 0, 1e14, 'deadline_at') end
  return options.deadline ~= nil and q.now + arguments.whole(options.deadline, 1, 1e13, 'deadline') or nil
end

-- Reads the parent, and the queue to which the job goes then, with the rest of its options.
local function read_after(option, options)
  option.after = followers.read(options.after)
  if options.target == nil then return end
  if type(options.target) ~= 'string' or #options.target > 64 or not string.find(options.target, '^[%w._-]+$') then
    refuse('BADARG', 'target must be the name of a queue')
  end
  option.target, options.after, options.target = options.target, nil, nil
  option.text = M.travelling(options, option)
end

-- Without a lane in the options, that of a spec written by hand counts.
local function add_lane(options, spec)
  if options.lane ~= nil and options.lane ~= '' then return end
  local lane = lane_of(spec)
  if lane ~= '' then options.lane = lane end
  if spec.chain_hold then options.hold = true end
end

-- Refuses a malformed lane. Other characters would be misread where a lane stands beside other text.
local function check_lane(lane)
  if type(lane) ~= 'string' or #lane > 1024 or not string.find(lane, '^[%w_.%%=?&~-]*$') then
    refuse('BADARG', 'lane must be a text of at most 1024 bytes, such as account=42&smtp?, all else as %XX')
  end
  if string.find(lane, 'chain=', 1, true) and chains.gate(lane) == 'chain=' then
    refuse('BADARG', 'the key of a chain cannot be empty')
  end
end

-- The due time of a job, in ms since 1970, or nil for now.
local function read_due(q, options)
  local due = nil
  if options.delay ~= nil then due = q.now + arguments.whole(options.delay, 0, 1e14, 'delay') end
  if options.at ~= nil then due = arguments.whole(options.at, 0, 1e14, 'at') end
  return due and due > q.now and due or nil
end

-- The lines of all parties that hear of the end.
local function read_links_and_notify(option, options)
  if options.links ~= nil then option.links = read_links(options.links) end
  if options.notify == nil then return end
  option.notify = notices.read(options.notify)
  option.links = option.links and option.links .. '\n' .. option.notify or option.notify
end

-- The object of a text of options.
local function decode(q, text)
  local valid, options = pcall(cjson.decode, text)
  if not valid or type(options) ~= 'table' or string.byte(text) ~= 123 and not string.find(text, '^%s*{') then
    refuse('BADARG', 'options must be a JSON object, such as {"delay":60000}')
  end
  for name in pairs(options) do
    if not known[name] and not q.is_stored then members.refuse_unknown(tostring(name), known, 'options') end
  end
  return options
end

-- Reads the options of a job. `spec` is given, decoded, if it was written by hand. Options that an earlier library stored may
-- have unknown members.
function M.read(q, text, spec)
  local options = decode(q, text)
  if spec then add_lane(options, spec) end
  local lane, hold, priority = options.lane, options.hold, options.priority
  if lane ~= nil and not q.is_stored then check_lane(lane) end
  if hold ~= nil and type(hold) ~= 'boolean' then refuse('BADARG', 'hold must be true or false') end
  if priority ~= nil then priority = arguments.whole(priority, 0, 9, 'priority') end
  local option = {
    priority = priority or queue.PRIORITY, lane = lane or '', hold = hold == true, delay = options.delay, at = options.at,
  }
  if option.delay ~= nil or option.at ~= nil then option.due = read_due(q, options) end
  if options.deadline ~= nil or options.deadline_at ~= nil then option.deadline = read_deadline(q, options) end
  -- What comes from another queue is written so, even if it was a time from then.
  option.is_deadline_named = options.deadline_at ~= nil and not q.is_stored
  if lane or hold then chains.check(option) end
  if options.links ~= nil or options.notify ~= nil then read_links_and_notify(option, options) end
  if options.unique ~= nil then option.unique = unique.read(options.unique) end
  if options.after ~= nil then
    read_after(option, options)
  elseif options.target ~= nil then
    refuse('BADARG', 'target needs after: only a follower can go to another queue')
  end
  return option
end
