import Synchronization

/// The open event streams of a site. Each holds what its reader has not read yet as a set, so that a slow reader costs no more than
/// a fast one.
final class Streams: Sendable {
    /// Further ones are refused.
    static let most = 1000
    /// How long what was sent is also told to a stream that opens: its page may have been made before.
    private let memory: Duration

    private struct Pending {
        var changed: Set<String> = []
        var trouble: String?
        var wake: AsyncStream<Void>.Continuation
    }

    private struct State {
        var pending: [Int: Pending] = [:]
        var next = 0
        /// What was sent lately.
        var recent: [(at: ContinuousClock.Instant, changed: Set<String>)] = []
        /// The last trouble, for streams that open while it lasts.
        var trouble = ""
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    init(memory: Duration = .seconds(5)) { self.memory = memory }

    /// How many are open.
    var count: Int { state.withLock { $0.pending.count } }

    /// Opens a stream; nil if there are too many.
    func open() -> Stream? {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (id, waiter) = state.withLock { state -> (Int?, CheckedContinuation<Void, Never>?) in
            guard state.pending.count < Self.most else { return (nil, nil) }
            state.next += 1
            state.recent.removeAll { $0.at < ContinuousClock.now - memory }
            let changed = state.recent.reduce(into: Set<String>()) { $0.formUnion($1.changed) }
            state.pending[state.next] = Pending(changed: changed, trouble: state.trouble, wake: wake)
            defer { state.waiter = nil }
            return (state.next, state.waiter)
        }
        waiter?.resume()
        wake.yield()
        return id.map { Stream(id: $0, wakes: wakes, owner: self) }
    }

    /// Tells all streams which queues have changed; none is a sign of life.
    func send(_ changed: Set<String>) {
        state.withLock { state in
            state.recent.removeAll { $0.at < ContinuousClock.now - memory }
            if !changed.isEmpty { state.recent.append((at: ContinuousClock.now, changed: changed)) }
            for id in state.pending.keys {
                state.pending[id]?.changed.formUnion(changed)
                state.pending[id]?.wake.yield()
            }
        }
    }

    /// Tells all streams what is wrong; empty if all is well again.
    func send(trouble: String) {
        state.withLock { state in
            guard state.trouble != trouble else { return }
            state.trouble = trouble
            for id in state.pending.keys {
                state.pending[id]?.trouble = trouble
                state.pending[id]?.wake.yield()
            }
        }
    }

    /// Returns as soon as there is a stream, or the task is cancelled.
    func waitUntilUsed() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isUsed = state.withLock { state in
                    if !state.pending.isEmpty || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isUsed { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }?.resume()
        }
    }

    fileprivate func take(_ id: Int) -> (changed: Set<String>, trouble: String?) {
        state.withLock { state in
            guard let pending = state.pending[id] else { return ([], nil) }
            state.pending[id]?.changed = []
            state.pending[id]?.trouble = nil
            return (pending.changed, pending.trouble)
        }
    }

    fileprivate func close(_ id: Int) {
        let pending = state.withLock { $0.pending.removeValue(forKey: id) }
        pending?.wake.finish()
    }

    /// One stream. It is closed by its reader, or with the last reference: the answer to HEAD has no reader.
    final class Stream: Sendable {
        private let id: Int
        /// Yields whenever there is something to take; ends when the stream is closed.
        let wakes: AsyncStream<Void>
        private let owner: Streams

        fileprivate init(id: Int, wakes: AsyncStream<Void>, owner: Streams) {
            self.id = id
            self.wakes = wakes
            self.owner = owner
        }

        deinit { owner.close(id) }

        /// What is new, as text of an event stream (HTML, section 9.2).
        func take() -> String {
            let (changed, trouble) = owner.take(id)
            var text = ""
            if let trouble {
                let line = trouble.split(whereSeparator: \.isNewline).joined(separator: " ")
                text += "event: trouble\ndata: \(line)\n\n"
            }
            text +=
                changed.isEmpty
                ? "event: same\ndata:\n\n" : "event: changed\ndata: \(changed.sorted().joined(separator: " "))\n\n"
            return text
        }

        func close() { owner.close(id) }
    }
}
