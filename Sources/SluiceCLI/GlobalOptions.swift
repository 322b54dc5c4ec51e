import ArgumentParser
import Foundation
import Hiredis
import Logging
import Sluice
import SluiceCore
import SluiceEmbedded
import SluiceInspector
import SluiceStore

/// The options of every command, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Redis to use: redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:///path.",
            discussion: "Default: $SLUICE_REDIS_URL; else a private server of your own, started on first use.",
            valueName: "url"))
    var redis: String?

    @Option(
        help: ArgumentHelp("What keeps several users of one Redis apart. (default: sluice)", valueName: "name"),
        transform: { try Namespace($0) })
    var namespace: Namespace?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        // A script with an empty variable must not work on another Redis than intended.
        if redis?.isEmpty == true {
            throw ValidationError("--redis is empty: name a server, or leave it out for $SLUICE_REDIS_URL or your private Redis")
        }
    }
}

extension GlobalOptions {
    /// The named server; nil for the private one.
    var url: String? { redis ?? Self.environmentURL }

    /// `$SLUICE_REDIS_URL`, unless it is empty.
    static var environmentURL: String? {
        ProcessInfo.processInfo.environment["SLUICE_REDIS_URL"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The connection settings of Redis. Starts the private server if no server was named.
    func configuration() async throws -> RedisConfiguration {
        let url: String
        if let named = self.url { url = named } else { url = try await EmbeddedRedis().start() }
        do {
            return try RedisConfiguration(url: url)
        } catch {
            let source = redis == nil ? "$SLUICE_REDIS_URL" : "--redis"
            throw SluiceError(.invalidArgument, "\(source) names no server: \(error.description)")
        }
    }

    /// Makes a store, for commands that do more than read and manage.
    func store() async throws -> Store {
        Store(try await configuration(), namespace: namespace ?? .standard, logger: Self.silent)
    }

    /// Discards log messages: errors are printed once, at the end.
    static let silent = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }

    /// Makes a client, passes it to `body`, and closes it.
    func withClient(
        keys: PayloadKeys? = nil, backPressure: BackPressure = .refuse, _ body: (SluiceClient) async throws -> Void
    ) async throws {
        var options = SluiceClient.Options()
        options.namespace = namespace ?? .standard
        // A person waits for the answer.
        options.patience = .seconds(2)
        options.keys = keys
        options.backPressure = backPressure
        let client = try await SluiceClient(try await configuration(), options: options, logger: Self.silent)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    /// Makes an inspector, passes it to `body`, and closes it.
    func withInspector(keys: PayloadKeys? = nil, _ body: (Inspector) async throws -> Void) async throws {
        let inspector = Inspector(try await store(), keys: keys)
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
    /// Warns on standard error if the server evicts keys when its memory is full, since jobs may vanish.
    func warnOfEviction() async {
        // No warning if the user may not read the setting.
        guard let policy = try? await evictionPolicy(), policy != "noeviction" else { return }
        Terminal.complain(
            "warning: this Redis removes keys when its memory is full (maxmemory-policy \(policy)), so jobs can vanish; "
                + "set maxmemory-policy to noeviction")
    }
}
