package import ArgumentParser
import Foundation
package import Hiredis
package import Logging
package import Sluice
package import SluiceCore
import SluiceEmbedded
package import SluiceInspector
package import SluiceStore

/// What every command takes, before or after its name.
package struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Redis to use: redis://[user:password@]host[:port][/db], redis+sentinel://host,host/primary, redis+cluster://host,host, the "
                + "same with rediss for TLS, or unix:///path.",
            discussion: "Default: $SLUICE_REDIS_URL; else a private server of your own, started on first use.",
            valueName: "url"))
    package var redis: String?

    @Option(
        help: ArgumentHelp(
            "A file with the password of the Redis user, which --redis then names without one: redis://user@host. It is read for each "
                + "connection. Empty: none, whatever the environment and --config name. Default: $SLUICE_REDIS_PASSWORD_FILE.",
            valueName: "file"),
        completion: .file())
    package var redisPasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "A YAML file with settings, named as options are. Options and the environment go before it. Programs that run take all of "
                + "theirs, other commands redis, redis-password-file, namespace and keys. Default: $SLUICE_CONFIG.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    package var config: String?

    @Option(
        help: ArgumentHelp("What keeps several users of one Redis apart. (default: sluice)", valueName: "name"),
        transform: { try Namespace($0) })
    package var namespace: Namespace?

    @Flag(help: "Print JSON, for programs.")
    package var json = false

    @Option(
        help: ArgumentHelp(
            "Who makes changes, for the log of actions. Default: $SLUICE_ACTOR; else your user name and host.", valueName: "name")
    )
    package var actor: String?

    @Option(help: ArgumentHelp("Why a change is made, for the log of actions. A pause shows it.", valueName: "text"))
    package var reason = ""

    package init() {}

    package func validate() throws {
        if actor?.isEmpty == true { throw ValidationError("--actor is empty: name who makes the change, or leave it out") }
        if config?.isEmpty == true { throw ValidationError("--config is empty: name a file, or leave it out") }
        // A script whose variable is empty must not work on another Redis than it means.
        if redis?.isEmpty == true {
            throw ValidationError("--redis is empty: name a server, or leave it out for $SLUICE_REDIS_URL or your private Redis")
        }
    }
}

extension GlobalOptions {
    /// The server that was named; nil for the private one.
    package var url: String? { redis ?? Self.environmentURL }

    /// `$SLUICE_REDIS_URL`, unless it is empty.
    package static var environmentURL: String? { environment("SLUICE_REDIS_URL") }

    /// The environment variable that also names the file of the password. Commands of exec workers do not receive it.
    package static let passwordFileVariable = "SLUICE_REDIS_PASSWORD_FILE"

    /// A variable, unless it is empty.
    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The server that was named and where its password is. Settings of a file stand among the options.
    private var access: RedisAccess {
        RedisAccess([
            RedisAccess.Source(url: redis, file: redisPasswordFile, names: ("--redis", "--redis-password-file")),
            RedisAccess.Source(
                url: Self.environmentURL, file: Self.environment(Self.passwordFileVariable),
                names: ("$SLUICE_REDIS_URL", "$\(Self.passwordFileVariable)")),
        ])
    }

    /// Who the changes of this command are recorded under.
    private var author: Operator {
        let process = ProcessInfo.processInfo
        let named = actor ?? Self.environment("SLUICE_ACTOR")
        return Operator(named ?? "\(NSUserName())@\(process.hostName)", via: .tool, from: process.hostName)
    }

    /// An inspector on a store that its owner closes. Its changes are recorded under the user of this command.
    package func inspector(_ store: Store, keys: PayloadKeys? = nil) -> Inspector {
        Inspector(store, keys: keys).acting(as: author, reason: reason)
    }

    /// How to reach the server that was named; nil for the private one.
    /// - Throws: `invalidArgument` for what names no server.
    package func namedConfiguration() throws(SluiceError) -> RedisConfiguration? {
        if url == nil {
            if redisPasswordFile?.isEmpty ?? true { return nil }
            throw SluiceError(.invalidArgument, "--redis-password-file needs --redis: your private Redis has no password")
        }
        if let clash = access.clash { throw SluiceError(.invalidArgument, clash.reason) }
        guard let url = access.url else { return nil }
        do {
            return try RedisConfiguration(url: url, passwordFile: access.file)
        } catch {
            let source = redis == nil ? "$SLUICE_REDIS_URL" : "--redis"
            throw SluiceError(.invalidArgument, "\(source) names no server: \(error.description)")
        }
    }

    /// How to reach Redis. The private server is started where none was named.
    private func configuration() async throws -> RedisConfiguration {
        guard let configuration = try namedConfiguration() else {
            return try RedisConfiguration(url: try await EmbeddedRedis().start())
        }
        Self.warnOfFiles(configuration)
        return configuration
    }

    /// Warns of files with secrets that others can read, once of each.
    static func warnOfFiles(_ configuration: RedisConfiguration) {
        let warnings = [
            configuration.tls?.privateKey.flatMap { PrivateKeyFile.warning($0) },
            configuration.passwordFile.flatMap { PasswordFile.warning($0) },
        ]
        for warning in warnings.compactMap({ $0 }) { Terminal.complain("warning: \(warning)") }
    }

    /// The store, for commands that do more than look and manage.
    package func store(logger: Logger = GlobalOptions.silent) async throws -> Store {
        Store(try await configuration(), namespace: namespace ?? .standard, logger: logger)
    }

    /// How to run redis-cli on the same server, or on the primary that sentinels name now.
    /// - Throws: ``Failure`` if the connection of redis-cli would not be safe, or no primary is found.
    package func redisClient() async throws -> RedisClientCall {
        var configuration = try await configuration()
        do throws(RedisError) {
            configuration = try await configuration.located()
        } catch {
            throw Failure(error.description, status: .noRedis)
        }
        return try RedisClientCall(configuration)
    }

    /// Errors are told in one line at the end; what is logged meanwhile would come twice.
    package static let silent = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }

    /// Lends a client, and closes it.
    package func withClient(
        keys: PayloadKeys? = nil, payloadLimit: Int? = nil, backPressure: BackPressure = .refuse,
        _ body: (SluiceClient) async throws -> Void
    ) async throws {
        var options = SluiceClient.Options()
        options.namespace = namespace ?? .standard
        // A person waits for the answer.
        options.patience = .seconds(2)
        options.keys = keys
        options.backPressure = backPressure
        if let payloadLimit { options.payloadLimit = payloadLimit }
        let client = try await SluiceClient(try await store(), options: options, logger: Self.silent)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    /// Lends an inspector, and closes it.
    package func withInspector(keys: PayloadKeys? = nil, _ body: (Inspector) async throws -> Void) async throws {
        let inspector = inspector(try await store(), keys: keys)
        do {
            try await body(inspector)
        } catch {
            await inspector.close()
            throw error
        }
        await inspector.close()
    }
}

extension Store {
    /// Says on standard error that jobs may vanish, if the server evicts keys when its memory is full.
    package func warnOfEviction() async {
        // Who may not ask is not told.
        guard let policy = try? await evictionPolicy(), policy != "noeviction" else { return }
        Terminal.complain(
            "warning: this Redis removes keys when its memory is full (maxmemory-policy \(policy)), so jobs can vanish; "
                + "set maxmemory-policy to noeviction")
    }
}
