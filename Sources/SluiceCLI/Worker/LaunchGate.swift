import SluiceWorker

/// Lets children start one after another, each only if there are descriptors for it: one that gets some of its own and not all may
/// run and never be heard of again.
actor LaunchGate {
    /// The gate of this process, whose descriptors all children share.
    static let shared = LaunchGate()

    /// The descriptors that a start needs for a moment, and some for the connections to Redis.
    private static let needed = 16

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn; `leave` ends the turn.
    /// - Throws: `WorkerUnable`, without a turn, if there are too few descriptors.
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
