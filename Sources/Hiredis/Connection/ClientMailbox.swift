import Synchronization

/// The calls that callers' threads have posted and the event loop has not taken yet.
final class ClientMailbox: Sendable {
    enum Posting {
        /// The caller has to wake the event loop.
        case wake
        /// Another caller has woken the event loop.
        case gathered
        case closed
    }

    private struct State {
        var calls: [EncodedCall] = []
        var isLoopAwake = false
        var isClosed = false
        var connections = 0
        var place: String?
        var endpoint: RedisEndpoint?
    }

    private let state = Mutex(State())

    var connections: Int { state.withLock { $0.connections } }

    /// The server of the last connection; nil if there was none.
    var place: String? { state.withLock { $0.place } }

    var endpoint: RedisEndpoint? { state.withLock { $0.endpoint } }

    func connected(to place: String, _ endpoint: RedisEndpoint?) {
        state.withLock { state in
            state.connections += 1
            state.place = place
            state.endpoint = endpoint
        }
    }

    func post(_ calls: some Collection<EncodedCall>) -> Posting {
        state.withLock { state in
            guard !state.isClosed else { return .closed }
            state.calls.append(contentsOf: calls)
            defer { state.isLoopAwake = true }
            return state.isLoopAwake ? .gathered : .wake
        }
    }

    func takeAll() -> [EncodedCall] {
        state.withLock { state in
            state.isLoopAwake = false
            var calls: [EncodedCall] = []
            swap(&calls, &state.calls)
            return calls
        }
    }

    /// Accepts no more calls; the accepted ones can still be taken.
    func close() {
        state.withLock { $0.isClosed = true }
    }
}
