-- I1, each job is in exactly one index, from both sides; and I7, what workers hold and what runs agree. `wrong` is called with
-- the invariant, what it finds, and what repair.lua does about it.
local audit_gates = require('audit_gates')
local columns = require('columns')
local keys = require('keys')
local record = require('record')
local states = require('states')

-- The indexes that hold each id. Tells of a runnable job whose lane is not listed, since no claim would find it.
local function indexes_of(q, ids, wrong)
  local where = {}
  for i = 1, #ids do where[i] = {} end
  local function note(values, name)
    for i = 1, #ids do
      if values[i] then where[i][#where[i] + 1] = name end
    end
  end
  note(redis.call('HMGET', q.keys.executing, unpack(ids)), 'executing')
  for _, group in ipairs({ states.timed, states.ended }) do
    for _, state in ipairs(group) do note(redis.call('ZMSCORE', q.keys[state], unpack(ids)), state) end
  end
  local lanes = columns.read(q, 'lane', ids)
  for i = 1, #ids do
    local lane = lanes[i] or ''
    if redis.call('ZSCORE', keys.wait(q.keys, lane), ids[i]) then
      where[i][#where[i] + 1] = 'available'
      if not redis.call('ZSCORE', q.keys.lanes, lane) then
        wrong('I4', 'lane "' .. lane .. '" has jobs, but is not listed', 'lane', lane)
      end
    end
  end
  return where
end

-- Jobs, as a flat list of id and spec.
function M.indexed(q, entries, wrong)
  local n = #entries / 2
  for first = 1, n, 500 do
    local ids = {}
    for i = first, math.min(first + 499, n) do ids[#ids + 1] = entries[2 * i - 1] end
    local where = indexes_of(q, ids, wrong)
    for i = 1, #ids do
      if #where[i] ~= 1 then
        local indexes = #where[i] == 0 and 'no index' or table.concat(where[i], ' and ')
        wrong('I1', ids[i] .. ' is in ' .. indexes, #where[i] == 0 and 'place' or 'keep_one', ids[i])
      end
    end
  end
end

-- What an index of some name holds must be a job. The cure is to drop it, unless another is given.
function M.must_be_jobs(q, ids, wrong, name, cure, of)
  for first = 1, #ids, 500 do
    local last = math.min(first + 499, #ids)
    local specs = redis.call('HMGET', q.keys.spec, unpack(ids, first, last))
    for i = first, last do
      if not specs[i - first + 1] then
        wrong('I1', name .. ' holds ' .. ids[i] .. ', but there is no such job', cure or 'drop', of or name, ids[i])
      end
    end
  end
end

-- What runs, as a flat list of id and record: its worker holds it, and is known. I2: it is in its gates.
function M.running(q, entries, wrong)
  local ids = {}
  for i = 1, #entries, 2 do
    local id, run = entries[i], record.read(entries[i + 1])
    ids[#ids + 1] = id
    if redis.call('SISMEMBER', keys.held(q.keys, run.worker), id) == 0 then
      wrong('I7', id .. ' runs on ' .. run.worker .. ', which does not hold it', 'held', run.worker, id)
    end
    if not redis.call('ZSCORE', q.keys.workers, run.worker) then
      wrong('I7', id .. ' runs on ' .. run.worker .. ', which is unknown', 'bury', run.worker)
    end
    audit_gates.runs(q, id, run, function(...) wrong('I2', ...) end)
  end
  M.must_be_jobs(q, ids, wrong, 'executing')
end

-- Workers: what they hold runs there; a dead one holds nothing for long.
function M.held(q, workers, wrong)
  for _, worker in ipairs(workers) do
    for _, id in ipairs(redis.call('SMEMBERS', keys.held(q.keys, worker))) do
      local text = redis.call('HGET', q.keys.executing, id)
      if not text or record.read(text).worker ~= worker then
        wrong('I7', worker .. ' holds ' .. id .. ', which does not run there', 'not_held', worker, id)
      end
    end
    for _, id in ipairs(redis.call('SMEMBERS', keys.cancel(q.keys, worker))) do
      if redis.call('SISMEMBER', keys.held(q.keys, worker), id) == 0 then
        wrong('I7', worker .. ' is to cancel ' .. id .. ', which it does not hold', 'not_cancelled', worker, id)
      end
    end
  end
end
