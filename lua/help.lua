-- help        The functions for people, to be called from redis-cli.
local M = {}

local lines = {
  "Sluice: a job queue. A queue's key is NAMESPACE:{QUEUE}, such as 'sluice:{mail}'. Looking:",
  "  FCALL_RO sluice_status 1 KEY                           jobs by state, oldest, workers, totals",
  "  FCALL_RO sluice_list 1 KEY STATE 0 LIMIT [KIND]        a page of jobs; go on with the cursor it returns",
  "  FCALL_RO sluice_job 1 KEY ID                           everything about a job",
  "  FCALL_RO sluice_moves 1 KEY ID [CURSOR]                its moves from state to state; go on with the cursor it returns",
  "  FCALL_RO sluice_explain 1 KEY ID                       why a job does not run",
  "  FCALL_RO sluice_limits 1 KEY [GATE]                    declared, overridden, effective; how gates stand",
  "  FCALL_RO sluice_dependencies 1 KEY                     on or off, breakers, who runs, who waits",
  "  FCALL_RO sluice_workers 1 KEY                          worker, lease left in ms, jobs held, info",
  "  FCALL_RO sluice_history 1 KEY FROM TO                  counters of minutes (ms since 1970 / 60000)",
  "  FCALL_RO sluice_cron 1 KEY [NAME]                      recurring jobs: name, entry, next tick, revision, runs, source",
  "  FCALL_RO sluice_cron 1 KEY '' NAME                     the entries behind the name at the end of a reply",
  "  FCALL_RO sluice_cron_history 1 KEY NAME [COUNT]        its last ticks and their outcomes",
  "  FCALL_RO sluice_audit 1 KEY [CURSOR]                   violations of the data; until the cursor is 0",
  "  FCALL_RO sluice_repair_plan 1 KEY [CURSOR]             the same, and what a repair would do",
  "  FCALL_RO sluice_diagnose 1 KEY glance|workers|kinds|chains|outbox   missing workers, held jobs, messages that do not arrive",
  "  FCALL_RO sluice_diagnose 1 KEY waits                            whether jobs could be claimed now, and gates that are shut",
  "  FCALL_RO sluice_diagnose 1 KEY suspended RANK                   followers that may wait for ever",
  "  FCALL_RO sluice_version 0                              protocol and revision of this library",
  "Changing:",
  "  FCALL sluice_enqueue 1 KEY '' '{\"kind\":\"email\",\"args\":{}}' ''      id (made if empty), spec, options;",
  "        spec: kind; args, any JSON; max_attempts, timeout_ms (of a run), max_waits, version: whole numbers from 1;",
  "        partitions {\"account\":\"5\"}, texts; needs [\"smtp\",\"cache?\"]; chain, a text; chain_hold, true: if discarded, it",
  "        holds its chain; redact [\"card\"]: fields not shown; trace {\"traceparent\":\"…\"}, texts;",
  "        members that clients add: batch, workflow, node, and key, the id of the key that encrypts args",
  "        options: '' or JSON with delay, at, deadline (ms), priority (0 to 9; not with chain),",
  "        after: {\"id\":ID,\"failed\":\"cancel|ignore|hold|compensate\"},",
  "        notify: {\"url\":\"https://…\",\"on\":[\"ended\",\"progress\"]},",
  "        unique: {\"key\":\"a\",\"until\":\"end|start\",\"period\":MS,\"conflict\":\"keep|replace|again|fail\"}",
  "  FCALL sluice_cancel|sluice_retry|sluice_delete 1 KEY ID...",
  "  FCALL sluice_reschedule 1 KEY DELAY_MS|@TIME_MS ID...",
  "  FCALL sluice_repair 1 KEY [CURSOR]                      repairs violations; until the cursor is 0, and audit is clean",
  "  FCALL sluice_drop_facts 1 KEY NUMBER...                 drops messages that doctor shows as set aside",
  "  FCALL sluice_pause 1 KEY [REASON] [new]  FCALL sluice_resume 1 KEY",
  "  FCALL sluice_cron_pause 1 KEY NAME [REASON]             FCALL sluice_cron_remove 1 KEY NAME",
  "  FCALL sluice_override 1 KEY NAME VALUE [MS] [new]       such as concurrency/host=a.b 2 600000, rate/host 40/10000",
  "  FCALL sluice_restore 1 KEY NAME                         ends an override",
  "  FCALL sluice_switch 1 KEY DEPENDENCY on|off [new]       new: also a queue that is first used later",
}

function M.run() return lines end

return M
