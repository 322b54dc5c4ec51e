-- Chains: jobs of one key run one at a time, in the order of their places, across retries. A chain is a part of the lane,
-- `chain=KEY`, whose gate has one place, whatever the limits are. A run that ends to wait keeps that place and its place in the
-- lane, so no job overtakes it. So does a discarded job with the column `hold`. A job lets its chain go when it is back at the
-- head of its lane, and when it will not come back.
local columns = require('columns')
local gates = require('gates')
local keys = require('keys')
local queue = require('queue')
local refuse = require('arguments').refuse

-- The gate of a lane's chain, or nil.
function M.gate(lane)
  return string.match(lane, '^chain=[^&]*') or string.match(lane, '&(chain=[^&]*)')
end

-- Whether a gate is that of a chain.
function M.is_gate(gate) return string.sub(gate, 1, 6) == 'chain=' end

-- The dimensions of a run without its chain, as its record would have them; nil if it holds no chain.
function M.beside(record)
  if record.dimensions == 'chain' then return '-' end
  local others, found = string.gsub(',' .. record.dimensions .. ',', ',chain,', ',', 1)
  return found == 1 and string.sub(others, 2, -2) or nil
end

-- Notes that a run ends to wait. Returns the dimensions that it leaves; nil for all.
function M.waits(q, job)
  local others = M.beside(job.record)
  if others then redis.call('HSET', q.keys.run, job.id, job.record.text) end
  return others
end

-- The same for a discarded job, which may hold its chain until an operator decides.
function M.discarded(q, job)
  local others = M.beside(job.record)
  if not others or redis.call('HEXISTS', q.keys.hold, job.id) == 0 then return nil end
  redis.call('HSET', q.keys.place, job.id, job.record.score)
  return others
end

-- Whether a job holds its chain.
function M.holds(q, id)
  local gate = M.gate(redis.call('HGET', q.keys.lane, id) or '')
  return gate and redis.call('SISMEMBER', keys.gate(q.keys, gate), id) == 1
end

local function let_go(q, lane, ids) gates.leave(q, { { ids = ids, dimensions = 'chain', lane = lane } }) end

-- Jobs are back at the head of their lane (a flat list of score and id): the chain is free for the next claim.
function M.back(q, lane, scored)
  if not M.gate(lane) then return end
  local ids = {}
  for i = 2, #scored, 2 do ids[i / 2] = scored[i] end
  redis.call('HDEL', q.keys.run, unpack(ids))
  let_go(q, lane, ids)
end

-- A job that did not run left its index: it gives up its place in the order, and its chain if it held that.
function M.left(q, id)
  local lane = redis.call('HGET', q.keys.lane, id) or ''
  if not M.gate(lane) then return end
  local place = redis.call('HGET', q.keys.place, id)
  if place then
    columns.keep_created(q, id, place)
    redis.call('HDEL', q.keys.place, id)
  end
  let_go(q, lane, { id })
end

-- Discarded jobs are about to be dropped: they let their chains go.
function M.dropped(q, ids)
  local holds = columns.read(q, 'hold', ids)
  if next(holds) == nil then return end
  local lanes = columns.read(q, 'lane', ids)
  for i = 1, #ids do
    if holds[i] then let_go(q, lanes[i] or '', { ids[i] }) end
  end
end

-- Refuses a new job with options that no chain allows.
function M.check(option)
  local is_chain = M.gate(option.lane) ~= nil
  if option.hold and not is_chain then refuse('BADARG', 'hold needs a chain') end
  if is_chain and option.priority ~= queue.PRIORITY then
    refuse('BADARG', 'a job of a chain cannot have a priority: a chain runs its jobs in order')
  end
end
