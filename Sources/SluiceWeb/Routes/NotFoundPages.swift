import HTTPTypes
import Hummingbird

/// Gives addresses below the dashboard that no route matches a page, or a problem of the API. Everything else passes through.
struct NotFoundPages<Context: RequestContext>: RouterMiddleware {
    let dashboard: Dashboard

    @concurrent
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound && isOurs(request.uri.path) {
            // The router knows common methods only; the API has a problem for all others, too.
            if let site = dashboard.site(ofAPI: request.uri.path) { return await dashboard.answerAPI(request, context, at: site) }
            // The routes of the dashboard throw nothing.
            return await dashboard.answerNothing(request, context)
        }
    }

    private func isOurs(_ path: String) -> Bool {
        let base = dashboard.options.path
        return base.isEmpty || path == base || path.hasPrefix(base + "/")
    }
}
