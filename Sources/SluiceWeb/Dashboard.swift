public import Hummingbird
import Logging
public import ServiceLifecycle
import SluiceInspector

/// A dashboard for the queues of one or more namespaces: pages for people, live updates, and actions.
///
/// ```swift
/// let inspector = try Inspector(url: "redis://127.0.0.1:6379")
/// let dashboard = try Dashboard(
///     sites: [DashboardSite(inspector: inspector)], access: .open(.operator), options: DashboardOptions(path: "/jobs"))
/// let router = Router()
/// dashboard.addRoutes(to: router)
/// let app = Application(router: router, services: [dashboard])
/// try await app.runService()
/// ```
/// It reads Redis while a page is open, as much for a thousand viewers as for one. It keeps nothing of its own but the progress of
/// bulk changes that it runs.
public struct Dashboard: Service, Sendable {
    /// A configuration that cannot be served.
    public struct InvalidConfiguration: Error, CustomStringConvertible, Hashable {
        /// What is wrong, in one line.
        public var description: String
    }

    let sites: [Site]
    let access: DashboardAccess
    let options: DashboardOptions
    let attempts = LoginAttempts()

    /// Makes a dashboard.
    /// - Parameters:
    ///   - sites: At least one. With several, each is below its name.
    ///   - access: How it learns who makes a request.
    ///   - options: How it is served.
    /// - Throws: ``InvalidConfiguration``.
    public init(sites: [DashboardSite], access: DashboardAccess, options: DashboardOptions = DashboardOptions())
        throws(InvalidConfiguration)
    {
        if sites.isEmpty { throw InvalidConfiguration(description: "a dashboard has at least one site") }
        for site in sites where !DashboardSite.isName(site.name) {
            throw InvalidConfiguration(
                description: "'\(site.name.prefix(40))' is no name of a site: lower-case letters, digits and dashes")
        }
        if Set(sites.map(\.name)).count < sites.count { throw InvalidConfiguration(description: "two sites have the same name") }
        if !DashboardOptions.isPath(options.path) {
            throw InvalidConfiguration(
                description: "'\(options.path.prefix(80))' is no path: it begins with a slash and does not end with one")
        }
        self.sites = sites.map(Site.init)
        self.access = access
        self.options = options
    }

    /// Watches the queues while there are streams, until the group shuts down or the task is cancelled.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for site in sites { group.addTask { await site.watcher.run() } }
            }
        }
        for site in sites {
            await site.bulk.stopAll()
            await site.health.stopAll()
        }
    }

    /// Adds the routes of the dashboard, all of them below ``DashboardOptions/path``.
    ///
    /// The address of a client is known if the context is a `RemoteAddressRequestContext`.
    public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        let base = options.path
        for asset in Assets.all {
            router.get(RouterPath("\(base)/assets/\(asset.name)")) { _, _ in Self.response(asset) }
        }
        // Probes need no name, and are told nothing.
        router.get(RouterPath("\(base)/livez")) { _, _ in MonitoringRoutes.response("text/plain; charset=utf-8", "alive\n") }
        router.get(RouterPath("\(base)/readyz")) { _, _ in await self.readiness() }
        if access.hasLogin {
            router.get(RouterPath("\(base)/login")) { request, context in await self.showLogin(request, context) }
            router.post(RouterPath("\(base)/login")) { request, context in await self.logIn(request, context) }
            router.post(RouterPath("\(base)/logout")) { request, context in await self.logOut(request, context) }
        }
        for site in sites {
            addAPI(of: site, to: router)
            let links = links(to: site)
            for route in Routes.all {
                router.on(RouterPath("\(links.site)/\(route.path)"), method: route.method) { request, context in
                    await self.answer(request, context, at: site, route)
                }
            }
        }
        if sites.count > 1, let first = sites.first {
            router.get(RouterPath(base.isEmpty ? "/" : base)) { _, _ in Response.redirect(to: self.links(to: first).to()) }
        }
        _ = router.add(middleware: NotFoundPages<Context>(dashboard: self))
    }

    /// Whether Redis answers for every site.
    private func readiness() async -> Response {
        for site in sites {
            do {
                _ = try await site.watcher.snapshot()
            } catch {
                return MonitoringRoutes.response(
                    "text/plain; charset=utf-8", "Redis does not answer for \(site.name)\n", status: .serviceUnavailable)
            }
        }
        return MonitoringRoutes.response("text/plain; charset=utf-8", "ready\n")
    }

    func links(to site: Site) -> Links {
        Links(base: options.path, site: sites.count > 1 ? "\(options.path)/\(site.name)" : options.path)
    }

    private static func response(_ asset: Assets) -> Response {
        var response = Response(
            status: .ok,
            headers: [.contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
        Headers.protect(&response)
        return response
    }
}
