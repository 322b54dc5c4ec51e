-- Rates: at most `allowance` claims in any window of `period` ms, by the server's clock, over all workers and restarts.
-- rate:<gate> is a list of `until:total`, oldest first: claims that count until then, and how many there were up to and
-- including them. The first entry is the newest that counts no more, so the difference of two totals is what is used now.
-- Claims of one thousandth of the window share an entry, with the latest end: at most about 1,000 entries whatever the
-- allowance, and never more entries than claims. A guard widens the window, because a call follows its claim by a little.
-- It is the sliding log of the literature, kept as cumulative counts.
local M = {}

local PAGE = 64               -- entries looked at together when old ones are removed

local function split(entry)
  local till, total = string.match(entry, '^(%d+):(%d+)$')
  return tonumber(till), tonumber(total)
end

-- How long a claim counts, and how much time one entry stands for.
local function spans(rate)
  local span = rate.period + rate.guard
  return span, math.ceil(span / 1000)
end

local function entry(till, total)
  local text = require('queue').text
  return text(till) .. ':' .. text(total)
end

-- After a jump back of the clock: what seems to have been claimed in the future was claimed now.
local function clamp(key, latest)
  local entries = redis.call('LRANGE', key, 0, -1)
  for i = 1, #entries do
    local till, total = split(entries[i])
    if till > latest then redis.call('LSET', key, i - 1, entry(latest, total)) end
  end
end

-- The newest entry that counts no more, and the one after it; what is older is removed on the way.
local function edge(q, key)
  local from = 0
  while true do
    local page, old = redis.call('LRANGE', key, from, from + PAGE), 0
    while page[old + 2] and split(page[old + 2]) <= q.now do old = old + 1 end
    from = from + old
    if page[old + 2] or old == 0 then
      if from > 0 and not q.is_looking then redis.call('LTRIM', key, from, -1) end
      return page[old + 1], page[old + 2]
    end
  end
end

-- Places left now, and when the next one comes once these are taken, in ms since 1970.
function M.room(q, gate, rate)
  local key = require('keys').rate(q.keys, gate)
  local span, step = spans(rate)
  local newest = redis.call('LINDEX', key, -1)
  local till, total = 0, 0
  if newest then till, total = split(newest) end
  local latest = (math.floor(q.now / step) + 1) * step + span
  if till <= q.now then return rate.allowance, latest end
  if till > latest and not q.is_looking then clamp(key, latest) end
  local base, following = edge(q, key)
  local _, before = split(base)
  return rate.allowance - (total - before), following and split(following) or nil
end

-- Counts n claims made now.
function M.add(q, gate, rate, n)
  local key = require('keys').rate(q.keys, gate)
  local span, step = spans(rate)
  local till = (math.floor(q.now / step) + 1) * step + span
  local ends = redis.call('LINDEX', key, -1)
  local last, total = 0, 0
  if ends then last, total = split(ends) end
  if last <= q.now then
    -- Nothing counts any more: totals start anew, so they never grow beyond what a number can hold.
    redis.call('DEL', key)
    redis.call('RPUSH', key, '0:0', entry(till, n))
  elseif last >= till then
    redis.call('LSET', key, -1, entry(last, total + n))
  else
    redis.call('RPUSH', key, entry(till, total + n))
  end
  require('expiry').set(key, span + step + 1000)
end

return M
