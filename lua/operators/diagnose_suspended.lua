-- The sections `suspended` and `check` of diagnose.lua: followers that may wait for ever.
local outbox = require('outbox')
local states = require('states')
local digits = require('arguments').digits

local PAGE = 200              -- suspended jobs

-- Why a follower may wait for ever; nil if an event will release it.
local function stranded(q, parent, policy, state, target)
  if not parent then return not target and 'bare' or nil end
  if outbox.is_telling(q, parent) then return nil end
  if not state then return 'gone' end
  if not states.is_ended(state) then return nil end
  return state ~= 'completed' and policy == 'hold' and 'held' or 'late'
end

local function look(q, ids)
  local flat = {}
  if #ids == 0 then return flat end
  local afters, targets = redis.call('HMGET', q.keys.after, unpack(ids)), redis.call('HMGET', q.keys.target, unpack(ids))
  for i = 1, #ids do
    local parent, policy = string.match(afters[i] or '', '^(%S+) (%S+)')
    local state = parent and states.of(q, parent)
    local class = stranded(q, parent, policy, state, targets[i])
    if class then
      for _, word in ipairs({ ids[i], class, parent or '', state or '', policy or '' }) do flat[#flat + 1] = word end
    end
  end
  return flat
end

function M.page(q, rank)
  local ids = redis.call('ZRANGE', q.keys.suspended, rank, rank + PAGE - 1)
  return { #ids == PAGE and digits(rank + PAGE) or '0', look(q, ids) }
end

-- Looks at these jobs, as far as they are suspended.
function M.check(q, ids)
  local here = {}
  for i = 1, #ids do
    if redis.call('ZSCORE', q.keys.suspended, ids[i]) then here[#here + 1] = ids[i] end
  end
  return { '0', look(q, here) }
end
