#include "modules.h"

// `#embed` is C23, which Swift's clang knows in older standards, too.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const struct sluice_module modules[] = {
    {"actions", (const unsigned char[]){
#embed "../../lua/operators/actions.lua"
    , 0}},
    {"ageing", (const unsigned char[]){
#embed "../../lua/workers/ageing.lua"
    , 0}},
    {"ahead", (const unsigned char[]){
#embed "../../lua/operators/ahead.lua"
    , 0}},
    {"ahead_queue", (const unsigned char[]){
#embed "../../lua/operators/ahead_queue.lua"
    , 0}},
    {"arguments", (const unsigned char[]){
#embed "../../lua/base/arguments.lua"
    , 0}},
    {"aside", (const unsigned char[]){
#embed "../../lua/relay/aside.lua"
    , 0}},
    {"audit", (const unsigned char[]){
#embed "../../lua/operators/audit.lua"
    , 0}},
    {"audit_cron", (const unsigned char[]){
#embed "../../lua/operators/audit_cron.lua"
    , 0}},
    {"audit_deadlines", (const unsigned char[]){
#embed "../../lua/operators/audit_deadlines.lua"
    , 0}},
    {"audit_gates", (const unsigned char[]){
#embed "../../lua/operators/audit_gates.lua"
    , 0}},
    {"audit_jobs", (const unsigned char[]){
#embed "../../lua/operators/audit_jobs.lua"
    , 0}},
    {"audit_unique", (const unsigned char[]){
#embed "../../lua/operators/audit_unique.lua"
    , 0}},
    {"await", (const unsigned char[]){
#embed "../../lua/jobs/await.lua"
    , 0}},
    {"batch", (const unsigned char[]){
#embed "../../lua/relay/batch.lua"
    , 0}},
    {"batch_index", (const unsigned char[]){
#embed "../../lua/relay/batch_index.lua"
    , 0}},
    {"breaker", (const unsigned char[]){
#embed "../../lua/limits/breaker.lua"
    , 0}},
    {"bulk", (const unsigned char[]){
#embed "../../lua/operators/bulk.lua"
    , 0}},
    {"bulk_filter", (const unsigned char[]){
#embed "../../lua/operators/bulk_filter.lua"
    , 0}},
    {"calls", (const unsigned char[]){
#embed "../../lua/jobs/calls.lua"
    , 0}},
    {"chains", (const unsigned char[]){
#embed "../../lua/limits/chains.lua"
    , 0}},
    {"choose", (const unsigned char[]){
#embed "../../lua/workers/choose.lua"
    , 0}},
    {"claim", (const unsigned char[]){
#embed "../../lua/workers/claim.lua"
    , 0}},
    {"clock", (const unsigned char[]){
#embed "../../lua/base/clock.lua"
    , 0}},
    {"columns", (const unsigned char[]){
#embed "../../lua/base/columns.lua"
    , 0}},
    {"commit", (const unsigned char[]){
#embed "../../lua/jobs/commit.lua"
    , 0}},
    {"conflicts", (const unsigned char[]){
#embed "../../lua/jobs/conflicts.lua"
    , 0}},
    {"cron", (const unsigned char[]){
#embed "../../lua/cron/cron.lua"
    , 0}},
    {"cron_change", (const unsigned char[]){
#embed "../../lua/cron/cron_change.lua"
    , 0}},
    {"cron_entry", (const unsigned char[]){
#embed "../../lua/cron/cron_entry.lua"
    , 0}},
    {"cron_fire", (const unsigned char[]){
#embed "../../lua/cron/cron_fire.lua"
    , 0}},
    {"cycle", (const unsigned char[]){
#embed "../../lua/workers/cycle.lua"
    , 0}},
    {"deadlines", (const unsigned char[]){
#embed "../../lua/jobs/deadlines.lua"
    , 0}},
    {"declare", (const unsigned char[]){
#embed "../../lua/limits/declare.lua"
    , 0}},
    {"deliver", (const unsigned char[]){
#embed "../../lua/relay/deliver.lua"
    , 0}},
    {"depth", (const unsigned char[]){
#embed "../../lua/jobs/depth.lua"
    , 0}},
    {"diagnose", (const unsigned char[]){
#embed "../../lua/operators/diagnose.lua"
    , 0}},
    {"diagnose_suspended", (const unsigned char[]){
#embed "../../lua/operators/diagnose_suspended.lua"
    , 0}},
    {"ended", (const unsigned char[]){
#embed "../../lua/jobs/ended.lua"
    , 0}},
    {"enqueue", (const unsigned char[]){
#embed "../../lua/jobs/enqueue.lua"
    , 0}},
    {"enqueue_read", (const unsigned char[]){
#embed "../../lua/jobs/enqueue_read.lua"
    , 0}},
    {"events", (const unsigned char[]){
#embed "../../lua/base/events.lua"
    , 0}},
    {"expiry", (const unsigned char[]){
#embed "../../lua/base/expiry.lua"
    , 0}},
    {"explain", (const unsigned char[]){
#embed "../../lua/operators/explain.lua"
    , 0}},
    {"fences", (const unsigned char[]){
#embed "../../lua/base/fences.lua"
    , 0}},
    {"followers", (const unsigned char[]){
#embed "../../lua/jobs/followers.lua"
    , 0}},
    {"gates", (const unsigned char[]){
#embed "../../lua/limits/gates.lua"
    , 0}},
    {"help", (const unsigned char[]){
#embed "../../lua/help.lua"
    , 0}},
    {"history", (const unsigned char[]){
#embed "../../lua/base/history.lua"
    , 0}},
    {"hosts", (const unsigned char[]){
#embed "../../lua/base/hosts.lua"
    , 0}},
    {"json", (const unsigned char[]){
#embed "../../lua/base/json.lua"
    , 0}},
    {"keys", (const unsigned char[]){
#embed "../../lua/base/keys.lua"
    , 0}},
    {"kinds", (const unsigned char[]){
#embed "../../lua/base/kinds.lua"
    , 0}},
    {"lanes", (const unsigned char[]){
#embed "../../lua/limits/lanes.lua"
    , 0}},
    {"library", (const unsigned char[]){
#embed "../../lua/library.lua"
    , 0}},
    {"limiter", (const unsigned char[]){
#embed "../../lua/limits/limiter.lua"
    , 0}},
    {"limits", (const unsigned char[]){
#embed "../../lua/limits/limits.lua"
    , 0}},
    {"limits_list", (const unsigned char[]){
#embed "../../lua/limits/limits_list.lua"
    , 0}},
    {"links", (const unsigned char[]){
#embed "../../lua/jobs/links.lua"
    , 0}},
    {"manage", (const unsigned char[]){
#embed "../../lua/operators/manage.lua"
    , 0}},
    {"members", (const unsigned char[]){
#embed "../../lua/base/members.lua"
    , 0}},
    {"migration", (const unsigned char[]){
#embed "../../lua/limits/migration.lua"
    , 0}},
    {"notices", (const unsigned char[]){
#embed "../../lua/relay/notices.lua"
    , 0}},
    {"once", (const unsigned char[]){
#embed "../../lua/jobs/once.lua"
    , 0}},
    {"options", (const unsigned char[]){
#embed "../../lua/jobs/options.lua"
    , 0}},
    {"outbox", (const unsigned char[]){
#embed "../../lua/relay/outbox.lua"
    , 0}},
    {"overrides", (const unsigned char[]){
#embed "../../lua/limits/overrides.lua"
    , 0}},
    {"oversize", (const unsigned char[]){
#embed "../../lua/workers/oversize.lua"
    , 0}},
    {"packed", (const unsigned char[]){
#embed "../../lua/base/packed.lua"
    , 0}},
    {"parking", (const unsigned char[]){
#embed "../../lua/limits/parking.lua"
    , 0}},
    {"polling", (const unsigned char[]){
#embed "../../lua/jobs/polling.lua"
    , 0}},
    {"progress", (const unsigned char[]){
#embed "../../lua/jobs/progress.lua"
    , 0}},
    {"queue", (const unsigned char[]){
#embed "../../lua/base/queue.lua"
    , 0}},
    {"rate", (const unsigned char[]){
#embed "../../lua/limits/rate.lua"
    , 0}},
    {"record", (const unsigned char[]){
#embed "../../lua/base/record.lua"
    , 0}},
    {"repair", (const unsigned char[]){
#embed "../../lua/operators/repair.lua"
    , 0}},
    {"reserve", (const unsigned char[]){
#embed "../../lua/limits/reserve.lua"
    , 0}},
    {"resync", (const unsigned char[]){
#embed "../../lua/workers/resync.lua"
    , 0}},
    {"rewind", (const unsigned char[]){
#embed "../../lua/operators/rewind.lua"
    , 0}},
    {"running", (const unsigned char[]){
#embed "../../lua/workers/running.lua"
    , 0}},
    {"semaphore", (const unsigned char[]){
#embed "../../lua/limits/semaphore.lua"
    , 0}},
    {"settle", (const unsigned char[]){
#embed "../../lua/workers/settle.lua"
    , 0}},
    {"signed", (const unsigned char[]){
#embed "../../lua/base/signed.lua"
    , 0}},
    {"slot", (const unsigned char[]){
#embed "../../lua/base/slot.lua"
    , 0}},
    {"spec", (const unsigned char[]){
#embed "../../lua/base/spec.lua"
    , 0}},
    {"states", (const unsigned char[]){
#embed "../../lua/base/states.lua"
    , 0}},
    {"stats", (const unsigned char[]){
#embed "../../lua/base/stats.lua"
    , 0}},
    {"suspects", (const unsigned char[]){
#embed "../../lua/workers/suspects.lua"
    , 0}},
    {"touch", (const unsigned char[]){
#embed "../../lua/jobs/touch.lua"
    , 0}},
    {"unique", (const unsigned char[]){
#embed "../../lua/jobs/unique.lua"
    , 0}},
    {"utf8", (const unsigned char[]){
#embed "../../lua/base/utf8.lua"
    , 0}},
    {"view", (const unsigned char[]){
#embed "../../lua/operators/view.lua"
    , 0}},
    {"waiting", (const unsigned char[]){
#embed "../../lua/jobs/waiting.lua"
    , 0}},
    {"wake", (const unsigned char[]){
#embed "../../lua/workers/wake.lua"
    , 0}},
    {"workers", (const unsigned char[]){
#embed "../../lua/workers/workers.lua"
    , 0}},
    {"workflow", (const unsigned char[]){
#embed "../../lua/workflows/workflow.lua"
    , 0}},
    {"workflow_add", (const unsigned char[]){
#embed "../../lua/workflows/workflow_add.lua"
    , 0}},
    {"workflow_graph", (const unsigned char[]){
#embed "../../lua/workflows/workflow_graph.lua"
    , 0}},
    {"workflow_index", (const unsigned char[]){
#embed "../../lua/workflows/workflow_index.lua"
    , 0}},
    {"workflow_step", (const unsigned char[]){
#embed "../../lua/workflows/workflow_step.lua"
    , 0}},
    {"workflow_tell", (const unsigned char[]){
#embed "../../lua/workflows/workflow_tell.lua"
    , 0}},
    {"workflow_view", (const unsigned char[]){
#embed "../../lua/workflows/workflow_view.lua"
    , 0}},
    {0, 0},
};

const struct sluice_module *sluice_modules(void) { return modules; }
