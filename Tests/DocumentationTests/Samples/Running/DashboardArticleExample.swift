import Hummingbird
import SluiceInspector
import SluiceWeb

/// Serves the dashboard under /jobs, beside the routes of the application.
func dashboard(_ inspector: Inspector, on router: Router<BasicRequestContext>) throws -> Dashboard {
    let dashboard = try Dashboard(
        sites: [DashboardSite(inspector: inspector)],
        access: .custom { request in
            // What the application knows of who asks.
            request.headers[.authorization] == nil ? nil : Principal(name: "ada", role: .operator)
        }, options: DashboardOptions(path: "/jobs"))
    dashboard.addRoutes(to: router)
    return dashboard
}
