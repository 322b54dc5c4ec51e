-- Giving runnable jobs to a worker. All jobs of one claim share a fence, which is new for each claim and rises even after a
-- failover that lost writes, because it is never below the server's time.
local M = {}

local BYTES = 4194304         -- of specs in one reply; the first job comes whatever its size

local function next_fence(q)
  local queue = require('queue')
  local last = tonumber(q.config[7]) or 0
  local fence = queue.text(math.max(last + 1, q.micros))
  redis.call('HSET', q.keys.config, 'fence', fence)
  return fence
end

-- Shortens a choice to what fits in a reply. Returns how many jobs stay.
local function fitting(specs, n)
  local bytes = 0
  for i = 1, n do
    bytes = bytes + #(specs[i] or '')
    if bytes > BYTES and i > 1 then return i - 1 end
  end
  return n
end

local function nothing(left) return { fence = '0', ids = {}, specs = {}, scores = {}, again = {}, left = left } end

-- Writes down who runs what. Returns a flat list of position and attempt for the attempts that are not the first.
local function start(q, worker, fence, ids, scores, lane_of)
  local attempts = require('columns').read(q, 'attempts', ids)
  local head, middle = require('record').parts(fence, worker, require('queue').text(q.now))
  local first, running, again = head .. '1' .. middle, {}, {}
  for i = 1, #ids do
    local before = attempts[i] or nil
    running[2 * i - 1] = ids[i]
    if before then
      local attempt = tonumber(before) + 1
      running[2 * i] = head .. attempt .. middle .. scores[i] .. ' ' .. lane_of[i]
      again[#again + 1], again[#again + 2] = i - 1, attempt
    else
      running[2 * i] = first .. scores[i] .. ' ' .. lane_of[i]
    end
  end
  redis.call('HSET', q.keys.executing, unpack(running))
  redis.call('SADD', require('keys').held(q.keys, worker), unpack(ids))
  return again
end

-- Claims up to `demand` jobs. Returns their fence, ids, specs, scores, the attempts that are not the first, and whether
-- runnable jobs were left behind.
function M.run(q, worker, demand)
  local lanes = require('lanes')
  if q.paused then return nothing(false) end
  if demand == 0 then return nothing(redis.call('EXISTS', q.keys.ready) == 1) end
  local ids, scores, lane_of, chosen = lanes.choose(q, demand)
  if #ids == 0 then
    -- Lanes that were ready and held nothing are out of order; taking nothing from them puts them right.
    if #chosen.order > 0 then lanes.take(q, chosen) end
    return nothing(chosen.spent)
  end
  local specs = redis.call('HMGET', q.keys.spec, unpack(ids))
  local stay = fitting(specs, #ids)
  for i = #ids, stay + 1, -1 do
    lanes.put_back(chosen, lane_of[i])
    ids[i], specs[i], scores[i] = nil, nil, nil
  end
  local fence = next_fence(q)
  local again = start(q, worker, fence, ids, scores, lane_of)
  local left = lanes.take(q, chosen)
  require('stats').count(q, 'started', stay)
  require('events').moved(q, 'available', 'executing', ids, worker)
  return { fence = fence, ids = ids, specs = specs, scores = scores, again = again, left = left }
end

return M
