import Hiredis
package import SluiceCore

extension SettingsCheck {
    /// Tries the server that the common options name.
    /// - Parameters:
    ///   - connects: Whether to reach it, too.
    ///   - queues: The queues that the program will use.
    ///   - use: What it does with them.
    package mutating func redis(_ global: GlobalOptions, connects: Bool, queues: [QueueName], _ use: QueueUse) async {
        await reach {
            guard let configuration = try global.namedConfiguration() else {
                if !connects { return }
                throw Failure("--connect needs a server: name it with --redis or $SLUICE_REDIS_URL", status: .usage)
            }
            let namespace = global.namespace ?? .standard
            let rights = RightsCheck(namespace: namespace, queues: queues, use: use)
            let option = global.redis == nil ? "$SLUICE_REDIS_URL" : "--redis"
            try await Self.examine(configuration, named: option, connects ? rights : nil)
        }
    }

    /// Tries the server of a site.
    package mutating func site(
        _ name: String, url: String, namespace: Namespace, connects: Bool, queues: [QueueName], _ use: QueueUse
    ) async {
        await reach {
            let configuration: RedisConfiguration
            do throws(RedisURLError) {
                configuration = try RedisConfiguration(url: url)
            } catch {
                throw Failure("--site \(name) names no server: \(error.description)", status: .usage)
            }
            let rights = RightsCheck(namespace: namespace, queues: queues, use: use)
            try await Self.examine(configuration, named: "--site \(name)", connects ? rights : nil)
        }
    }

    private static func examine(_ configuration: RedisConfiguration, named option: String, _ rights: RightsCheck?) async throws {
        GlobalOptions.warnOfFiles(configuration)
        do throws(RedisError) {
            try configuration.readFiles(GlobalOptions.silent)
        } catch {
            let reason = if case .unreachable(let reason) = error { reason } else { error.description }
            let isPassword = configuration.passwordFile.map { reason.contains("'\($0)'") } ?? false
            throw Failure("\(isPassword ? "--redis-password-file" : option): \(reason)", status: .usage)
        }
        try await rights?.run(configuration)
    }
}
