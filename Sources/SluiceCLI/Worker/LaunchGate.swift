import SluiceWorker

/// Lets children start one after another, each only if there are descriptors for it: one that gets some of its own and not all may
/// run and never be heard of again.
actor LaunchGate {
    /// That of this process, whose descriptors they share.
    static let shared = LaunchGate()

    /// Descriptors that a start takes for a moment, and some for the connections to Redis.
    private static let needed = 16

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn; `leave` ends it.
    /// - Throws: `WorkerUnable` without a turn, if there are too few descriptors.
    func enter() async throws {
        if isTaken {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isTaken = true
        }
        if let reason = Descriptors.shortage(of: Self.needed) {
            leave()
            throw WorkerUnable("the command cannot be started: \(reason)")
        }
    }

    func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
