import Hiredis
import NIOPosix
import SluiceCore
import Testing

@testable import SluiceStore

/// The places of durable calls. Nothing is sent, so no server is needed.
@Suite(.timeLimit(.minutes(2)))
struct DurableConnectionsTests {
    private let frozen = RedisEndpoint.tcp(host: "127.0.0.1", port: 1)
    private let healthy = RedisEndpoint.tcp(host: "127.0.0.1", port: 2)
    private let connections: DurableConnections

    init() throws {
        let configuration = try RedisConfiguration(url: "redis://127.0.0.1:1")
        connections = DurableConnections(on: MultiThreadedEventLoopGroup.singleton.next()) { RedisRouter(configuration) }
    }

    /// Red if the limit is one for all nodes: the call to the healthy one then waits in vain.
    @Test func callsThatWaitAtOneNodeHoldNoneOfAnother() async throws {
        for _ in 0..<DurableConnections.most { _ = try await connections.take(for: frozen, within: .seconds(60)) }
        _ = try await connections.take(for: healthy, within: .milliseconds(1))
        await connections.close()
    }

    /// Red if callers wait in line without end.
    @Test func aCallerInLineEndsByItsTime() async throws {
        var taken: [RedisRouter] = []
        for _ in 0..<DurableConnections.most { taken.append(try await connections.take(for: frozen, within: .seconds(60))) }
        let error = await #expect(throws: SluiceError.self) {
            _ = try await connections.take(for: frozen, within: .milliseconds(10))
        }
        #expect(error?.code == .unavailable)
        #expect(
            error?.message
                == "8 calls at 127.0.0.1:1 wait for confirmations, and none of them ended within 10ms: nothing was sent")
        // It holds no place in the line either.
        connections.giveBack(taken[0], of: frozen)
        #expect(try await connections.take(for: frozen, within: .milliseconds(1)) === taken[0])
        await connections.close()
    }

    @Test func aConnectionGoesToTheNextInLine() async throws {
        var taken: [RedisRouter] = []
        for _ in 0..<DurableConnections.most { taken.append(try await connections.take(for: frozen, within: .seconds(60))) }
        async let next = connections.take(for: frozen, within: .seconds(60))
        connections.giveBack(taken[3], of: frozen)
        #expect(try await next === taken[3])
        let last = Task { try await connections.take(for: frozen, within: .seconds(60)) }
        await connections.close()
        await #expect(throws: SluiceError.self) { _ = try await last.value }
    }
}
