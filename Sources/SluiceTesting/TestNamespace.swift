import Foundation
package import Hiredis
public import SluiceCore
package import SluiceStore

/// Queues of one test's own, on a server that many tests share, with a clock that stands still until the test moves it.
///
/// ```swift
/// let queues = try await TestNamespace()
/// // … enqueue with a delay of an hour, through a client on queues.url and queues.namespace
/// try await queues.advance(by: .seconds(3600))
/// ```
/// All that the library times in Redis follows the virtual clock: delays, retries, deadlines of jobs, rates with their guards,
/// breakers, leases, unique periods, recurring jobs, retention, and keys that go by themselves.
///
/// What a process times by itself follows the real clock: sockets and their timeouts, the `timeout` of a handler, the grace of a
/// stop, how long a chunk gathers, how long a caller waits for a result, for a permit, or for the place that a rate limiter outside
/// of jobs has given it. What the test leaves behind goes with the server, at the end of the test process.
public final class TestNamespace: Sendable {
    /// Which time the queues of a namespace live in.
    public enum Clock: Sendable {
        /// Stands still until ``TestNamespace/advance(by:)``. It starts at the beginning of the present hour.
        case virtual
        /// The server's own, until the first ``TestNamespace/advance(by:)``, from which on it stands still.
        case server
    }

    /// A name that nobody else uses.
    public let namespace: Namespace
    /// Where the namespace lives.
    public let server: RedisTestServer
    /// What a client of these queues connects to.
    public var url: String { server.url }
    /// All calls of the library, on a connection of this test's own.
    package let store: Store
    /// When the virtual clock started, in ms since 1970: `T+0` of a dump.
    package let start: Int

    /// Makes a namespace on the server that the test process shares.
    ///
    /// - Throws: What ``RedisTestServer/shared()`` throws, or an error of Redis.
    public convenience init(clock: Clock = .virtual) async throws {
        try await self.init(on: RedisTestServer.shared(), clock: clock)
    }

    /// Makes a namespace on a server of the test's own, which needs ``RedisTestServer/useVirtualClock()`` for `virtual`.
    public init(on server: RedisTestServer, clock: Clock) async throws {
        self.server = server
        namespace = try Namespace("test-" + String(UInt64.random(in: .min ... .max), radix: 36))
        store = Store(try RedisConfiguration(url: server.url), namespace: namespace)
        let hour = 3_600_000
        start = Int(Date().timeIntervalSince1970 * 1000) / hour * hour
        switch clock {
        case .virtual: _ = try await command("SET", clockKey, "\(start * 1000)")
        case .server: break
        }
    }

    /// Moves the clock, and wakes an idle worker of each queue, which looks what has become due. Negative durations move it back.
    ///
    /// Redis takes a step of more than two thirds of a lease, with no worker calling meanwhile, for a failure of its own, and
    /// gives all workers five seconds more: to see a worker die, take steps below 20 s and let another one look after each.
    public func advance(by duration: Duration) async throws {
        let (seconds, attoseconds) = duration.components
        let micros = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
        _ = try await command("EVAL", Self.advanceScript, "1", clockKey, "\(micros)", namespace.text)
    }

    /// Sends any command to the server.
    package func command(_ words: String...) async throws(SluiceError) -> RedisReply {
        try await store.send(RedisCommand(words))
    }

    /// The base of a queue's keys, which functions are called with.
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
