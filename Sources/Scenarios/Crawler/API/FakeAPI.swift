import NIOCore
import NIOHTTP1
import NIOPosix
import ScenarioSupport
import SluiceTesting
import Synchronization

/// A foreign API, over HTTP on a Unix socket: a token bucket for each key, 2 % errors, 1 % that it never answers. While
/// it is closed it refuses connections.
final class FakeAPI: Sendable {
    private struct State {
        var channel: (any Channel)?
        var buckets: [String: TokenBucket]
        var random: SplitMix
        var calls: [APICall] = []
        /// Whether the own key is refused.
        var rejects = false
    }

    let path: String
    private let state: Mutex<State>

    init(_ scale: Scale, path: String, seed: UInt64) {
        self.path = path
        let keys = [Scale.ownKey, Scale.sharedKey]
        let buckets = Dictionary(uniqueKeysWithValues: keys.map { ($0, TokenBucket(scale.rate(of: $0))) })
        state = Mutex(State(buckets: buckets, random: SplitMix(seed: seed)))
    }

    /// Accepts connections.
    func open() async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(APIHandler(self))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        state.withLock { $0.channel = channel }
    }

    /// Refuses connections from now on.
    func close() async { try? await state.withLock { $0.channel.take() }?.close() }

    /// Refuses the own key, or takes it again.
    func reject(_ rejects: Bool) { state.withLock { $0.rejects = rejects } }

    var calls: [APICall] { state.withLock { $0.calls } }

    /// The calls from one of them on.
    func calls(from index: Int) -> ArraySlice<APICall> { state.withLock { $0.calls[min(index, $0.calls.count)...] } }

    /// Decides what a call is answered; 0 for nothing.
    func answer(_ id: String, key: String, fence: Int) -> Int {
        let now = RunLine.now()
        return state.withLock { state in
            var status = 404
            let draw = Int(state.random.next() % 100)
            if state.buckets[key] != nil {
                let isBad = draw < 3
                status = isBad ? (draw < 2 ? 503 : 0) : 200
                if state.buckets[key]?.take(at: now) == false { status = 429 }
                if state.rejects, key == Scale.ownKey { status = 401 }
            }
            state.calls.append(APICall(time: now, key: key, id: id, fence: fence, status: status))
            return status
        }
    }
}
