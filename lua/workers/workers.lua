-- Live workers of a queue. `workers` holds each by the end of its lease, `worker:<id>` its record. One beat for each process and
-- queue renews the lease, whatever the concurrency. Silence is not death: if no worker called for long, Redis was away and all
-- leases ended together, so each worker gets five seconds to come back, once.
local ahead_queue = require('ahead_queue')
local history = require('history')
local keys = require('keys')
local parking = require('parking')
local record = require('record')
local rewind = require('rewind')
local running = require('running')
local stats = require('stats')
local suspects = require('suspects')
local waiting = require('waiting')
local wake = require('wake')
local digits = require('arguments').digits

local GRACE = 5000
local LEASE = 30000
local RECLAIM = 200           -- jobs taken back in one call

-- The record of a worker, as cycle and resync need it: session, last call, lease in ms, bytes of a reply if limited, `most` of
-- oversize.lua. Nil for an unknown worker.
function M.read(q, worker)
  local found = redis.call('HMGET', keys.worker(q.keys, worker), 'session', 'call', 'lease', 'graced', 'bytes', 'most')
  if not found[1] then return nil end
  return {
    session = tonumber(found[1]), call = tonumber(found[2]), lease = tonumber(found[3]) or LEASE, graced = found[4],
    bytes = tonumber(found[5]), most = found[6],
  }
end

-- Renews the lease of a `known` worker, and notes the beat of the queue. Returns the ms since the last beat, negative if time
-- went back, and the time of that beat.
function M.beat(q, worker, known)
  local before = tonumber(redis.call('SET', q.keys.beat, digits(q.now), 'GET'))
  if known then
    redis.call('ZADD', q.keys.workers, digits(q.now + known.lease), worker)
    if known.graced then redis.call('HDEL', keys.worker(q.keys, worker), 'graced') end
  end
  local silence = before and q.now - before or 0
  if not before or silence > 60000 or silence <= -1000 then rewind.note(q, before) end
  return silence, before
end

-- After a silence, leases that ended last a little longer, at most once between two beats of a worker. After the clock went back,
-- for whatever reason, leases far in the future are shortened as well.
local function forgive(q, back)
  local ended = redis.call('ZRANGE', q.keys.workers, '-inf', digits(q.now), 'BYSCORE')
  for _, worker in ipairs(ended) do
    if redis.call('HSETNX', keys.worker(q.keys, worker), 'graced', '1') == 1 then
      redis.call('ZADD', q.keys.workers, digits(q.now + GRACE), worker)
    end
  end
  if back then
    local far = redis.call('ZRANGE', q.keys.workers, digits(q.now), '+inf', 'BYSCORE', 'WITHSCORES')
    for i = 1, #far, 2 do ahead_queue.shorten(q, far[i], tonumber(far[i + 1])) end
  end
end

local function forget(q, worker)
  redis.call('ZREM', q.keys.workers, worker)
  redis.call('DEL', keys.worker(q.keys, worker), keys.cancel(q.keys, worker), keys.bell(q.keys, worker))
end

-- Takes back at most `most` jobs of a dead worker. The worker stays known until it holds none.
local function take_back(q, worker, most)
  local ids = redis.call('SRANDMEMBER', keys.held(q.keys, worker), most)
  local host = redis.call('HGET', keys.worker(q.keys, worker), 'host') or ''
  local records = #ids > 0 and redis.call('HMGET', q.keys.executing, unpack(ids)) or {}
  for i = 1, #ids do
    local id, text = ids[i], records[i]
    local job = text and { id = id, record = record.read(text) }
    if not job or job.record.worker ~= worker then
      redis.call('SREM', keys.held(q.keys, worker), id)
    else
      history.ended(q, 'l', { job })
      if running.is_cancelled(q, worker, id) then
        running.note(q, job, 'cancelled')
        running.finish(q, job, 'cancelled')
      else
        suspects.crashed(q, job, ids, host)
      end
    end
  end
  stats.count(q, 'reclaimed', #ids)
  if redis.call('EXISTS', keys.held(q.keys, worker)) == 0 then forget(q, worker) end
  return #ids
end

-- The two leases that end first, as a flat list of worker and end; read once a call while nothing changes them.
local function first_ends(q)
  if not q.ends then q.ends = redis.call('ZRANGE', q.keys.workers, 0, 1, 'WITHSCORES') end
  return q.ends
end

-- Takes back the jobs of workers whose lease ended, unless the silence before this call explains it.
function M.reclaim(q, silence, lease)
  q.ends = nil
  if silence < 0 then parking.rewind(q) end
  if silence < 0 or silence > lease * 2 / 3 then
    forgive(q, silence < 0)
    return
  end
  local first = tonumber(first_ends(q)[2])
  if not first or first > q.now then return end
  q.ends = nil
  local left = RECLAIM
  for _, worker in ipairs(redis.call('ZRANGE', q.keys.workers, '-inf', digits(q.now),
    'BYSCORE', 'LIMIT', 0, 20)) do
    if left <= 0 then return end
    left = left - take_back(q, worker, left)
  end
end

-- Forgets a worker that stops and has given everything back. Another worker takes its watch.
function M.leave(q, worker)
  if redis.call('EXISTS', keys.held(q.keys, worker)) == 1 then return false end
  forget(q, worker)
  if wake.unwatch(q, worker) and waiting.next_due(q) then wake.push(q) end
  return true
end

-- The first lease end among the other workers, in ms, or nil.
function M.next_end(q, worker)
  local heads = first_ends(q)
  if heads[1] and heads[1] ~= worker then return tonumber(heads[2]) end
  return tonumber(heads[4])
end
