-- The parties that hear of a job's end. The column `links` holds a line for each:
--   follow             its followers, in after:<id>
--   wait CLIENT        a client that waits for its result, and reads inbox:<client>
--   workflow.ID NODE   the workflow of which it is a node; NODE is the name there
--   batch.ID           the batch of which it is a member; `batch.ID attempted` if the batch also hears of its first failed
--                      attempt
--   slot.QUEUE         followers in the slot of that queue, from which it moved here
--   notify EVENTS URL  a webhook; see notices.lua
-- Parties in this slot hear of it in the same call; the others by outbox messages (outbox.lua). A job may end twice, if an
-- operator retries it: then they hear of it again.
local expiry = require('expiry')
local followers = require('followers')
local keys = require('keys')
local notices = require('notices')
local outbox = require('outbox')

-- Whether any job of the queue has links; looked up once a call.
function M.is_used(q)
  if q.has_links == nil then q.has_links = redis.call('EXISTS', q.keys.links) == 1 end
  return q.has_links
end

-- The batch of a job that has no other link, as `batch.ID`, or false. Kept for each text of a call, since most are alike.
function M.lone_batch(q, text)
  local known = q.lone_batches
  if not known then
    known = {}
    q.lone_batches = known
  end
  if known[text] == nil then known[text] = string.match(text, '^(batch%.%S+)[^\n]*$') or false end
  return known[text]
end

-- The batch that is the only link of each of n jobs, whose links are given; false or nil if there is none.
function M.common_batch(q, texts, n)
  local first = texts[1]
  for i = 2, n do
    if texts[i] ~= first then return nil end
  end
  return first and M.lone_batch(q, first)
end

-- Adds a line to a job's links, unless it is there.
function M.add(q, id, line)
  local before = redis.call('HGET', q.keys.links, id)
  if before and string.find('\n' .. before .. '\n', '\n' .. line .. '\n', 1, true) then return end
  redis.call('HSET', q.keys.links, id, before and before .. '\n' .. line or line)
  q.has_links = true
end

-- Removes a line.
function M.remove(q, id, line)
  local before = redis.call('HGET', q.keys.links, id)
  if not before then return end
  local kept = {}
  for other in string.gmatch(before, '[^\n]+') do
    if other ~= line then kept[#kept + 1] = other end
  end
  if #kept == 0 then
    redis.call('HDEL', q.keys.links, id)
  else
    redis.call('HSET', q.keys.links, id, table.concat(kept, '\n'))
  end
end

-- Whether clients may give a job such a line.
function M.is_line(text)
  if type(text) ~= 'string' or #text > 300 then return false end
  return string.find(text, '^workflow%.[%w._-]+ [!-~]+$') ~= nil or string.find(text, '^batch%.[%w._-]+$') ~= nil
    or string.find(text, '^batch%.[%w._-]+ attempted$') ~= nil
    or string.find(text, '^slot%.[%w._-]+$') ~= nil
end

local INBOX = 60000           -- ms after which unread entries are dropped

local function tell_client(q, client, id, state)
  local inbox = keys.inbox(q.keys, client)
  redis.call('RPUSH', inbox, id .. ' ' .. state)
  expiry.set(inbox, INBOX)
end

-- Tells one party. Members of a batch that end together gather in `batches`.
local function tell(q, line, id, state, batches)
  local target, rest = string.match(line, '^(%S+) ?(.*)$')
  if target == 'follow' then
    followers.tell(q, id, state)
  elseif target == 'wait' then
    tell_client(q, rest, id, state)
    M.remove(q, id, line)
  elseif target == 'notify' then
    if state ~= 'attempted' then notices.tell(q, line, id, 'ended', state) end
  elseif string.find(target, '^slot%.') then
    outbox.put(q, target .. ' ' .. state .. ' ' .. id)
  elseif string.find(target, '^batch%.') and (state ~= 'attempted' or rest == 'attempted') then
    local ids = batches[target] or {}
    ids[#ids + 1], batches[target] = id, ids
  elseif string.find(target, '^workflow%.') then
    local output = state == 'completed' and redis.call('HGET', q.keys.result, id) or ''
    outbox.put(q, target .. ' ' .. state .. ' ' .. rest .. ' ' .. id .. '\n' .. output)
  end
end

-- Jobs have ended. `state` is their state now, or `deleted`. `links` are their links, in their order, if they were read.
function M.ended(q, state, ids, links)
  if #ids == 0 or not M.is_used(q) then return end
  links = links or redis.call('HMGET', q.keys.links, unpack(ids))
  local common = M.common_batch(q, links, #ids)
  if common then return outbox.put(q, common .. ' ' .. state .. ' ' .. table.concat(ids, ' ')) end
  local batches = {}
  for i = 1, #ids do
    local text = links[i]
    local batch = text and M.lone_batch(q, text)
    if batch then
      local members = batches[batch] or {}
      members[#members + 1], batches[batch] = ids[i], members
    elseif text then
      for line in string.gmatch(text, '[^\n]+') do tell(q, line, ids[i], state, batches) end
    end
  end
  for batch, members in pairs(batches) do
    outbox.put(q, batch .. ' ' .. state .. ' ' .. table.concat(members, ' '))
  end
end

-- A job's first attempt failed, and it runs again: tells batches that asked for it.
function M.attempted(q, id)
  if not M.is_used(q) then return end
  local links, batches = redis.call('HGET', q.keys.links, id), {}
  for line in string.gmatch(links or '', '[^\n]+') do
    if string.find(line, '^batch%.') then tell(q, line, id, 'attempted', batches) end
  end
  for batch in pairs(batches) do outbox.put(q, batch .. ' attempted ' .. id) end
end

-- A job is deleted. If it had not ended, its followers are released or cancelled.
function M.deleted(q, id, is_ended)
  if not is_ended then M.ended(q, 'deleted', { id }) end
  M.dropped(q, { id })
end

-- Jobs are in their own queue now: clients that wait for them have to ask there.
function M.moved(q, ids)
  if not M.is_used(q) then return end
  local links = redis.call('HMGET', q.keys.links, unpack(ids))
  for i = 1, #ids do
    for client in string.gmatch('\n' .. (links[i] or ''), '\nwait (%S+)') do tell_client(q, client, ids[i], 'moved') end
  end
end

-- Jobs are dropped: the lists of their followers go. A list of which some are left to the next call goes after that.
function M.dropped(q, ids)
  if not M.is_used(q) then return end
  local links = redis.call('HMGET', q.keys.links, unpack(ids))
  if M.common_batch(q, links, #ids) then return end
  for i = 1, #ids do
    if links[i] and not M.lone_batch(q, links[i]) and string.find('\n' .. links[i] .. '\n', '\nfollow\n', 1, true)
      and not outbox.is_telling(q, ids[i]) then
      redis.call('DEL', keys.after(q.keys, ids[i]))
    end
  end
end
