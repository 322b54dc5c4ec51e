import Hummingbird
import SluiceInspector

/// All routes of a site.
enum Routes {
    static let all: [Route] =
        [
            Route(method: .get, path: "events", role: .viewer) { request in try EventStream.response(of: request.site) }
        ] + OverviewPage.routes + QueuePage.routes + JobsPage.routes + SelectedJobs.routes + JobDetailsPage.routes
        + BulkPages.routes
        + FailuresPage.routes + MonitoringRoutes.routes + composition + operation

    private static let composition: [Route] = WorkflowsPage.routes + WorkflowPage.routes + BatchesPage.routes

    private static let operation: [Route] =
        CronPage.routes + CronEntryPage.routes + LimitsPage.routes + QueueLimitsPage.routes + DependencyForms.routes
        + WebhooksPage.routes + WorkersPage.routes + HealthPage.routes + AuditPage.routes + LogPage.routes + LogExport.routes
        + TokensPage.routes
}
