public import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Transitions {
    /// Reads the queues' streams from its current position.
    public struct Iterator: AsyncIteratorProtocol {
        /// The longest wait of a call before the list of queues is read again.
        private static let turn = Duration.seconds(1)
        /// How long Redis may be unreachable.
        private static let patience = Duration.seconds(60)

        private let store: Store
        private let listener: EventListener
        private let queue: QueueName?
        private var positions: [QueueName: String]
        private var ready: ArraySlice<Transition> = []

        init(_ transitions: Transitions) {
            self.store = transitions.store
            self.listener = transitions.store.eventListener()
            self.queue = transitions.queue
            self.positions = transitions.ends
        }

        /// Returns the next transition; nil once the task is cancelled.
        /// - Throws: a ``SluiceError`` if Redis was unreachable for a minute, or refuses the call.
        public mutating func next() async throws(SluiceError) -> Transition? {
            try await next(isolation: #isolation)
        }

        /// Returns the next transition in the caller's isolation; otherwise as ``next()``.
        /// - Throws: a ``SluiceError`` if Redis was unreachable for a minute, or refuses the call.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(SluiceError) -> Transition? {
            var lastReply = ContinuousClock.now
            var pause = Duration.milliseconds(20)
            while ready.isEmpty {
                do throws(SluiceError) {
                    try await read()
                    lastReply = .now
                    pause = .milliseconds(20)
                } catch {
                    if Task.isCancelled { return nil }
                    guard error.isTransient, ContinuousClock.now - lastReply < Self.patience else { throw error }
                    // A server that refuses a call does so at once.
                    try? await Task.sleep(for: pause * Double.random(in: 0.5...1), clock: .continuous)
                    pause = Swift.min(pause * 2, .seconds(1))
                }
                if Task.isCancelled { return nil }
            }
            return ready.popFirst()
        }

        /// Returns the transitions that are there; if there are none, those of the next second, or none.
        /// - Throws: a ``SluiceError`` if Redis cannot be used; the next call goes on where this one was.
        package mutating func turn() async throws(SluiceError) -> [Transition] {
            if ready.isEmpty { try await read() }
            defer { ready = [] }
            return Array(ready)
        }

        private func followed() async throws(SluiceError) -> [QueueName] {
            if let queue { return [queue] }
            return try await store.queues()
        }

        private mutating func read() async throws(SluiceError) {
            // A queue that is new since the last read is read from its beginning.
            for queue in try await followed() where positions[queue] == nil { positions[queue] = "0-0" }
            if positions.isEmpty {
                try? await Task.sleep(for: Self.turn)
                return
            }
            let entries = try await listener.next(after: positions, within: Self.turn)
            for entry in entries { positions[entry.queue] = entry.position }
            ready = entries.map(Transition.init).sorted { $0.at < $1.at }[...]
        }
    }
}

extension Transition {
    fileprivate init(_ entry: EventEntry) {
        self.init(
            queue: entry.queue, from: JobState(rawValue: entry.from), to: JobState(rawValue: entry.to), ids: entry.ids,
            worker: entry.worker, at: Date(milliseconds: entry.time))
    }
}
