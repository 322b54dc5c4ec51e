import Logging
import NIOPosix

extension RedisConfiguration {
    /// This configuration with the address of the primary in place of sentinels, for a program that knows none; otherwise the same.
    /// - Throws: `unreachable` or `refused` if no primary is found.
    package func located() async throws(RedisError) -> RedisConfiguration {
        let connector = Connector(
            configuration: self, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), check: nil,
            logger: Logger(label: "sluice.redis") { _ in SwiftLogNoOpLogHandler() })
        guard let dialer = SentinelDialer(connector) else { return self }
        return try await dialer.locate()
    }
}
