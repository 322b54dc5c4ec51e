-- Rates: at most `allowance` claims in any window of `period` ms, by the server's clock, over all workers and restarts.
-- rate:<gate> is a list of `until:total`, oldest first: the time until which claims count, and the total number of claims up to
-- them. The first entry is the newest that no longer counts, so the difference of two totals is the use now. Claims within a
-- thousandth of the window share an entry with the latest end. So the list has at most about 1,000 entries, and never more than
-- claims. A guard widens the window, because a call to the outside follows its claim by a little.
-- It is the sliding log of the literature, kept as cumulative counts.
local expiry = require('expiry')
local keys = require('keys')
local digits = require('arguments').digits

local PAGE = 64               -- entries looked at together when old ones are removed

local function split(entry)
  local till, total = string.match(entry, '^(%d+):(%d+)$')
  return tonumber(till), tonumber(total)
end

-- The time for which a claim counts, and the time that one entry stands for.
local function spans(rate)
  local span = rate.period + rate.guard
  return span, math.ceil(span / 1000)
end

local function entry(till, total)
  return digits(till) .. ':' .. digits(total)
end

-- After the clock went back: claims that seem to lie in the future count as made now.
local function clamp(key, latest)
  local entries = redis.call('LRANGE', key, 0, -1)
  for i = 1, #entries do
    local till, total = split(entries[i])
    if till > latest then redis.call('LSET', key, i - 1, entry(latest, total)) end
  end
end

-- The newest entry that no longer counts, and the next one. Older entries are removed on the way.
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

-- The places left now, and the time of the next one after these, in ms since 1970.
function M.room(q, gate, rate)
  local key = keys.rate(q.keys, gate)
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
  local key = keys.rate(q.keys, gate)
  local span, step = spans(rate)
  local till = (math.floor(q.now / step) + 1) * step + span
  local ends = redis.call('LINDEX', key, -1)
  local last, total = 0, 0
  if ends then last, total = split(ends) end
  if last <= q.now then
    -- No claim counts any more: totals start anew, so they never outgrow a number.
    redis.call('DEL', key)
    redis.call('RPUSH', key, '0:0', entry(till, n))
  elseif last >= till then
    redis.call('LSET', key, -1, entry(last, total + n))
  else
    redis.call('RPUSH', key, entry(till, total + n))
  end
  expiry.set(key, span + step + 1000)
end
