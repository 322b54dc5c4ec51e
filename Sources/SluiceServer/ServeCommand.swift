import ArgumentParser
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Sluice
import SluiceCore
import SluiceInspector
import SluiceStore
import SluiceToolSupport
import SluiceWeb

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve the dashboard; this is the default.")

    /// What a connection may send as headers.
    private static let longestHeaders = 16 * 1024
    /// How long a connection may be silent.
    private static let idleTime = TimeAmount.seconds(60)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "The address and port to listen on; port 0 takes a free one. Other than a loopback address it needs --users or --trust-header. "
                + "(default: 127.0.0.1:7880)",
            valueName: "host:port"),
        transform: { try ListenAddress(parsing: $0) })
    var listen = ListenAddress(host: "127.0.0.1", port: 7880)

    @OptionGroup var access: AccessOptions

    @OptionGroup var keys: KeysOptions

    @OptionGroup var log: LogOptions

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Refuse every change, for all roles.")
    var readOnly = false

    @Option(
        help: ArgumentHelp(
            "The path that all addresses begin with, such as /jobs. A proxy passes it on unchanged.", valueName: "path"))
    var path = ""

    @Option(
        help: ArgumentHelp(
            "An origin, such as https://ops.example, that people use if a proxy changes the name of the host. May be repeated.",
            valueName: "origin"))
    var origin: [String] = []

    @Option(help: ArgumentHelp("What the badge at the top says, such as production.", valueName: "text"))
    var badge: String?

    @Option(
        help: ArgumentHelp("The colour of the badge: grey, green, blue, amber or red. (default: grey)", valueName: "color"),
        completion: .list(DashboardSite.Color.allCases.map(\.rawValue)),
        transform: { text in
            guard let color = DashboardSite.Color(rawValue: text) else {
                throw ValidationError("'\(text.prefix(20))' is no colour: there are grey, green, blue, amber and red")
            }
            return color
        })
    var badgeColor = DashboardSite.Color.grey

    @Option(
        help: ArgumentHelp(
            "Show a site: name=redis://host, or name=redis://host#namespace. May be repeated. Without it, --redis and --namespace are "
                + "the only site.",
            valueName: "site"),
        transform: { try SiteOption(parsing: $0) })
    var site: [SiteOption] = []

    func validate() throws {
        if !listen.isLoopback, !access.isClosed {
            throw ValidationError(
                "--listen \(listen): a server on \(listen.host) needs --users or --trust-header: all who reach it could change the "
                    + "queues")
        }
        if !DashboardOptions.isPath(path) { throw ValidationError("--path begins with a slash and does not end with one") }
        if !site.isEmpty, global.redis != nil || global.namespace != nil {
            throw ValidationError("give --site or --redis and --namespace, not both")
        }
        if Set(site.map(\.name)).count < site.count { throw ValidationError("--site: two sites have the same name") }
    }

    func run() async throws {
        if settings.check { return try await check() }
        let logger = log.logger("sluice.server", isJSON: global.json)
        // What is wrong with the files is told before anything is opened.
        let loaded = try keys.load()
        let (access, parts) = try access.access(logger)
        var reload = await SecretReload(logger: logger)
        reload.add(keys.reload(loaded))
        for part in parts { reload.add(part) }
        let sites = try await openSites(logger, loaded)
        for site in sites {
            reload.add(site.inspector.store)
            if let client = site.client { reload.add(client.store) }
        }
        do {
            try await serve(sites, access, reload, logger)
        } catch {
            await close(sites)
            throw error
        }
        await close(sites)
    }

    private func serve(
        _ sites: [DashboardSite], _ access: DashboardAccess, _ reload: SecretReload, _ logger: Logger
    ) async throws {
        let dashboard = try Dashboard(
            sites: sites, access: access,
            options: DashboardOptions(path: path, isReadOnly: readOnly, trustedOrigins: Set(origin)))
        let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
        dashboard.addRoutes(to: router)
        var quiet = logger
        quiet.logLevel = .error
        let channel = HTTP1Channel.Configuration(
            idleTimeout: Self.idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.longestHeaders, maxHeaderListSize: Self.longestHeaders, maxHeaderFieldCount: 100))
        let (host, path) = (listen.host, path)
        let loops = LoopPulse()
        let app = Application(
            router: router, server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(OpenFiles.connections(most: 4000))),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                loops.serves()
                logger.notice("serving", metadata: ["url": "http://\(ListenAddress(host: host, port: port))\(path)/"])
            }, logger: quiet)
        var services: [any Service] = [reload, dashboard, app]
        if let systemd = SystemdNotifier() {
            let probe = ServiceProbe("server", probing: sites.compactMap(\.client?.store)) { loops.pulse }
            services.insert(SystemdService(systemd, probe, logger: logger), at: 0)
            services.append(loops)
        }
        let group = ServiceGroup(services: services, gracefulShutdownSignals: StopSignals.ofService, logger: quiet)
        do {
            try await SecondInterrupt(services: group, logger: logger).run()
        } catch let error as IOError {
            throw Self.failure(listen, error)
        }
    }

    static func failure(_ listen: ListenAddress, _ error: IOError) -> Failure {
        Failure("cannot listen on \(listen): \(reason(error))")
    }

    private static func reason(_ error: IOError) -> String {
        switch error.errnoCode {
        case EADDRINUSE: "the port is in use; --listen 127.0.0.1:0 takes a free one"
        case EACCES: "this user may not use the port"
        case EADDRNOTAVAIL: "this machine does not have the address"
        default: String(cString: strerror(error.errnoCode))
        }
    }

    private func openSites(_ logger: Logger, _ keys: PayloadKeys?) async throws -> [DashboardSite] {
        if site.isEmpty {
            // The inspector has a connection of its own, so that a page does not wait for producers.
            let inspector = Inspector(try await global.store(logger: logger), keys: keys)
            let client = try await SluiceClient(
                try await global.store(logger: logger), options: Self.options(global.namespace ?? .standard, keys),
                logger: logger)
            return [DashboardSite(badge: badge, color: badgeColor, inspector: inspector, client: client)]
        }
        var sites: [DashboardSite] = []
        for site in site {
            let inspector = try Inspector(url: site.url, namespace: site.namespace, keys: keys, logger: logger)
            let client = try await SluiceClient(.url(site.url), options: Self.options(site.namespace, keys), logger: logger)
            sites.append(
                DashboardSite(name: site.name, badge: badge, color: badgeColor, inspector: inspector, client: client))
        }
        return sites
    }

    private static func options(_ namespace: Namespace, _ keys: PayloadKeys?) -> SluiceClient.Options {
        var options = SluiceClient.Options()
        options.namespace = namespace
        options.keys = keys
        return options
    }

    private func close(_ sites: [DashboardSite]) async {
        for site in sites {
            await site.client?.close()
            await site.inspector.close()
        }
    }
}

/// What a request of this server knows: the address of its client.
struct ServerContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
