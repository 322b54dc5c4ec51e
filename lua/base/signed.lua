-- Signed jobs: those of kind `webhook` in queue `webhooks`. Receivers trust their bodies. Only notifications of jobs become such
-- jobs (notices.lua, outbox.lua, deliver.lua). The kind is refused in that queue on every other way: enqueue, follow-ups, jobs
-- that a run enqueues, cron entries, nodes of workflows, callbacks of batches.
local columns = require('columns')
local refuse = require('arguments').refuse

local QUEUE, KIND = 'webhooks', 'webhook'

-- Whether a spec is a signed job in a queue. A spec may name its kind twice, and another reader may read what fails here.
function M.is(name, spec)
  if name ~= QUEUE then return false end
  if columns.kind_of(spec) == KIND then return true end
  local valid, found = pcall(cjson.decode, spec)
  return not valid or type(found) ~= 'table' or found.kind == KIND
end

-- Refuses a spec that is a signed job.
function M.refuse(name, spec)
  if M.is(name, spec) then
    refuse('BADARG', 'jobs of kind webhook cannot be enqueued in queue webhooks, because Sluice signs their requests: '
      .. 'give the option notify to the job that the webhook is about, or use another kind or queue')
  end
end

-- Whether a queue is the one of signed jobs.
function M.is_queue(q) return q.keys.name == QUEUE end

-- Refuses a call that enqueues a signed job, here or in the queue that its options name. `jobs` is a flat list of id and spec;
-- `options` go by position from 1.
function M.refuse_any(q, jobs, options)
  if M.is_queue(q) then
    for i = 2, #jobs, 2 do M.refuse(QUEUE, jobs[i]) end
  end
  for i, option in pairs(options) do
    if option.target then M.refuse(option.target, jobs[2 * i]) end
  end
end
