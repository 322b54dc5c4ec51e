import Foundation
package import Hiredis
public import SluiceCore
package import SluiceStore

/// Queues for one test, on a server that many tests share, with a clock that stands still until the test moves it.
///
/// ```swift
/// let queues = try await TestNamespace()
/// // … enqueue with a delay of an hour, through a client on queues.url and queues.namespace
/// try await queues.advance(by: .seconds(3600))
/// ```
/// Everything that the library times in Redis follows the virtual clock: delays, retries, deadlines of jobs, rates with their
/// guards, breakers, leases, unique periods, recurring jobs, retention, and keys that expire.
///
/// Everything that a process times follows the real clock: sockets and their timeouts, the `timeout` of a handler, the grace period
/// of a stop, how long a chunk gathers, and how long a caller waits for a result, a permit, or a place from a rate limiter outside
/// of jobs. The data of the test is removed with the server, at the end of the test process.
public final class TestNamespace: Sendable {
    /// The clock that the queues of a namespace follow.
    public enum Clock: Sendable {
        /// Stands still until ``TestNamespace/advance(by:)``. It starts at the beginning of the current hour.
        case virtual
        /// Follows the server until the first ``TestNamespace/advance(by:)``, and stands still from then on.
        case server
    }

    /// A unique name.
    public let namespace: Namespace
    /// The server that holds the namespace.
    public let server: RedisTestServer
    /// The URL that a client of these queues connects to.
    public var url: String { server.url }
    /// The library's calls, on a connection of this test.
    package let store: Store
    /// The start of the virtual clock, in ms since 1970: `T+0` of a dump.
    package let start: Int

    /// Makes a namespace on the server that the test process shares.
    ///
    /// - Throws: what ``RedisTestServer/shared()`` throws, or an error of Redis.
    public convenience init(clock: Clock = .virtual) async throws {
        try await self.init(on: RedisTestServer.shared(), clock: clock)
    }

    /// Makes a namespace on a server of the test. The clock `virtual` requires ``RedisTestServer/useVirtualClock()`` there.
    /// - Throws: an error if Redis cannot be reached or used.
    public init(on server: RedisTestServer, clock: Clock) async throws {
        self.server = server
        namespace = try Namespace("test-" + String(UInt64.random(in: .min ... .max), radix: 36))
        store = Store(try RedisConfiguration(url: server.url), namespace: namespace)
        let hour = 3_600_000
        start = Int(Date().timeIntervalSince1970 * 1000) / hour * hour
        switch clock {
        case .virtual: try await setClock(microseconds: start * 1000)
        case .server: break
        }
    }

    /// Finds the same namespace on another server, such as one that was restored from a copy of the first.
    package init(_ other: TestNamespace, on server: RedisTestServer) throws(RedisURLError) {
        self.server = server
        namespace = other.namespace
        store = Store(try RedisConfiguration(url: server.url), namespace: namespace)
        start = other.start
    }

    /// Moves the clock and wakes an idle worker of each queue, which looks for due jobs. A negative duration moves the clock back.
    ///
    /// Redis takes a step of more than two thirds of a lease without a call of a worker for a failure of its own, and gives all
    /// workers five more seconds. To see a worker die, take steps below 20 s and let another worker look after each.
    /// - Throws: an error if Redis cannot be reached or used.
    public func advance(by duration: Duration) async throws {
        let (seconds, attoseconds) = duration.components
        let micros = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        guard server.cluster != nil else {
            _ = try await command("EVAL", Self.advanceScript, "1", clockKey, "\(micros)", namespace.text)
            return
        }
        let now = try await server.clock(of: namespace) + micros
        try await setClock(microseconds: now)
        _ = try await server.sendToAll(["EVAL", RedisTestServer.passScript, "0", namespace.text, "\(now / 1000)"])
    }

    /// Sets the clock to microseconds since 1970. Wakes nobody.
    package func setClock(microseconds: Int) async throws {
        try await server.setClock(of: namespace, microseconds: microseconds)
    }

    /// Sends any command to the server of its first key.
    package func command(_ words: String...) async throws(SluiceError) -> RedisReply { try await store.command(words) }

    /// Runs a script without keys on the server, or on each primary of a cluster.
    package func everywhere(_ script: String, _ arguments: String...) async throws -> [RedisReply] {
        try await server.sendToAll(RedisCommand(["EVAL", script, "0"] + arguments))
    }

    /// The base of a queue's keys, as functions take it.
    package func base(_ queue: QueueName) -> String { store.keys.base(queue) }

    var clockKey: String { "\(namespace):clock" }

    private static let advanceScript = """
        local micros = redis.call('GET', KEYS[1])
        if not micros then
          local time = redis.call('TIME')
          micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
        end
        redis.call('SET', KEYS[1], string.format('%.0f', micros + ARGV[1]))
        local expiries = ARGV[2] .. ':expiries'
        local now = string.format('%.0f', math.floor((micros + ARGV[1]) / 1000))
        for _, key in ipairs(redis.call('ZRANGE', expiries, '-inf', now, 'BYSCORE')) do redis.call('DEL', key) end
        redis.call('ZREMRANGEBYSCORE', expiries, '-inf', now)
        for _, config in ipairs(redis.call('KEYS', ARGV[2] .. ':{*}:config')) do
          local wake = string.gsub(config, 'config$', 'wake')
          if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '1') end
        end
        return redis.status_reply('OK')
        """
}
