-- Jobs that are too large for a reply. A server or a proxy may close a connection with a large reply, and then no claim of such a
-- job arrives. A worker that loses replies asks for fewer bytes at each resync (`bytes`). A job that is larger than that comes
-- alone. If it is lost as well, it is put aside: it waits as `scheduled` at its place, with no attempt, and its last error says
-- why, and when that was.
-- `most` in the record of the worker, `BYTES UNTIL`, has its size. Until then, claims of that worker put aside each job of that
-- size or more, and the jobs behind them run. Then one is tried again.
local columns = require('columns')
local keys = require('keys')
local record = require('record')
local running = require('running')
local stats = require('stats')
local digits = require('arguments').digits

local PAUSE = 120000          -- ms
local LEAST = 16384           -- bytes that a worker asks for when it has lost several replies; a smaller job never comes alone
local SAMPLE = 100            -- workers looked at
local WHY = 'not given out: the job has '

-- The size from which on jobs are put aside, and until when; nil for none. A time further ahead is of a clock that was wrong.
local function read(q, text)
  local most, till = string.match(text or '', '^(%d+) (%d+)$')
  most, till = tonumber(most), tonumber(till)
  if not most or till <= q.now or till > q.now + PAUSE then return nil end
  return most, till
end

local function size_of(q, id) return redis.call('HSTRLEN', q.keys.spec, id) end

local function put_aside(q, job, till)
  local size = size_of(q, job.id)
  local text = cjson.encode(WHY .. size .. ' bytes, and replies of that size do not reach this worker. Run CONFIG SET '
    .. "client-output-buffer-limit 'normal 0 0 0' in Redis, or raise the limit of a proxy on the way: a retry helps only then")
  local ending = ',"error":' .. text .. '}'
  if columns.ends_with(q, job.id, ending) then columns.drop_error(q, job.id) end
  columns.add_error(q, job.id, '{"at":' .. digits(q.now) .. ',"attempt":' .. job.record.attempt .. ',"worker":"'
    .. job.record.worker .. '"' .. ending)
  stats.count(q, 'waited', 1)
  running.postpone(q, job, 'scheduled', till, true)
end

-- These jobs did not reach their worker, which asks for `bytes` from now on, if given. Returns whether it was one job that is too
-- large, and is put aside.
function M.lost(q, worker, bytes, jobs)
  if #jobs ~= 1 or not bytes or bytes > LEAST then return false end
  local size, key = size_of(q, jobs[1].id), keys.worker(q.keys, worker)
  if size < bytes then return false end
  local most = math.min(read(q, redis.call('HGET', key, 'most')) or size, size)
  local till = q.now + PAUSE
  redis.call('HSET', key, 'most', digits(most) .. ' ' .. digits(till))
  put_aside(q, jobs[1], till)
  return true
end

-- The same for a worker, of its record as workers.read gives it.
function M.bound(q, known) return read(q, known and known.most) end

-- Puts claimed jobs of `most` bytes or more aside, and removes them from the lists of `chosen` and from `specs`. Returns the flat
-- list of position and attempt for the rest.
function M.sift(q, chosen, specs, again, most, till)
  local attempt_of, kept, ids, scores, lanes = {}, 0, chosen.ids, chosen.scores, chosen.lanes
  for i = 1, #again, 2 do attempt_of[again[i] + 1] = again[i + 1] end
  local left, n = {}, #ids
  for i = 1, n do
    if #(specs[i] or '') >= most then
      put_aside(q, { id = ids[i], record = record.read(redis.call('HGET', q.keys.executing, ids[i])) }, till)
    else
      kept = kept + 1
      ids[kept], scores[kept], lanes[kept], specs[kept] = ids[i], scores[i], lanes[i], specs[i]
      if attempt_of[i] then left[#left + 1], left[#left + 2] = kept - 1, attempt_of[i] end
    end
  end
  for i = kept + 1, n do ids[i], scores[i], lanes[i], specs[i] = nil, nil, nil, nil end
  return left
end

local function live(q)
  return redis.call('ZRANGE', q.keys.workers, '(' .. digits(q.now), '+inf', 'BYSCORE', 'LIMIT', 0, SAMPLE)
end

-- The live worker with the least bound: {worker, bytes, until}; nil if none has any.
function M.worst(q)
  local worst
  for _, worker in ipairs(live(q)) do
    local most, till = read(q, redis.call('HGET', keys.worker(q.keys, worker), 'most'))
    if most and (not worst or most < worst.bytes) then worst = { worker = worker, bytes = most, till = till } end
  end
  return worst
end

-- The live worker that asks for the fewest bytes since a reply was lost, and how many; nil if none does.
function M.meekest(q)
  local meekest, least = nil, math.huge
  for _, worker in ipairs(live(q)) do
    local bytes = tonumber(redis.call('HGET', keys.worker(q.keys, worker), 'bytes'))
    if bytes and bytes < least then meekest, least = worker, bytes end
  end
  return meekest, least
end

-- For a job that was put aside as too large, and is due at a time to come: {size, worker}, from its last error; else nil.
function M.holds(q, id, due)
  if due <= q.now or redis.call('HEXISTS', q.keys.place, id) == 0 then return nil end
  local last = string.match(redis.call('HGET', q.keys.errors, id) or '', '[^\n]*$')
  local at, worker, size = string.match(last, '^{"at":(%d+),"attempt":%d+,"worker":"([^"]*)","error":"' .. WHY .. '(%d+) bytes')
  if not at or due > tonumber(at) + PAUSE then return nil end
  return { size = tonumber(size), worker = worker }
end
