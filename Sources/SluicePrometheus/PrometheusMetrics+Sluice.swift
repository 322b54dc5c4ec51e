extension PrometheusMetrics {
    /// Explanations of what Sluice's clients, workers and deliverers of web hooks report, by exported name.
    public static let sluiceHelp: [String: String] = [
        "sluice_build_info": "Always 1: the version of the program, and the revision of the function library that it brings.",
        "sluice_dependency_failures_total": "Runs that found a dependency missing.",
        "sluice_jobs_enqueued_total": "Jobs that this process enqueued.",
        "sluice_jobs_refused_full_total": "Jobs that were refused because the queue is at its depth limit.",
        "sluice_jobs_started_total": "Jobs that this worker claimed.",
        "sluice_leases_lost_total": "Jobs that were taken from this worker while it ran them.",
        "sluice_queue_jobs": "Jobs of the whole queue in each state; of ended ones, those that are kept.",
        "sluice_queue_oldest_seconds": "How long the oldest job of the whole queue has been in the state.",
        "sluice_redis_call_duration_seconds": "How long Redis took to answer this worker's calls.",
        "sluice_redis_calls_failed_total": "Calls of this worker that had no answer, or an error for one.",
        "sluice_run_duration_seconds": "How long handlers took.",
        "sluice_runs_ended_total": "Runs that ended here, by the state that their job went to.",
        "sluice_settlements_refused_total": "Outcomes that came too late: another worker has the job, or nobody.",
        "sluice_wait_duration_seconds": "How long jobs were available before they were claimed.",
        "sluice_webhooks_dead_total": "Notifications that were given up.",
        "sluice_webhooks_delivered_total": "Notifications that were delivered.",
        "sluice_worker_places": "Jobs that this worker may run at the same time.",
        "sluice_worker_runs": "Jobs that run here now.",
    ]
}
