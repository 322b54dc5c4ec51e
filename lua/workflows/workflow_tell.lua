-- The effects of a node on others, and of a change on many nodes: the entries of `todo`, a bounded number in each call. See
-- workflow.lua.
local keys = require('keys')
local workflow = require('workflow')

local codes = workflow.codes

local effects = {}

-- The earlier node has completed, or its end does not matter. A node that was cancelled because of it waits or starts again.
function effects.ok(w, up, name, _, code)
  redis.call('SREM', keys.need(w.keys, name), up)
  local was_bad = w.failed and redis.call('SREM', keys.bad(w.keys, name), up) == 1
  local revived = code == codes.cancelled and was_bad
  if code ~= codes.suspended and code ~= codes.held and not revived or workflow.is_barred(w, name) then return end
  if revived then workflow.push(w, 'revive', name) end
  workflow.place(w, name)
end

function effects.bad(w, up, name, policy, code)
  if policy == 'i' then return effects.ok(w, up, name, policy, code) end
  workflow.bar(w, name, up)
  if policy == 'h' then
    if code == codes.suspended then workflow.set(w, name, codes.held) end
  elseif code == codes.building then
    workflow.doom(w, name)
  elseif code and code <= codes.held then
    workflow.set(w, name, codes.cancelled)
    workflow.push(w, 'bad', name)
  end
end

-- The earlier node, which had not completed, runs again.
function effects.revive(w, up, name, policy, code)
  local bad = keys.bad(w.keys, name)
  if policy == 'i' or redis.call('SREM', bad, up) == 0 or redis.call('EXISTS', bad) == 1 then return end
  if code ~= codes.cancelled and code ~= codes.held then return end
  if code == codes.cancelled then workflow.push(w, 'revive', name) end
  workflow.place(w, name)
end

-- Tells the nodes that wait for a node, from a rank on. Returns how many there were.
local function tell(w, word, up, rank, most)
  local edges = redis.call('LRANGE', keys.down(w.keys, up), rank, rank + most - 1)
  if #edges == 0 then return 0 end
  local names, policies = {}, {}
  for i = 1, #edges do policies[i], names[i] = string.match(edges[i], '^(%a) (.*)$') end
  workflow.codes_of(w, names)
  for i = 1, #names do effects[word](w, up, names[i], policies[i], w.known[names[i]]) end
  if #edges == most then workflow.push_first(w, word .. ' ' .. up .. ' ' .. rank + most) end
  return #edges
end

local walks = {}

function walks.start(w, name, code)
  if code == codes.suspended and not workflow.is_waiting(w, name) then workflow.release(w, name) end
end

function walks.cancel(w, name, code)
  if code <= codes.held then
    workflow.set(w, name, codes.cancelled)
    workflow.push(w, 'bad', name)
  elseif code == codes.releasing or code == codes.active then
    redis.call('SADD', w.keys.cancels, name)
    redis.call('RPUSH', w.keys.stop, name)
    -- Cancelled again after its arrival: a carrier may be on the way with it.
    if code == codes.releasing then redis.call('RPUSH', w.keys.ready, name) end
  end
end

function walks.retry(w, name, code)
  if not workflow.is_bad(code) or workflow.is_barred(w, name) then return end
  workflow.push(w, 'revive', name)
  workflow.place(w, name)
end

function walks.remove(w, name)
  redis.call('DEL', keys.need(w.keys, name), keys.bad(w.keys, name), keys.down(w.keys, name))
end

-- Goes over nodes in order, from a rank on: all, or one and those whose names begin with its name and a dot.
local function walk(w, verb, rank, prefix, most)
  local names = redis.call('LRANGE', w.keys.order, rank, rank + most - 1)
  workflow.codes_of(w, names)
  for i = 1, #names do
    local name = names[i]
    if prefix == '-' or name == prefix or string.sub(name, 1, #prefix + 1) == prefix .. '.' then
      walks[verb](w, name, w.known[name])
    end
  end
  if #names == most then
    workflow.push_first(w, 'walk ' .. verb .. ' ' .. rank + most .. ' ' .. prefix)
  elseif verb == 'remove' then
    workflow.drop(w)
  end
  return #names
end

local function handle(w, entry, most)
  local word, first, second, third = string.match(entry, '^(%S+) (%S+) (%S+) ?(.*)$')
  if word == 'walk' then return walk(w, first, tonumber(second), third, most) end
  return tell(w, word, first, tonumber(second), most)
end

-- Works off `todo`, within the bound of a call.
function M.work(w)
  local left, at, stored = workflow.PAGE, 1, redis.call('LLEN', w.keys.todo)
  while left > 0 do
    local entry
    if stored > 0 then
      entry, stored, w.may_end = redis.call('LPOP', w.keys.todo), stored - 1, true
    else
      entry, at = w.entries[at], at + 1
    end
    if not entry then break end
    left = left - math.max(handle(w, entry, left), 1)
  end
  if at <= #w.entries then redis.call('RPUSH', w.keys.todo, unpack(w.entries, at)) end
end
