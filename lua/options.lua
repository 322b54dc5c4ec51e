-- The options of a job, as enqueue.lua tells them: read from JSON, checked, and for specs written by hand made from those.
local M = {}

-- A value as lanes have it.
local function encoded(value)
  local text = string.gsub(tostring(value), '[^%w_.-]', function(byte) return string.format('%%%02X', string.byte(byte)) end)
  if #text > 64 then require('queue').refuse('BADARG', 'a partition above 64 bytes, as encoded, takes a client') end
  return text
end

-- The lane of a spec with partitions, needs and a chain.
local function lane_of(spec)
  local parts, names, queue = {}, {}, require('queue')
  for name, value in pairs(type(spec.partitions) == 'table' and spec.partitions or {}) do
    parts[#parts + 1] = { name = name, text = name .. '=' .. encoded(value) }
  end
  for _, need in ipairs(type(spec.needs) == 'table' and spec.needs or {}) do
    parts[#parts + 1] = { name = string.match(need, '^[^?]*'), text = need }
  end
  if spec.chain ~= nil then
    if type(spec.chain) ~= 'string' then queue.refuse('BADARG', 'the chain is a text, its key') end
    parts[#parts + 1] = { name = 'chain', text = 'chain=' .. encoded(spec.chain), is_chain = true }
  end
  table.sort(parts, function(one, other) return one.name < other.name end)
  for i = 1, #parts do
    local name = parts[i].name
    if not string.find(name, '^[%w_.-]+$') or #name > 32 or not string.find(parts[i].text, '^[%w_.-]+[=?]?') or names[name] then
      queue.refuse('BADARG', 'partitions and needs have different names of 1 to 32 letters, digits, _ . -')
    end
    if name == 'chain' and not parts[i].is_chain then
      queue.refuse('BADARG', 'no partition and no need is called chain: give the spec a chain, which is a text')
    end
    names[name], parts[i] = true, parts[i].text
  end
  return table.concat(parts, '&')
end

-- The lines of what is to be told when the job ends.
local function read_links(lines)
  local queue, links = require('queue'), require('links')
  if type(lines) ~= 'table' or #lines < 1 or #lines > 11 then queue.refuse('BADARG', 'links are 1 to 11 lines') end
  for i = 1, #lines do
    if not links.is_line(lines[i]) then queue.refuse('BADARG', 'no such link: ' .. tostring(lines[i])) end
  end
  return table.concat(lines, '\n')
end

-- The text of options that go to another queue: a deadline counts from now, wherever the job is.
function M.travelling(options, option)
  options.deadline, options.deadline_at = nil, option.deadline
  return next(options) and cjson.encode(options) or '{}'
end

-- The deadline of a job, in ms since 1970, or nil.
local function read_deadline(q, options)
  local queue = require('queue')
  if options.deadline_at then return queue.number(options.deadline_at, 0, 1e14, 'deadline_at') end
  return options.deadline and q.now + queue.number(options.deadline, 1, 1e13, 'deadline') or nil
end

-- What a job waits for, and the queue it goes to then, with what is left of its options.
local function read_after(option, options)
  local queue = require('queue')
  option.after = require('followers').read(options.after)
  if not options.target then return end
  if type(options.target) ~= 'string' or #options.target > 64 or not string.find(options.target, '^[%w._-]+$') then
    queue.refuse('BADARG', 'target is a queue')
  end
  option.target, options.after, options.target = options.target, nil, nil
  option.text = M.travelling(options, option)
end

-- Where options name no lane, that of a spec written by hand counts.
local function add_lane(options, spec)
  if options.lane and options.lane ~= '' then return end
  local lane = lane_of(spec)
  if lane ~= '' then options.lane = lane end
  if spec.chain and spec.chain_hold == true then options.hold = true end
end

-- Reads the options of a job; `spec`, decoded, if it was written by hand.
function M.read(q, text, spec)
  local queue = require('queue')
  local valid, options = pcall(cjson.decode, text)
  if not valid or type(options) ~= 'table' then queue.refuse('BADARG', 'options must be a JSON object') end
  if spec then add_lane(options, spec) end
  local due
  if options.delay then due = q.now + queue.number(options.delay, 0, 1e14, 'delay') end
  if options.at then due = queue.number(options.at, 0, 1e14, 'at') end
  local priority = options.priority and queue.number(options.priority, 0, 9, 'priority') or queue.PRIORITY
  local lane = options.lane or ''
  if type(lane) ~= 'string' or #lane > 1024 then queue.refuse('BADARG', 'lane must be a text of at most 1024 bytes') end
  local option = {
    due = due and due > q.now and due or nil, priority = priority, lane = lane, delay = options.delay, at = options.at,
  }
  option.hold, option.deadline = options.hold == true, read_deadline(q, options)
  require('chains').check(option)
  if options.links then option.links = read_links(options.links) end
  if options.notify then
    option.notify = require('notices').read(options.notify)
    option.links = option.links and option.links .. '\n' .. option.notify or option.notify
  end
  if options.unique then option.unique = require('unique').read(options.unique) end
  if options.after or options.target then read_after(option, options) end
  return option
end

return M
