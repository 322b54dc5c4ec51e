-- Jobs that are signed: those of kind `webhook` in queue `webhooks`, which receivers believe to come from here. Only the
-- notifications of jobs become some (notices.lua, outbox.lua, deliver.lua). Every other way into that queue is closed to the
-- kind: enqueue, at once or behind another job; what a run enqueues; what recurs; nodes of workflows; callbacks of batches.
local M = {}

local QUEUE, KIND = 'webhooks', 'webhook'

-- Whether a spec is one of these in a queue. A spec may name its kind twice, and what cannot be read here may be read elsewhere.
function M.is(name, spec)
  if name ~= QUEUE then return false end
  if require('columns').kind_of(spec) == KIND then return true end
  local valid, found = pcall(cjson.decode, spec)
  return not valid or type(found) ~= 'table' or found.kind == KIND
end

-- Refuses a spec that is one of these.
function M.refuse(name, spec)
  if M.is(name, spec) then
    require('queue').refuse('BADARG', 'queue webhooks takes no job of kind webhook from outside, since such jobs are sent with '
      .. 'a signature: enqueue the job that is to be told of with notify, or take another kind or queue')
  end
end

-- Refuses jobs that are enqueued if one of them is one of these: in this queue, or in the one that its options send it to.
-- `jobs` is a flat list of id and spec, `options` are by position from 1.
function M.refuse_any(q, jobs, options)
  if q.keys.name == QUEUE then
    for i = 2, #jobs, 2 do M.refuse(QUEUE, jobs[i]) end
  end
  for i, option in pairs(options) do
    if option.target then M.refuse(option.target, jobs[2 * i]) end
  end
end

return M
